"""Says in Spark's SQL what the analysis says in DuckDB's, so that both give the same to the bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import sqlglot
from sqlglot import exp

from experiments.analysis import spark_exact as exact

_PARSED = r"[0-9]+(_[0-9]+)*"
NUMBER = rf"^\s*[+]?-?({_PARSED}[.]?({_PARSED})?|[.]{_PARSED})([eE][+-]?{_PARSED})?\s*$"
"""Texts that DuckDB reads as finite numbers."""
_IGNORED = r"^\s*[+]|_"
"""What Java does not want in them."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for Spark.

    Attributes:
        does: `select` gives rows; `table` and `view` give them a name; `drop` forgets it.
        name: Of the table or view.
        query: A SELECT; empty for `drop`.
    """

    does: Literal["select", "table", "view", "drop"]
    name: str
    query: str


@lru_cache(maxsize=4_096)
def translated(text: str) -> Statement:
    """One statement of the analysis, without names of files.

    Raises:
        ValueError: It changes rows that are there, which Spark's temporary views cannot.
    """
    tree = sqlglot.parse_one(text, read="duckdb")
    if isinstance(tree, exp.Drop) and (table := tree.find(exp.Table)) is not None:
        return Statement("drop", table.name, "")
    if isinstance(tree, exp.Create) and isinstance(tree.expression, exp.Query):
        does: Literal["table", "view"] = "view" if tree.kind == "VIEW" else "table"
        return Statement(does, tree.this.name, _spoken(tree.expression).sql("spark"))
    if isinstance(tree, exp.Query):
        return Statement("select", "", _spoken(tree).sql("spark"))
    raise ValueError(f"Spark has no such statement: {text}")


def _spoken(node: Any) -> Any:
    """The node, or another one in its place."""
    rule = _RULES.get(type(node))
    found = None if rule is None else rule(node)
    if found is not None:
        return found
    for child in list(node.iter_expressions()):
        new = _spoken(child)
        if new is not child:
            child.replace(new)
    return node


def _scaled(node: exp.Expression) -> exact.Words | None:
    """The words of what `engine.exact_sum` writes, perhaps with a filter; `None` for anything else."""
    condition = None
    if isinstance(node, exp.Filter):
        node, condition = node.this, node.expression.this
    if not isinstance(node, exp.Sum) or not isinstance(node.this, exp.Cast) or not _is_huge(node.this):
        return None
    value = node.this.this.unnest()
    if not isinstance(value, exp.Mul) or not value.expression.is_type("DOUBLE"):
        return None
    return exact.words(_text(value), None if condition is None else _text(condition))


def _sum(node: exp.Filter | exp.Sum) -> exp.Expression | None:
    words = _scaled(node)
    if words is not None:
        return exp.var(exact.total(words))
    if isinstance(node.this, exp.ArgMin | exp.ArgMax):
        return _best(node.this, _text(node.expression.this))
    return None


def _best(node: exp.ArgMin | exp.ArgMax, condition: str = "TRUE") -> exp.Expression:
    """DuckDB looks only at rows that have what is asked for."""
    name = "MIN_BY" if isinstance(node, exp.ArgMin) else "MAX_BY"
    wanted = _text(node.this)
    return exp.var(
        f"{name}({wanted}, {_text(node.expression)}) FILTER (WHERE ({condition}) AND {wanted} IS NOT NULL)"
    )


def _cast(node: exp.Cast) -> exp.Expression | None:
    if _is_huge(node):
        return exp.var(exact.huge(_text(node.this)))
    words = _scaled(node.this.unnest()) if node.is_type("DOUBLE") else None
    return None if words is None else exp.var(exact.as_double(words))


def _is_huge(node: exp.Cast) -> bool:
    return bool(node.to.this == exp.DataType.Type.INT128)


def _literal(text: str) -> str:
    return str(exp.Literal.string(text).sql("spark"))


def _text(node: exp.Expression) -> str:
    return str(_spoken(node.copy()).sql("spark"))


def _try_cast(node: exp.TryCast) -> exp.Expression | None:
    if not isinstance(node.this, exp.JSONExtractScalar) or not node.is_type("DOUBLE"):
        return None
    text = _text(node.this)
    tidy = f"REGEXP_REPLACE({text}, {_literal(_IGNORED)}, '')"
    return exp.var(f"CASE WHEN {text} RLIKE {_literal(NUMBER)} THEN TRY_CAST({tidy} AS DOUBLE) END")


def _member(node: exp.JSONExtractScalar) -> exp.Expression:
    """A member's text, by its exact name: paths in Spark cannot spell every name."""
    name = node.expression.name.removeprefix("/").replace("~1", "/").replace("~0", "~")
    return exp.var(f"TRY_ELEMENT_AT(FROM_JSON({_text(node.this)}, 'MAP<STRING, STRING>'), {_literal(name)})")


def _number(node: exp.Literal) -> exp.Expression | None:
    """A fraction is a double, where Spark would take it for a decimal."""
    if node.is_string or node.this.isdigit():
        return None
    return exp.Literal.number(f"{node.this}D")


def _shifted(node: exp.BitwiseLeftShift | exp.BitwiseRightShift | exp.BitwiseAnd) -> exp.Expression | None:
    """By so many places only numbers beyond 64 bits are shifted; they are decimals."""
    if not isinstance(node.expression, exp.Literal):
        return None
    places = int(node.expression.name)
    if isinstance(node, exp.BitwiseAnd):
        is_mask = places >= 2**_FAR - 1 and places & (places + 1) == 0
        return exp.var(f"({_text(node.this)} % {places + 1}BD)") if is_mask else None
    if places < _FAR:
        return None
    does = "*" if isinstance(node, exp.BitwiseLeftShift) else "DIV"
    return exp.var(f"({_text(node.this)} {does} {2**places}BD)")


def _function(node: exp.Anonymous) -> exp.Expression | None:
    if node.name.lower() == "isfinite":
        return exp.var(f"(ABS({_text(node.expressions[0])}) < DOUBLE('Infinity'))")
    name = _FUNCTIONS.get(node.name.lower())
    return None if name is None else exp.var(f"{name}({', '.join(_text(each) for each in node.expressions)})")


_FAR = 32
_FUNCTIONS = {"epoch_us": "UNIX_MICROS", "make_timestamptz": "TIMESTAMP_MICROS", "row": "STRUCT"}
_RULES: dict[type, Callable[[Any], exp.Expression | None]] = {
    exp.Filter: _sum,
    exp.Sum: _sum,
    exp.ArgMin: _best,
    exp.ArgMax: _best,
    exp.Cast: _cast,
    exp.TryCast: _try_cast,
    exp.JSONExtractScalar: _member,
    exp.Literal: _number,
    exp.Anonymous: _function,
    exp.BitwiseLeftShift: _shifted,
    exp.BitwiseRightShift: _shifted,
    exp.BitwiseAnd: _shifted,
}
