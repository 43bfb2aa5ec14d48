"""Exact sums of scaled doubles in Spark, which has no 128-bit integers: three 64-bit sums each."""

from __future__ import annotations

from typing import NamedTuple

HUGE = "DECIMAL(38, 0)"
_WORD, _PAIR = "4294967296", "18446744073709551616"


class Words(NamedTuple):
    """SQL of the sums of a number's words: it is `high * 2**64 + middle * 2**32 + low`.

    Each word is at most 2**32 in size, so 2**31 of them fit 64 bits.
    """

    high: str
    middle: str
    low: str


def words(value: str, condition: str | None) -> Words:
    """Sums over the rows where a condition holds.

    Args:
        value: SQL of a double below 2**96 in size; it is rounded half to even, as DuckDB does.
        condition: SQL; `None` is every row.
    """
    whole = f"RINT({value})"
    # Each word has the sign of the number, so that what is left is a part of its digits: a double, unrounded.
    high = f"CAST({whole} / {_PAIR}D AS BIGINT)"
    rest = f"({whole} - CAST({high} AS DOUBLE) * {_PAIR}D)"
    middle = f"CAST({rest} / {_WORD}D AS BIGINT)"
    low = f"CAST({rest} - CAST({middle} AS DOUBLE) * {_WORD}D AS BIGINT)"
    where = "" if condition is None else f" FILTER (WHERE {condition})"
    return Words(*(f"SUM({word}){where}" for word in (high, middle, low)))


def total(sums: Words) -> str:
    """SQL of the sum as a whole number; an error where it has more than 38 digits."""
    high, middle, low = (f"CAST({word} AS {HUGE})" for word in sums)
    return f"({high} * {_PAIR}BD + {middle} * {_WORD}BD + {low})"


def as_double(sums: Words) -> str:
    """SQL of the sum as a double, by the function that `FUNCTION` makes."""
    return f"exact_double({', '.join(sums)})"


def huge(value: str) -> str:
    """SQL of a whole number as one that may grow beyond 64 bits."""
    return f"CAST({value} AS {HUGE})"


def _nearest() -> str:
    """What DuckDB's cast gives: it rounds the lower 64 bits, and then their sum with the upper ones."""
    most = int(_WORD) - 1
    middle = "(middle + SHIFTRIGHT(low, 32))"
    high = f"(high + SHIFTRIGHT({middle}, 32))"
    upper, lower = f"({middle} & {most})", f"(low & {most})"

    def joined(first: str, second: str) -> str:
        return f"(CAST({first} AS DOUBLE) * {_WORD}D + CAST({second} AS DOUBLE))"

    negative = f"-{joined(f'({most} - {upper})', f'({most} - {lower})')} - 1D"
    return (
        f"CASE WHEN {high} = -1 THEN {negative} "
        f"ELSE {joined(upper, lower)} + CAST({high} AS DOUBLE) * {_PAIR}D END"
    )


FUNCTION = (
    "CREATE TEMPORARY FUNCTION exact_double(high BIGINT, middle BIGINT, low BIGINT) "
    f"RETURNS DOUBLE RETURN {_nearest()}"
)
"""The statement that a session needs before any other; a function names each word once."""
