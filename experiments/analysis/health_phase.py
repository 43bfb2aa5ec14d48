"""What phases and growth mean for the numbers: who was seen before, and who is served but not compared."""

from __future__ import annotations

from typing import Any

from experiments.analysis.health_split import finding
from experiments.analysis.measure import Measurement
from experiments.definition import Definition

Document = dict[str, Any]


def carry_over_check(definition: Definition, measurement: Measurement) -> Document | None:
    """Units that an earlier phase divided too; `None` in the first phase."""
    if definition.since is None:
        return None
    aside, exposed = measurement.exposed.aside, measurement.exposed
    rule = definition.form.plan.carry_over.value
    whole = exposed.total + exposed.multiple + (aside.earlier if rule == "exclude" else 0)
    share = aside.earlier / whole if whole else None
    detail = (
        f"Phase {definition.version} began at {definition.since:%Y-%m-%d %H:%M} UTC; exposures before do not"
        f" count. {aside.earlier:,} of its units met an earlier phase too and "
    )
    detail += (
        "are left out, as planned."
        if rule == "exclude"
        else "count, as planned: they were divided anew, so what they saw is spread evenly over the variants."
    )
    numbers = {"version": definition.version, "units": aside.earlier, "share": share, "rule": rule}
    if aside.others:
        detail += (
            f" {aside.others:,} exposures that came during it were decided under another phase, by clients"
            " that remembered it, and do not count."
        )
        numbers["other_exposures"] = aside.others
    code = "carried_over_left_out" if rule == "exclude" else "carried_over"
    return finding("ok", code, detail, since=definition.since.isoformat(), **numbers)


def growth_check(definition: Definition, measurement: Measurement) -> Document | None:
    """Units that growth gave to one variant more than to others; `None` where none did."""
    form, aside = definition.form, measurement.exposed.aside
    if not any(split.slots is not None for split in definition.splits):
        return None
    later = [key for key, _ in definition.splits[-1].variants[len(form.variants) :]]
    detail = (
        f"{aside.apart:,} units came to variants that grew more than others; they are served, but no unit of"
        " the others came with them to be compared with."
    )
    status, code = "ok", "grown_apart"
    joined = dict(zip(later, aside.later, strict=True))
    if joined:
        listed = ", ".join(f"{key} ({units:,} units)" for key, units in joined.items())
        detail += f" Variants that came later are compared from a new phase on: {listed}."
        status, code = "warning", "variants_came_later"
    return finding(status, code, detail, units=aside.apart, variants=joined)
