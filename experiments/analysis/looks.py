"""The planned looks of an experiment: when each became due, and what was known at that moment."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.compare import DEFAULT_PLANNED_UNITS
from experiments.analysis.engine import Engine, literal
from experiments.analysis.lake import View
from experiments.analysis.measure import Measurement, measure, scope_of
from experiments.analysis.persons import already_met
from experiments.analysis.phase_units import earlier_ids, find_apart
from experiments.analysis.rows import microseconds as since_1970
from experiments.analysis.rows import moment
from experiments.analysis.units import SECOND, Scope, microseconds
from experiments.definition import Definition
from experiments.outcomes import window_hours
from experiments.plan import Method

KEPT = 1_000
Memory = dict[tuple[str, int, str | None, int, int], Measurement]
"""What was known at looks that were measured before, of a lake from which no event has been removed since."""
MILLI = 1_000
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Look:
    """A look that was taken.

    Attributes:
        number: From 1; looks that became due at one moment are one look, with the number of the last of them.
        at: The moment, in microseconds since 1970 UTC.
        rate: Information then over information planned.
        measurement: What was known then.
    """

    number: int
    at: int
    rate: float
    measurement: Measurement


@dataclass(frozen=True, slots=True)
class Schedule:
    """All planned looks.

    Attributes:
        units: Information at which each is due, in units.
        window: Hours of the window that units are to complete; `None` where a unit counts at once.
        taken: The looks that were taken.
        ended: Whether the newest of them is the last one because the experiment ended on its sealed date.
        stopped: Whether the experiment has stopped, so that none falls due any more.
        next_at: When the next look is due if no more units come, in microseconds; `None` if not by them.
        completed: Information now, in units.
    """

    units: tuple[int, ...]
    window: float | None
    taken: tuple[Look, ...]
    ended: bool
    stopped: bool
    next_at: int | None
    completed: float

    @property
    def next(self) -> int | None:
        """Number of the next look; `None` when no look is to come."""
        reached = self.taken[-1].number if self.taken else 0
        return None if self.stopped or reached == len(self.units) else reached + 1


def follow(
    definition: Definition, view: View, as_of: datetime, memory: Memory | None = None
) -> Schedule | None:
    """The looks until `as_of`; `None` for a plan without a number of looks.

    A look is due when enough information has come in. Information is counted in units: one of which the
    longest window among the primary metrics has passed counts whole, and one whose window is half over counts
    half, because outcomes still come in; without a window a unit counts at once. The clock runs on receipts
    of exposures and on time alone. It never sees an outcome, and what comes in later does not turn it back:
    so each look can be taken afterwards exactly as it would have been then. After a stop no look falls due,
    but one on the date that was sealed as the end takes the last look early. A stop by hand takes none: its
    moment may have been chosen by the numbers.

    Args:
        definition: The experiment.
        view: The lake.
        as_of: A moment with a time zone.
        memory: Measurements of looks by experiment, version, plan and moment; new ones are put into it.
    """
    plan = definition.form.plan
    if plan.method is not Method.GROUP_SEQUENTIAL or plan.looks is None:
        return None
    planned = plan.planned_units or DEFAULT_PLANNED_UNITS
    due = tuple(math.ceil(planned * number / plan.looks) for number in range(1, plan.looks + 1))
    scope = scope_of(definition, view, as_of)
    window = _window(definition)
    now = since_1970(as_of)
    with view.engine() as engine:
        clock = Information(engine, scope, window)
        until = now if definition.stopped_at is None else min(now, since_1970(definition.stopped_at))
        moments = clock.reached(due, until)
        ended = _ended(definition) and None in moments and until < now
        if ended:
            moments[-1] = until
        # Looks that fall due at one moment see the same, so only the last of them is taken.
        last = {at: number for number, at in enumerate(moments, start=1) if at is not None}
        rates = clock.completed(list(last))
        stopped = until < now
        ahead = None
        if None in moments and not stopped:
            ahead = clock.reached((due[moments.index(None)],), now + microseconds(window or 0.0))[0]
        completed = clock.completed([until])[0]
    taken = tuple(
        Look(number, at, units / planned, measured_at(definition, view, at, memory))
        for (at, number), units in zip(last.items(), rates, strict=True)
        if units > 0
    )
    return Schedule(due, window, taken, ended, stopped, ahead, completed)


def digest(measurement: Measurement, schedule: Schedule | None) -> str:
    """SHA-256 of everything that a report rests on, the looks included."""
    whole = measurement.digest()
    if schedule is None or not schedule.taken:
        return whole
    parts = [whole, *(f"{look.number} {look.measurement.digest()}" for look in schedule.taken)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Information:
    """Information by time, from exposures alone.

    Each unit begins with the exposure that was received first, so that a later receipt changes nothing. One
    that turns out to have met two variants goes on counting: what is excluded must not turn the clock back.
    For the same reason an id of a person counts unless it was known for that person's when it was first met.
    """

    def __init__(self, engine: Engine, scope: Scope, window: float | None) -> None:
        source = scope.view.source("exposures")
        keys = ", ".join(literal(key) for key in scope.variants)
        # Receipt and time in one number: much quicker than the time that goes with the least receipt.
        both = "(epoch_us(received)::HUGEINT << 62) + greatest(0, epoch_us(time))"
        condition, links_known = scope.counts("event"), scope.known_by_then("event")
        if away := find_apart(engine, scope.view, scope.experiment, condition, scope.phase):
            condition += f" AND event.unit_key NOT IN ({away})"
        # Only what was known when the phase began: what comes in later does not turn the clock back.
        before = f"event.received <= make_timestamptz({scope.phase.since})"
        if scope.phase.fresh and (old_ids := earlier_ids(scope.view, scope.experiment, before, scope.phase)):
            condition += f" AND event.unit_key NOT IN ({old_ids})"
        first_met = (
            "SELECT unit_key, (least >> 62)::BIGINT AS arrival, "
            f"(least & {2**62 - 1})::BIGINT AS first FROM ("
            f"SELECT unit_key, min({both}) AS least FROM {source} AS event "
            f"WHERE event.experiment = {literal(scope.experiment)} "
            f"AND event.variant IN ({keys}) AND {condition} GROUP BY unit_key)"
        )
        links = f"FROM {scope.view.source('links')} AS event WHERE {links_known}"
        old = already_met(links) if scope.by_person and scope.view.has("links") else None
        newcomers = f" ANTI JOIN ({old}) AS old USING (unit_key)" if old else ""
        rows = engine.execute(
            f"WITH begun AS ({first_met}) SELECT arrival, first FROM begun{newcomers}"
        ).fetchnumpy()
        arrivals, firsts = (np.asarray(rows[name], dtype=np.int64) for name in ("arrival", "first"))
        self._arrivals = np.sort(arrivals)
        self._width = 0 if window is None else microseconds(window) // MILLI
        # Whole milliseconds since the first: the sums of a billion units stay exact, in any order.
        firsts = firsts // MILLI
        self._base = int(firsts.min()) if len(firsts) else 0
        begun = np.maximum(arrivals // MILLI, firsts)
        ages = firsts - self._base
        self._begun = _Sums(begun, ages)
        self._ended = _Sums(np.maximum(begun, firsts + self._width), ages)

    def completed(self, moments: Sequence[int]) -> list[float]:
        """Information at each moment, in units."""
        if self._width:
            return [self._passed(moment // MILLI) / self._width for moment in moments]
        return [float(count) for count in np.searchsorted(self._arrivals, moments, side="right")]

    def reached(self, units: Sequence[int], until: int) -> list[int | None]:
        """The first moment with so much information, to the second where windows count; at most `until`."""
        if self._width:
            return [self._search(each, until) for each in units]
        known = int(np.searchsorted(self._arrivals, until, side="right"))
        return [int(self._arrivals[each - 1]) if each <= known else None for each in units]

    def _search(self, units: int, until: int) -> int | None:
        if not len(self._arrivals):
            return None
        low, high = int(self._arrivals[0]) // SECOND - 1, until // SECOND
        if high <= low or self.completed([high * SECOND])[0] < units:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.completed([middle * SECOND])[0] >= units else (middle, high)
        return high * SECOND

    def _passed(self, at: int) -> int:
        """Milliseconds of windows that have passed, over all units."""
        begun, ages = self._begun.until(at)
        ended, ages_of_ended = self._ended.until(at)
        return ended * self._width + (begun - ended) * (at - self._base) - (ages - ages_of_ended)


class _Sums:
    """How many of some things have come by a moment, and the sum of their values."""

    def __init__(self, moments: Whole, values: Whole) -> None:
        order = np.argsort(moments, kind="stable")
        self._moments = moments[order]
        self._sums = np.concatenate([[0], np.cumsum(values[order])])

    def until(self, moment: int) -> tuple[int, int]:
        """Number and sum."""
        count = int(np.searchsorted(self._moments, moment, side="right"))
        return count, int(self._sums[count])


def _window(definition: Definition) -> float | None:
    """The longest window among the primary metrics."""
    forms = [definition.metrics[key] for key in definition.form.metrics.primary]
    return max((hours for form in forms if (hours := window_hours(form)) is not None), default=None)


def _ended(definition: Definition) -> bool:
    """Whether the date that was sealed at the start ended it."""
    end, stopped = definition.planned_end, definition.stopped_at
    return end is not None and stopped is not None and stopped >= end == definition.form.end_at


def measured_at(definition: Definition, view: View, at: int, memory: Memory | None) -> Measurement:
    key = (definition.form.key, definition.version, definition.plan_hash, at, view.manifest.removals)
    if memory is not None and key in memory:
        return memory[key]
    # Segments are explored in the newest numbers only.
    whole = replace(definition, form=definition.form.model_copy(update={"segments": []}))
    found = measure(whole, view, moment(at))
    if memory is not None:
        if len(memory) >= KEPT:
            memory.clear()
        memory[key] = found
    return found
