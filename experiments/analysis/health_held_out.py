"""Whether those held out were left alone: who was not makes the effect look smaller than it is."""

from __future__ import annotations

from typing import Any

from experiments.analysis.health_split import finding
from experiments.analysis.held_out import HELD_OUT
from experiments.analysis.measure import Measurement

Document = dict[str, Any]
TOLERATED = 0.01
SHOWN = 10


def held_out_check(measurement: Measurement) -> Document:
    """Units held out that met an experiment of the holdout, and which.

    They only dilute the difference, so this warns and never withholds a verdict.
    """
    found = measurement.reached
    if found is None or not found.units:
        return finding(
            "ok", "left_alone", "None of those held out met an experiment of the holdout.", units=0
        )
    share = found.units / measurement.exposed.counts[HELD_OUT]
    names = ", ".join(f"'{key}'" for key, _ in found.experiments[:SHOWN])
    detail = f"{found.units:,} units ({share:.2%}) of those held out met experiments of the holdout: {names}."
    experiments = [{"experiment": key, "units": units} for key, units in found.experiments[:SHOWN]]
    status = "warning" if share > TOLERATED else "ok"
    return finding(
        status, "held_out_reached", detail, units=found.units, share=share, experiments=experiments
    )
