"""What the planned looks settled: comparisons as they were decided, and the looks in the report's shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from experiments.analysis.compare import Looked, family_sizes, reading_plan
from experiments.analysis.comparison_rows import comparison_row, finite
from experiments.analysis.looks import Schedule
from experiments.analysis.measure import Measured
from experiments.analysis.rows import moment
from experiments.definition import Definition
from experiments.forms import MetricKind
from experiments.outcomes import window_hours
from stats.answer import Family
from stats.looks import design_of, planned_boundaries
from stats.taken import Frozen, Look, Taken, read_looks

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Readings:
    """The comparisons at the looks that were taken.

    Attributes:
        schedule: The looks.
        taken: By metric and place of the treatment; empty before the first look.
    """

    schedule: Schedule
    taken: dict[tuple[str, int], Taken]

    @property
    def over(self) -> bool:
        """Whether no look is to come."""
        return self.schedule.next is None

    def settled(self) -> Looked:
        """Comparisons that go into the report as a look read them: those that it stopped, or all at the end.

        The others go on, and what they show between looks is preliminary.
        """
        last = bool(self.schedule.taken) and not self._waits
        return {
            key: taken.comparison for key, taken in self.taken.items() if taken.decided is not None or last
        }

    def newest(self) -> Looked:
        """All comparisons as the look that stopped them read them, else the newest one; they decide."""
        return {key: taken.comparison for key, taken in self.taken.items()}

    @property
    def _waits(self) -> bool:
        """Whether planned looks were not taken, because they are to come or a stop by hand cut them off."""
        taken = self.schedule.taken
        return not self.schedule.ended and (not taken or taken[-1].number < len(self.schedule.units))


def read(definition: Definition, schedule: Schedule) -> Readings:
    """Read every comparison at the looks of a schedule."""
    taken: dict[tuple[str, int], Taken] = {}
    if schedule.taken:
        newest = schedule.taken[-1].measurement
        sizes = family_sizes(definition, newest)
        for position, measured in enumerate(newest.metrics):
            for place in range(1, len(definition.form.variants)):
                frozen = _frozen(definition, schedule, position, place)
                if frozen:
                    taken[measured.form.key, place] = read_looks(
                        frozen,
                        measured.form.kind.value,
                        reading_plan(definition),
                        Family(definition.form.plan.alpha, sizes[measured.role]),
                        benefit=1 if measured.form.direction == "increase" else -1,
                        futile=measured.role == "primary",
                        ended=schedule.ended,
                    )
    return Readings(schedule, taken)


def _frozen(definition: Definition, schedule: Schedule, position: int, place: int) -> list[Frozen]:
    """One comparison at every look; nothing where looks cannot read it."""
    weights = [variant.weight for variant in definition.form.variants]
    found = []
    for look in schedule.taken:
        measured = look.measurement.metrics[position]
        if (
            measured.summaries is None
            or measured.form.kind == MetricKind.QUANTILE
            or min(weights[0], weights[place]) <= 0
        ):
            return []
        final = _final(measured, look.measurement.matured, look.measurement.exposed.total)
        found.append(Frozen(measured.summaries[0], measured.summaries[place], look.rate, final))
    return found


def _final(measured: Measured, matured: dict[float, int], units: int) -> bool:
    hours = window_hours(measured.form)
    return hours is not None and matured[hours] == units


def schedule_document(definition: Definition, schedule: Schedule, expected: str | None) -> Document:
    """The report's `looks`.

    Args:
        definition: The experiment.
        schedule: Its looks.
        expected: When the next look is expected at the pace until now.
    """
    plan = definition.form.plan
    planned = schedule.units[-1]
    taken = {look.number: look for look in schedule.taken}
    reached = schedule.taken[-1].number if schedule.taken else 0
    rows = []
    for number, units in enumerate(schedule.units, start=1):
        look = taken.get(number)
        rest = "cut_off" if schedule.stopped else "due"
        rows.append(
            {
                "look": number,
                "units": units,
                "share": units / planned,
                "state": "taken" if look else "skipped" if number < reached else rest,
                "taken_at": moment(look.at).isoformat() if look else None,
                "rate": finite(look.rate) if look else None,
            }
        )
    following = schedule.next
    return {
        "planned": len(schedule.units),
        "information": "units" if schedule.window is None else "completed_windows",
        "window_hours": schedule.window,
        "completed": finite(schedule.completed),
        "spending": plan.spending.value,
        "spending_gamma": plan.spending_gamma,
        "futility": plan.futility.value if plan.futility else None,
        "taken": len(schedule.taken),
        "ended_early": schedule.ended,
        "schedule": rows,
        "next": None
        if following is None
        else {
            "look": following,
            "units": schedule.units[following - 1],
            "due_at": moment(schedule.next_at).isoformat() if schedule.next_at is not None else None,
            "expected_at": expected,
        },
    }


def attach(definition: Definition, metrics: list[Document], readings: Readings) -> None:
    """Put its looks beside each comparison of the report's `metrics`."""
    for document in metrics:
        alpha = definition.form.plan.alpha / max(document["family"], 1)
        futile = document["role"] == "primary"
        bounds = planned_boundaries(design_of(reading_plan(definition), alpha, futile=futile))
        sign = 1 if document["direction"] == "increase" else -1
        planned = [
            {
                "share": share,
                "critical": bounds.critical[place],
                "futility": sign * bounds.futility[place] if place < len(bounds.futility) else None,
            }
            for place, share in enumerate(bounds.design.information)
        ]
        for place, comparison in enumerate(document["comparisons"], start=1):
            taken = readings.taken.get((document["metric"], place))
            comparison["looks"] = None
            if document["kind"] != MetricKind.QUANTILE.value:
                comparison["looks"] = {"planned": planned, **_taken(readings.schedule, taken)}


def deciding(definition: Definition, shown: list[Document], readings: Readings) -> list[Document]:
    """The report's `metrics` with every comparison as the newest look read it; a decision rests on these."""
    newest = readings.newest()
    documents = []
    for document in shown:
        form, base = definition.metrics[document["metric"]], document["variants"][0]["mean"]
        rows = []
        for place, row in enumerate(document["comparisons"], start=1):
            found = newest.get((form.key, place))
            if found is not None:
                arms = row["control"], row["variant"]
                row = {**row, **comparison_row(found, form, arms, definition.form.plan.alpha, base)}
            rows.append(row)
        documents.append({**document, "comparisons": rows})
    return documents


def _taken(schedule: Schedule, taken: Taken | None) -> Document:
    if taken is None:
        return {"taken": [], "decided": None, "final": None}
    numbers = [look.number for look in schedule.taken]
    final = None
    if taken.final is not None:
        final = {
            "estimate": finite(taken.final.median_unbiased),
            "lower": finite(taken.final.lower),
            "upper": finite(taken.final.upper),
            "p_value": finite(taken.final.p_value),
        }
    return {
        "taken": [
            _look(number, schedule.taken[place].at, look)
            for place, (number, look) in enumerate(zip(numbers, taken.looks, strict=True))
        ],
        "decided": None if taken.decided is None else numbers[taken.decided],
        "final": final,
    }


def _look(number: int, at: int, look: Look) -> Document:
    return {
        "look": number,
        "at": moment(at).isoformat(),
        "rate": finite(look.rate),
        "information": finite(look.information),
        "spent": finite(look.spent),
        "critical": finite(look.critical),
        "futility": None if look.futility is None else finite(look.futility),
        "estimate": None if look.estimate is None else finite(look.estimate),
        "error": None if look.error is None else finite(look.error),
        "z": None if look.z is None else finite(look.z),
        "p_value": None if look.p_value is None else finite(look.p_value),
        "decision": look.decision,
    }
