"""Whether the shop follows the assignment: in the variant, within the traffic, within the audience."""

from __future__ import annotations

from typing import Any

from experiments.analysis.health_split import finding
from experiments.analysis.measure import Measurement
from experiments.definition import Definition

Document = dict[str, Any]
LEAST_UNITS = 200
TOLERATED = 0.01
ELSEWHERE = 0.5
"""Share of the disagreement of an assignment that knows nothing of ours, from which it is another's."""


def assignment_check(definition: Definition, measurement: Measurement) -> Document:
    """What assigning a sample of the units again finds."""
    again = measurement.rechecked
    numbers: Document = {
        "units": again.units,
        "other_variant": again.other_variant,
        "outside_traffic": again.outside_traffic,
        "traffic": definition.form.traffic,
        "attributes_known": again.attributes_known,
        "outside_audience": again.outside_audience,
    }
    if again.units < LEAST_UNITS:
        return finding("ok", "too_few_to_recheck", "Too few units to assign again.", **numbers)
    chance = 1 - sum(
        variant.weight * met / again.units
        for variant, met in zip(definition.form.variants, again.variants, strict=True)
    )
    other = again.other_variant / again.units
    if other > TOLERATED and other >= ELSEWHERE * chance:
        detail = (
            "The units were assigned elsewhere, so it cannot be told whether the assignment was followed."
        )
        return finding("ok", "assigned_elsewhere", detail, **numbers)
    for code, count, of, sentence in (
        ("other_variant", again.other_variant, again.units, "met another variant than they were assigned"),
        (
            "outside_traffic",
            again.outside_traffic,
            again.units,
            "take part although the traffic leaves them out",
        ),
        ("outside_audience", again.outside_audience, again.attributes_known, "are not in the audience"),
    ):
        if count > TOLERATED * of:
            share = count / of
            detail = f"{share:.1%} of a sample of {of:,} units {sentence}."
            return finding("warning", code, detail, share=share, **numbers)
    return finding(
        "ok", "as_assigned", f"A sample of {again.units:,} units met what it was assigned.", **numbers
    )
