"""Checks a report against the events and definitions: computes it again and names what differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from assignment.errors import ProefwerkError
from experiments.analysis.inventory import Changed, changes, inventory
from experiments.analysis.lake import View
from experiments.analysis.report import ARITHMETIC, SCHEMA, analyse
from experiments.analysis.software import software
from experiments.definition import CHANGEABLE, Definition

Document = dict[str, Any]
# What may be changed after the start, or tells one computation from another.
_FREE = ("id", "name", "status", "stopped_at", "software", "registered", "events")
LAST_DIGITS = 1e-9
# What repeats in codes, or in moments, what reports have said from the start.
_LATER = ("method_reasons", "sufficient")
MISSING = object()


@dataclass(frozen=True, slots=True)
class Field:
    """Something that the report says otherwise than it is now.

    Attributes:
        name: A path, such as `experiment.plan.alpha` or `bar.revenue.sum`.
        then: As the report has it; `None` where it says nothing.
        now: As it is.
    """

    name: str
    then: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Verified:
    """What computing a report again showed; without differences nothing else is looked for.

    Attributes:
        differences: Each as a line: a path with both values.
        plan: Fields of the sealed plan and of metric definitions that were changed.
        events: Days whose events are not those of the report; `None` where it does not tell what they were.
        counts: Units of variants, and units with an event, events' sums and means of their metrics.
        software: Versions that are not those that made the report.
    """

    differences: list[str]
    plan: list[Field]
    events: list[Changed] | None
    counts: list[Field]
    software: list[Field]

    @property
    def cause(self) -> str | None:
        """The one that comes first: `plan`, `events`, `software` or `unknown`; `None` without differences."""
        if not self.differences:
            return None
        found = (("plan", self.plan), ("events", self.events), ("software", self.software))
        return next((name for name, changed in found if changed), "unknown")


def verify(report: Document, definition: Definition, view: View) -> list[str]:
    """The `differences` of `verified`."""
    return verified(report, definition, view).differences


def verified(report: Document, definition: Definition, view: View) -> Verified:
    """A report against its recomputation, and what changed where they differ.

    The recomputation uses only events that had been received at the report's `as_of`.

    Raises:
        ProefwerkError: 422 for a document that is not a report of this version.
    """
    as_of = check_report(report)
    again = analyse(as_it_was(report, definition), view, as_of)
    if "cuts" not in report:
        # Made before there were any.
        again.pop("cuts", None)
    plan = _changed_plan(report, again)
    free: tuple[str, ...] = _FREE
    tolerance = 0.0
    if report.get("arithmetic") != ARITHMETIC:
        # Sums were rounded at other places then: numbers differ in their last digits, and hashes of them.
        free, tolerance = (*_FREE, "arithmetic", "data_hash"), LAST_DIGITS
    differences = _differences(_fixed(report, free), _fixed(again, free), "", tolerance)
    differences += [
        f"{each.name}: the report says {_said(each.then)}, the plan says {_said(each.now)}" for each in plan
    ]
    if not differences:
        return Verified([], [], [], [], [])
    then = report.get("events")
    events = None
    if isinstance(then, dict):
        events = changes(then, inventory(view, as_of, definition.started_at, fresh=True), view, as_of)
    return Verified(
        differences, plan, events, _counts(report, again), _fields("", report.get("software"), software())
    )


def _changed_plan(report: Document, again: Document) -> list[Field]:
    """What of the plan is not as the report has it, but for what may change after the start."""
    then, now = report.get("registered"), again["registered"]
    if not isinstance(then, dict):
        return []
    found = _fields("", then.get("experiment"), now["experiment"])
    found = [each for each in found if each.name.split(".")[0] not in CHANGEABLE]
    found = [replace(each, name=f"experiment.{each.name}") for each in found]
    return found + _fields("metrics.", then.get("metrics"), now["metrics"])


def _counts(report: Document, again: Document) -> list[Field]:
    """Per variant its units, and per metric what it did, where they differ."""
    return _fields("", _told(report), _told(again))


def _told(report: Document) -> Document:
    told: Document = {}
    try:
        for arm in report["variants"]:
            told[arm["key"]] = {"units": arm["units"]}
        for metric in report["metrics"]:
            for arm in metric["variants"]:
                own = {name: arm[name] for name in ("events", "sum", "mean") if arm.get(name) is not None}
                told[arm["variant"]][metric["metric"]] = own
    except (KeyError, TypeError):
        return {}
    return told


def _fields(path: str, then: Any, now: Any) -> list[Field]:
    """What differs between two documents; what only the newer one has came with a newer version."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            each
            for name, value in then.items()
            for each in _fields(f"{path}.{name}".strip("."), value, now.get(name))
        ]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            each
            for place, pair in enumerate(zip(then, now, strict=True))
            for each in _fields(f"{path}.{place}", *pair)
        ]
    return [] if then == now or then is None else [Field(path, then, now)]


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
