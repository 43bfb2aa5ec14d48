"""What may be wrong with the data itself, whatever the numbers say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from experiments.analysis.columns import window_hours
from experiments.analysis.measure import Measurement
from experiments.analysis.rows import moment
from experiments.definition import Definition
from stats.balance import sample_ratio

Document = dict[str, Any]
SILENCE = timedelta(hours=24)
MULTIPLE_SHARE = 0.01


def checked(definition: Definition, measurement: Measurement, as_of: datetime) -> Document:
    """The report's `health`: one finding per check, by its name."""
    return {
        "srm": _sample_ratio(definition, measurement),
        "multiple_exposure": _multiple(measurement),
        "freshness": _freshness(definition, measurement, as_of),
        "unknown_variants": _unknown(measurement),
        "currency": _currency(measurement),
        "missing_fields": _missing(measurement),
        "maturity": _maturity(measurement),
    }


def _finding(status: str, code: str, detail: str, **more: object) -> Document:
    return {"status": status, "code": code, "detail": detail, **more}


def _sample_ratio(definition: Definition, measurement: Measurement) -> Document:
    weights = [variant.weight for variant in definition.form.variants]
    check = sample_ratio(measurement.exposed.counts, weights)
    return _finding(check.status, check.code, check.detail, p_value=check.p_value, method=check.method)


def _multiple(measurement: Measurement) -> Document:
    units, total = measurement.exposed.multiple, measurement.exposed.total
    if not units:
        return _finding("ok", "none_multiple", "No unit met more than one variant.", units=0)
    share = units / (units + total)
    status = "ok" if share < MULTIPLE_SHARE else "warning"
    detail = f"{units:,} units ({share:.2%}) met more than one variant and are left out."
    return _finding(status, "multiple_exposure", detail, units=units, share=share)


def _freshness(definition: Definition, measurement: Measurement, as_of: datetime) -> Document:
    latest = measurement.exposed.last
    newest = max((at for at in (latest, measurement.last_conversion) if at is not None), default=None)
    times = {
        "last_exposure": _stamp(latest),
        "last_conversion": _stamp(measurement.last_conversion),
    }
    if newest is None:
        return _finding(
            "warning" if _waits(definition, as_of) else "ok", "no_events", "No exposures yet.", **times
        )
    age = as_of - moment(newest)
    if definition.status == "running" and age > SILENCE:
        since = f"{moment(newest):%Y-%m-%d %H:%M} UTC"
        return _finding("warning", "silent", f"No new events since {since}.", **times)
    return _finding("ok", "fresh", "Events come in.", **times)


def _waits(definition: Definition, as_of: datetime) -> bool:
    started = definition.started_at
    return definition.status == "running" and started is not None and as_of - started > timedelta(hours=1)


def _unknown(measurement: Measurement) -> Document:
    events = measurement.exposed.unknown_events
    if not events:
        return _finding("ok", "all_known", "Every exposure names a variant of the experiment.", events=0)
    detail = f"{events:,} exposures name a variant that the experiment does not have; they are left out."
    return _finding("warning", "unknown_variants", detail, events=events)


def _currency(measurement: Measurement) -> Document:
    by_metric: Document = {}
    sentences = []
    for each in measurement.metrics:
        unit, left = each.form.unit, each.left
        if left.currency:
            by_metric[each.form.key] = {"left_out": left.currency}
            listed = ", ".join(f"{count:,} in {name}" for name, count in left.currency.items())
            sentences.append(
                f"'{each.form.name}' is in {unit}; events in other currencies are left out: {listed}."
            )
        if left.mixed:
            by_metric.setdefault(each.form.key, {})["mixed"] = list(left.mixed)
            sentences.append(
                f"'{each.form.name}' names no currency but adds up {', '.join(left.mixed)}; give it a unit."
            )
    if not sentences:
        return _finding("ok", "one_currency", "No amounts in other currencies.", metrics={})
    return _finding("warning", "other_currencies", " ".join(sentences), metrics=by_metric)


def _missing(measurement: Measurement) -> Document:
    found = {each.form.key: each.left.missing for each in measurement.metrics if each.left.missing}
    if not found:
        return _finding("ok", "none_missing", "Every event has the fields that metrics add up.", metrics={})
    names = {each.form.key: each.form.name for each in measurement.metrics}
    listed = ", ".join(f"{count:,} for '{names[key]}'" for key, count in found.items())
    detail = f"Events without a number in the field that is added up count as nothing: {listed}."
    return _finding("warning", "missing_fields", detail, metrics=found)


def _maturity(measurement: Measurement) -> Document:
    total = measurement.exposed.total
    shares = {
        each.form.key: measurement.matured[hours] / total if total else None
        for each in measurement.metrics
        if (hours := window_hours(each.form)) is not None
    }
    known = [share for share in shares.values() if share is not None]
    if not known:
        detail = "No metric has a window that closes." if not shares else "No units yet."
        return _finding("ok", "no_window", detail, share=None, metrics=shares)
    least = min(known)
    if least >= 1:
        return _finding("ok", "matured", "Every unit's window has closed.", share=1.0, metrics=shares)
    detail = f"{least:.0%} of the units have completed their window; what the others do later still counts."
    return _finding("ok", "maturing", detail, share=least, metrics=shares)


def _stamp(at: int | None) -> str | None:
    return None if at is None else moment(at).isoformat()
