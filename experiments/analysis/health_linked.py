"""Whether joining the ids of persons went well: few met several variants before, and no id ties many."""

from __future__ import annotations

from typing import Any

from experiments.analysis.health_split import MULTIPLE_WARNING, finding
from experiments.analysis.measure import Measurement

Document = dict[str, Any]


def linked_check(measurement: Measurement) -> Document:
    """Persons with several ids, those parted over variants before they were linked, and ids of crowds.

    Whether those who met several variants do harm is for the check of multiple exposure to say, which has
    them all.
    """
    joined, exposed = measurement.exposed.joined, measurement.exposed
    if joined is None or not joined.known:
        return finding("ok", "nobody_linked", "No ids are linked yet; every id counts as a unit.", persons=0)
    numbers: Document = {
        "persons": joined.persons,
        "ids": joined.ids,
        "parted": joined.parted,
        "share": joined.parted / max(1, exposed.total + exposed.multiple),
        "crowds": joined.crowds,
        "crowd_ids": joined.crowd_ids,
        "known_ids": joined.known,
    }
    detail = f"{joined.persons:,} units were met under {joined.ids:,} ids, and count once each."
    if joined.parted:
        detail += (
            f" {joined.parted:,} ({numbers['share']:.2%}) met several variants before their ids were linked, "
            "and are left out."
        )
    if joined.crowds:
        detail += f" {joined.crowd_ids:,} ids are tied together by one that many use, and are left out."
        return finding("warning", "crowds_left_out", detail, **numbers)
    if joined.parted:
        status = "warning" if numbers["share"] >= MULTIPLE_WARNING else "ok"
        return finding(status, "parted_before_linked", detail, **numbers)
    return finding("ok", "linked", detail, **numbers)
