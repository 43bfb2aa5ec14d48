"""Checks a report against the events and definitions: computes it again and names what differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from assignment.errors import ProefwerkError
from experiments.analysis.lake import View
from experiments.analysis.report import ARITHMETIC, SCHEMA, analyse
from experiments.definition import Definition

Document = dict[str, Any]
# What may be changed after the start, or tells one computation from another.
_FREE = ("id", "name", "status", "stopped_at")
LAST_DIGITS = 1e-9
# What repeats in codes what reports have said in sentences from the start.
_LATER = ("method_reasons",)
MISSING = object()


def verify(report: Document, definition: Definition, view: View) -> list[str]:
    """Differences between a report and its recomputation, each as a path with both values; none if equal.

    The recomputation uses only events that had been received at the report's `as_of`.

    Raises:
        ProefwerkError: 422 for a document that is not a report of this version.
    """
    as_of = check_report(report)
    again = analyse(as_it_was(report, definition), view, as_of)
    if "cuts" not in report:
        # Made before there were any.
        again.pop("cuts", None)
    if report.get("arithmetic") == ARITHMETIC:
        return _differences(_fixed(report, _FREE), _fixed(again, _FREE), "")
    # Sums were rounded at other places then: numbers differ in their last digits, and so do hashes of them.
    free = (*_FREE, "arithmetic", "data_hash")
    return _differences(_fixed(report, free), _fixed(again, free), "", LAST_DIGITS)


def as_it_was(report: Document, definition: Definition) -> Definition:
    """The definition that a report rests on, of what may have changed since."""
    status = report.get("status")
    return replace(
        definition,
        form=definition.form.model_copy(update={"traffic": _traffic(report, definition)}),
        status=status if isinstance(status, str) else definition.status,
        stopped_at=definition.stopped_at if report.get("stopped_at") is not None else None,
        # Before reports said whom they left out as bots, they left out nobody.
        bots=definition.bots if "bots" in (report.get("health") or {}) else None,
        # Before reports said which rates they used, they left out other currencies.
        rates=definition.rates if "rates" in report else None,
    )


def _traffic(report: Document, definition: Definition) -> float:
    """What the report was made with; more may be let in since, never less."""
    try:
        then = float(report["health"]["assignment"]["traffic"])
    except (KeyError, TypeError, ValueError):
        return definition.form.traffic
    return then if 0 <= then <= definition.form.traffic else definition.form.traffic


def check_report(report: object) -> datetime:
    """The moment of a report.

    Raises:
        ProefwerkError: 422 for what is no report, or one of a newer version.
    """
    if not isinstance(report, dict) or not isinstance(report.get("experiment"), str):
        raise ProefwerkError(422, "not_a_report", "The file is not a report: it names no experiment.")
    if report.get("schema") != SCHEMA:
        raise ProefwerkError(
            422,
            "report_schema",
            f"The report has schema {report.get('schema')!r}; this version knows {SCHEMA}.",
        )
    try:
        as_of = datetime.fromisoformat(str(report.get("as_of")))
    except ValueError:
        as_of = None
    if as_of is None or as_of.tzinfo is None:
        raise ProefwerkError(
            422, "not_a_report", f"The report's as_of is {report.get('as_of')!r}, which is no moment."
        )
    return as_of


def _fixed(report: Document, free: Sequence[str]) -> Document:
    return {name: value for name, value in report.items() if name not in free}


def _differences(reported: Any, computed: Any, path: str, tolerance: float = 0.0) -> list[str]:
    if isinstance(reported, dict) and isinstance(computed, dict):
        names = [*reported, *(name for name in computed if name not in reported and name not in _LATER)]
        return [
            line
            for name in names
            for line in _differences(
                reported.get(name, MISSING),
                computed.get(name, MISSING),
                f"{path}.{name}".lstrip("."),
                tolerance,
            )
        ]
    if isinstance(reported, list) and isinstance(computed, list) and len(reported) == len(computed):
        return [
            line
            for place, pair in enumerate(zip(reported, computed, strict=True))
            for line in _differences(*pair, f"{path}.{place}", tolerance)
        ]
    if tolerance and isinstance(reported, float) and isinstance(computed, float):
        reported = computed if math.isclose(reported, computed, rel_tol=tolerance) else reported
    # 1 and 1.0 are one number in JSON, but true is not 1.
    same = reported == computed and isinstance(reported, bool) == isinstance(computed, bool)
    return [] if same else [f"{path}: the report says {_said(reported)}, the events say {_said(computed)}"]


def _said(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
