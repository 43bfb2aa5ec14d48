"""Whether the events come in: freshness, delay, clocks, and variants that fell silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from experiments.analysis.arrivals import Delays, Run
from experiments.analysis.health_split import ALPHA, finding
from experiments.analysis.measure import Measurement
from experiments.analysis.rows import moment
from experiments.definition import Definition
from stats.silence import silence_p_value

Document = dict[str, Any]
SILENCE = timedelta(hours=24)
LATE_WARNING = 0.05
AHEAD_WARNING = 0.01
LEAST_SILENCE_SECONDS = 6 * 3_600
"""Senders go through their variants one after another; a shorter silence is no sign of anything."""
LEAST_ACTIVITY = 0.25
"""Share of its planned part of the conversions that a variant keeps, whatever the treatment does."""


def freshness_check(definition: Definition, measurement: Measurement, as_of: datetime) -> Document:
    """Whether anything came in lately."""
    latest = measurement.exposed.last
    newest = max((at for at in (latest, measurement.last_conversion) if at is not None), default=None)
    times = {
        "last_exposure": _stamp(latest),
        "last_conversion": _stamp(measurement.last_conversion),
    }
    if newest is None:
        return finding(
            "warning" if _waits(definition, as_of) else "ok", "no_events", "No exposures yet.", **times
        )
    age = as_of - moment(newest)
    if definition.status == "running" and age > SILENCE:
        since = f"{moment(newest):%Y-%m-%d %H:%M} UTC"
        return finding("warning", "silent", f"No new events since {since}.", **times)
    return finding("ok", "fresh", "Events come in.", **times)


def delay_check(measurement: Measurement) -> Document:
    """How long events took to come in, and whether clocks run ahead."""
    kinds = {"exposures": measurement.arrivals.exposures, "conversions": measurement.arrivals.conversions}
    numbers = {name: _delay_numbers(delays) for name, delays in kinds.items()}
    events = sum(delays.events for delays in kinds.values())
    ahead = sum(delays.ahead for delays in kinds.values())
    if not events:
        return finding("ok", "no_events", "No events yet.", **numbers)
    if ahead > AHEAD_WARNING * events:
        detail = f"{ahead:,} events ({ahead / events:.1%}) carry a time that lies after their receipt."
        return finding("warning", "clock_ahead", detail, share=ahead / events, **numbers)
    late = {name: delays for name, delays in kinds.items() if _comes_late(delays)}
    if late:
        listed = " and ".join(
            f"{delays.late_share or 0.0:.1%} of the {name}" for name, delays in late.items()
        )
        detail = (
            f"{listed} came in more than a day after they happened; the newest days are not complete yet."
        )
        share = max(delays.late_share or 0.0 for delays in late.values())
        return finding("warning", "late_events", detail, share=share, **numbers)
    if any((delays.late_share or 0.0) > LATE_WARNING for delays in kinds.values()):
        return finding("ok", "loaded_later", "Most events were loaded more than a day later.", **numbers)
    return finding("ok", "in_time", "Events come in soon after they happen.", **numbers)


def silence_check(definition: Definition, measurement: Measurement) -> Document:
    """Whether one variant stopped sending while the others go on."""
    total = sum(variant.weight for variant in definition.form.variants)
    weights = [variant.weight / total for variant in definition.form.variants]
    active = sum(weight > 0 for weight in weights)
    arrivals = measurement.arrivals
    found = []
    for kind, runs, least in (
        ("exposures", arrivals.exposure_runs, 1.0),
        ("conversions", arrivals.conversion_runs, LEAST_ACTIVITY),
    ):
        for variant, run, weight in zip(definition.form.variants, runs, weights, strict=True):
            if 0 < weight < 1 and run.seconds >= LEAST_SILENCE_SECONDS:
                found.append((_silence(run, weight * least, 2 * active), kind, variant.key, run))
    smallest = min(found, key=lambda each: each[0], default=None)
    if smallest is None or smallest[0] > ALPHA:
        return finding("ok", "all_report", "Every variant keeps sending events.", p_value=None)
    p_value, kind, silent, run = smallest
    detail = (
        f"Variant {silent} has sent no {kind} for {run.seconds / 3600:,.0f} hours, in which the others had "
        f"them from {run.length:,} units (p = {p_value:.2g})."
    )
    numbers = {"kind": kind, "variant": silent, "units": run.length, "hours": run.seconds / 3600}
    return finding("failed", "variant_silent", detail, p_value=p_value, method="run test", **numbers)


def _silence(run: Run, share: float, tests: int) -> float:
    return silence_p_value(run.before, run.length, share, tests)


def _comes_late(delays: Delays) -> bool:
    """A tail that comes late; where most comes late, it was loaded from files and says nothing."""
    share = delays.late_share
    return share is not None and LATE_WARNING < share < 0.5


def _delay_numbers(delays: Delays) -> Document:
    return {
        "events": delays.events,
        "median_seconds": delays.quantile(0.5) if delays.events else None,
        "p95_seconds": delays.quantile(0.95) if delays.events else None,
        "late_share": delays.late_share,
        "late_in_last_day": delays.recent,
        "ahead": delays.ahead,
    }


def _waits(definition: Definition, as_of: datetime) -> bool:
    started = definition.started_at
    return definition.status == "running" and started is not None and as_of - started > timedelta(hours=1)


def _stamp(at: int | None) -> str | None:
    return None if at is None else moment(at).isoformat()
