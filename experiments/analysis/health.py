"""What may be wrong with the data itself, whatever the numbers say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from experiments.analysis.health_arrivals import delay_check, freshness_check, silence_check
from experiments.analysis.health_assignment import assignment_check
from experiments.analysis.health_bots import bots_check
from experiments.analysis.health_currency import currency_check
from experiments.analysis.health_held_out import held_out_check
from experiments.analysis.health_linked import linked_check
from experiments.analysis.health_phase import carry_over_check, growth_check
from experiments.analysis.health_split import (
    finding,
    multiple_exposure_check,
    pre_period_check,
    sample_ratio_check,
)
from experiments.analysis.measure import Measurement
from experiments.definition import Definition
from experiments.outcomes import window_hours

Document = dict[str, Any]


def checked(
    definition: Definition, measurement: Measurement, as_of: datetime, planned_units: int
) -> Document:
    """The report's `health`: one finding per check, by its name.

    A check that `failed` means that the difference between the variants may have another cause than the
    treatment, so that no verdict can be given; a `warning` is to be looked at.
    """
    health = {
        "srm": sample_ratio_check(definition, measurement),
        "multiple_exposure": multiple_exposure_check(definition, measurement),
        "assignment": assignment_check(definition, measurement),
        "pre_period": pre_period_check(definition, measurement, planned_units),
        "silence": silence_check(definition, measurement),
        "freshness": freshness_check(definition, measurement, as_of),
        "delay": delay_check(measurement),
        "unknown_variants": _unknown(measurement),
        "currency": currency_check(measurement),
        "missing_fields": missing_check(measurement),
        "maturity": maturity_check(measurement),
        "bots": bots_check(definition, measurement, as_of),
    }
    if definition.bots is None:
        del health["bots"]
    found = {
        "carry_over": carry_over_check(definition, measurement),
        "growth": growth_check(definition, measurement),
    }
    health |= {name: check for name, check in found.items() if check is not None}
    if measurement.exposed.joined is not None:
        health["linked"] = linked_check(measurement)
    if measurement.reached is not None:
        health["held_out"] = held_out_check(measurement)
    return health


def _unknown(measurement: Measurement) -> Document:
    events = measurement.exposed.unknown_events
    if not events:
        return finding("ok", "all_known", "Every exposure names a variant of the experiment.", events=0)
    detail = f"{events:,} exposures name a variant that the experiment does not have; they are left out."
    return finding("warning", "unknown_variants", detail, events=events)


def missing_check(measurement: Measurement) -> Document:
    """Events that a metric could not add up for want of a number."""
    found = {each.form.key: each.left.missing for each in measurement.metrics if each.left.missing}
    if not found:
        return finding("ok", "none_missing", "Every event has the fields that metrics add up.", metrics={})
    names = {each.form.key: each.form.name for each in measurement.metrics}
    listed = ", ".join(f"{count:,} for '{names[key]}'" for key, count in found.items())
    detail = f"Events without a number in the field that is added up count as nothing: {listed}."
    return finding("warning", "missing_fields", detail, metrics=found)


def maturity_check(measurement: Measurement) -> Document:
    """Which share of the units has completed its windows."""
    total = measurement.exposed.total
    shares = {
        each.form.key: measurement.matured[hours] / total if total else None
        for each in measurement.metrics
        if (hours := window_hours(each.form)) is not None
    }
    known = [share for share in shares.values() if share is not None]
    if not known:
        detail = "No metric has a window that closes." if not shares else "No units yet."
        return finding("ok", "no_window", detail, share=None, metrics=shares)
    least = min(known)
    if least >= 1:
        return finding("ok", "matured", "Every unit's window has closed.", share=1.0, metrics=shares)
    detail = f"{least:.0%} of the units have completed their window; what the others do later still counts."
    return finding("ok", "maturing", detail, share=least, metrics=shares)
