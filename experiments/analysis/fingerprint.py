"""What the content of event files adds up to, so that a changed event is noticed later."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from experiments.analysis.schema import COLUMNS

_NOT_CONTENT = ("unit_key", "person_key", "received", "generation")
_MODULUS = 2**64


def sum_of(kind: str) -> str:
    """SQL: the sum of a 64-bit hash of each row of a kind."""
    content = ", ".join(name for name in COLUMNS[kind] if name not in _NOT_CONTENT)
    return f"sum(hash({content})::HUGEINT)"


def named(total: int | None) -> str:
    """A sum modulo 2**64, with the version of DuckDB whose hashes were summed, for others have others."""
    return f"{duckdb.__version__}:{(total or 0) % _MODULUS:016x}"


def together(fingerprints: Iterable[str]) -> str | None:
    """The digits for all rows, in whatever files; `None` when those of one are of another version."""
    total = 0
    for each in fingerprints:
        version, _colon, digits = each.partition(":")
        if version != duckdb.__version__:
            return None
        total += int(digits, 16)
    return f"{total % _MODULUS:016x}"
