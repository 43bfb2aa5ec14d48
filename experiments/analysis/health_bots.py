"""Whether leaving out bots can have done harm: their share must not depend on the variant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from experiments.analysis.exclusion import SOURCES, Excluded
from experiments.analysis.health_split import ALPHA, finding
from experiments.analysis.measure import Measurement
from experiments.bots import rules_at
from experiments.definition import Definition
from stats.balance import METHOD, split_p_values

Document = dict[str, Any]
SHOWN = 20
UNEVEN_FAILURE = 0.01
"""Share of all units from which an uneven exclusion can move a result."""
MANY = 0.25
"""Share from which the rules themselves are to be looked at."""


def bots_check(definition: Definition, measurement: Measurement, as_of: datetime) -> Document:
    """Units left out as bots, by rule and variant.

    What a rule rests on may have come after exposure, so the variant may have had a part in it. Then the
    units that it leaves out fall over the variants otherwise than planned; each source is tested for that,
    and all together, at `ALPHA` in all.
    """
    found, total = measurement.exposed.bots, measurement.exposed.total
    limit = rules_at(definition.bots or (), as_of).limit
    if not found:
        return finding("ok", "no_bots", "No unit is left out as a bot.", units=0, events_per_hour=limit)
    units = sum(each.units for each in found)
    share = units / (units + total)
    counts = _sum(found)
    p_value, uneven = _unevenness(definition, found)
    numbers = {
        "units": units,
        "share": share,
        "variants": list(counts),
        "several": sum(each.several for each in found),
        "rules": [
            {"rule": each.rule, "source": each.source, "units": each.units, "variants": list(each.counts)}
            for each in found[:SHOWN]
        ],
        "more_rules": max(0, len(found) - SHOWN),
        "events_per_hour": limit,
        "p_value": p_value,
        "method": METHOD,
    }
    detail = f"{units:,} units ({share:.2%}) are left out as bots."
    if p_value <= ALPHA:
        split = " / ".join(f"{count / sum(uneven):.1%}" for count in uneven)
        detail += f" They fall over the variants as {split}, not as planned (p = {p_value:.2g})."
        status = "failed" if share >= UNEVEN_FAILURE else "warning"
        return finding(status, "bots_uneven", detail, **numbers | {"split": list(uneven)})
    if share >= MANY:
        return finding("warning", "many_bots", f"{detail} That is much; look at the rules.", **numbers)
    return finding("ok", "bots_left_out", detail, **numbers)


def _unevenness(definition: Definition, found: Sequence[Excluded]) -> tuple[float, tuple[int, ...]]:
    """The smallest p-value over the sources and all together, and the units by variant that it is of."""
    weights = [variant.weight for variant in definition.form.variants]
    groups = [_sum([each for each in found if each.source == source]) for source in SOURCES]
    tested = [
        (float(split_p_values(counts, weights)), counts) for counts in (_sum(found), *groups) if sum(counts)
    ]
    if not tested:
        return 1.0, ()
    p_value, counts = min(tested)
    return min(1.0, p_value * (len(SOURCES) + 1)), counts


def _sum(found: Sequence[Excluded]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*(each.counts for each in found), strict=True)))
