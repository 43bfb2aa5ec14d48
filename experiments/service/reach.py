"""How many shoppers an audience has a week, from whom past exposures showed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, select

from assignment.targeting import compile_condition
from experiments.audiences import attributes_of
from experiments.documents import canonical, shown, timestamp
from experiments.models import Observation
from experiments.requests import ReachRequest
from experiments.service.entry import Entry, entry_of
from stats.domain_total import domain_total, over_periods
from stats.result import Interval

Document = dict[str, Any]
LEVEL = 0.95
DAYS_A_WEEK = 7
_KEPT = 200
"""Conditions of which it is kept who fits them."""


@dataclass(frozen=True, slots=True)
class Visitors:
    """The observation of the scheduler, ready to be asked.

    Attributes:
        as_of: When it was made.
        body: As `analysis.visitors` gives it, without the sample.
        attributes: Of the sampled units, with the unit itself.
        weeks: Whether each was seen in each week, shape `(n, k)`.
        chances: That a visitor like it is seen, and then sampled, shape `(n,)`.
        fitting: By condition, whether each fits it, shape `(n,)`; as far as it was asked for.
    """

    as_of: datetime
    body: Document
    attributes: tuple[Document, ...]
    weeks: NDArray[np.bool_]
    chances: NDArray[np.float64]
    fitting: dict[str, NDArray[np.bool_]] = field(default_factory=dict)


_RECENT: dict[str, Visitors] = {}


def observation_of(hash_attribute: str) -> str:
    """Name under which the visitors of an attribute are kept."""
    return f"visitors:{hash_attribute}"


def known_visitors(session: Session, hash_attribute: str) -> Visitors | None:
    """The newest observation of the visitors; `None` before there are any."""
    name = observation_of(hash_attribute)
    as_of = session.exec(select(Observation.as_of).where(Observation.name == name)).first()
    if as_of is None:
        return None
    found = _RECENT.get(name)
    if found is None or found.as_of != as_of:
        # Large, and the same for every question until the scheduler looks again.
        found = _RECENT[name] = _prepared(hash_attribute, session.get_one(Observation, name))
    return found


def reach_document(session: Session, request: ReachRequest) -> Document:
    """Units a week of an audience, with the interval, what it rests on, and the attributes that were seen.

    Where it cannot be told, `undetermined` says why: no exposures yet, or an attribute that none had.
    """
    known = known_visitors(session, request.hash_attribute)
    entry = entry_of(session, request)
    factors = _factors(entry)
    if known is None:
        reason = (
            f"No exposures of experiments that split by {shown(request.hash_attribute)} have come in yet."
        )
        return _document(None, factors, {"code": "no_events", "reason": reason, "attributes": []})
    seen = {each["name"] for each in known.body["attributes"]}
    asked = set().union(*(attributes_of(each) for each in (request.audience, *entry.audiences)))
    unseen = sorted(asked - seen - {request.hash_attribute})
    if unseen:
        listed = ", ".join(shown(name) for name in unseen)
        told = ", ".join(sorted(seen)) or "none"
        reason = f"No shopper's exposure carried {listed}; there were: {told}."
        return _document(known, factors, {"code": "attribute_unseen", "reason": reason, "attributes": unseen})
    return _document(known, factors, None, request.audience, entry.audiences)


def daily_reach(session: Session, request: ReachRequest) -> float | None:
    """New units a day that an experiment would get; `None` where that cannot be told."""
    document = reach_document(session, request)
    days, audience = document["days"], document["audience"]
    if document["undetermined"] is not None or audience["share"] is None or not days or days < 1:
        return None
    share = document["factors"]["all"] * audience["share"]
    return float(document["all"]["period"] / days * share) or None


def weekly_of_all(session: Session, hash_attribute: str, conditions: Sequence[Document]) -> float | None:
    """Units a week who fit every condition; `None` before a whole week was seen or where none can be told."""
    known = known_visitors(session, hash_attribute)
    if known is None or not known.body["weeks"]:
        return None
    seen = {each["name"] for each in known.body["attributes"]} | {hash_attribute}
    if any(attributes_of(condition) - seen for condition in conditions):
        return None
    inside = np.ones(len(known.attributes), dtype=np.bool_)
    for condition in conditions:
        inside = inside & _fitting(known, condition)
    return float((known.weeks[inside].sum(axis=1) / known.chances[inside]).sum() / known.weeks.shape[1])


def _factors(entry: Entry) -> Document:
    """Shares of the audience that the traffic, the slice, the holdout and other experiments leave."""
    return {
        "traffic": entry.traffic,
        "layer": entry.layer,
        "holdout": entry.holdout,
        "prerequisites": entry.prerequisites,
        "all": entry.all,
    }


def _document(
    known: Visitors | None,
    factors: Document,
    undetermined: Document | None,
    audience: Document | None = None,
    above: Sequence[Document] = (),
) -> Document:
    nobody = {"units": None, "lower": None, "upper": None}
    document: Document = {
        **nobody,
        "level": LEVEL,
        "audience": {**nobody, "share": None},
        "all": {**nobody, "period": None},
        "factors": factors,
        "weeks": 0,
        "days": None,
        "since": None,
        "until": None,
        "as_of": None,
        "sample": {"units": 0, "of": 0, "fitting": None},
        "experiments": [],
        "attributes": [],
        "undetermined": undetermined,
    }
    if known is None:
        return document
    body = known.body
    since, until = (datetime.fromisoformat(body[name]) for name in ("since", "until"))
    document |= {
        "weeks": body["weeks"],
        "days": round((until - since).total_seconds() / 86_400, 4),
        "since": timestamp(since),
        "until": timestamp(until),
        "as_of": timestamp(known.as_of),
        "sample": {"units": len(known.attributes), "of": body["units"], "fitting": None},
        "experiments": body["experiments"],
        "attributes": body["attributes"],
    }
    everyone = _weekly(known, np.ones(len(known.attributes), dtype=np.bool_))
    period = float((1 / known.chances).sum())
    document["all"] = {**_numbers(everyone), "period": round(period)}
    if audience is None:
        return document
    inside = _fitting(known, audience)
    found = _weekly(known, inside)
    whole = float((inside / known.chances).sum())
    document["sample"]["fitting"] = int(inside.sum())
    document["audience"] = {**_numbers(found), "share": whole / period}
    left = factors["all"]
    for condition in above:
        inside = inside & _fitting(known, condition)
    if above:
        part = float((inside / known.chances).sum()) / whole if whole else 0.0
        document["factors"] = factors | {name: factors[name] * part for name in ("prerequisites", "all")}
    return document | _numbers(_weekly(known, inside), left)


def _fitting(known: Visitors, condition: Document) -> NDArray[np.bool_]:
    """Who of the sample fits; kept, for the same audiences are asked for again and again."""
    text = canonical(condition)
    found = known.fitting.get(text)
    if found is None:
        fits = compile_condition(condition)
        found = np.array([fits(attributes) for attributes in known.attributes], dtype=np.bool_)
        if len(known.fitting) >= _KEPT:
            known.fitting.clear()
        known.fitting[text] = found
    return found


def _weekly(known: Visitors, inside: NDArray[np.bool_]) -> Interval:
    """Units a week among those inside, over the whole weeks that were seen."""
    seen = known.weeks & inside[:, None]
    totals = (seen / known.chances[:, None]).sum(axis=0)
    return over_periods(totals, domain_total(seen.mean(axis=1), known.chances, LEVEL), LEVEL)


def _numbers(found: Interval, factor: float = 1.0) -> Document:
    estimate, lower, upper = found.estimate or 0.0, found.lower or 0.0, found.upper or 0.0
    return {
        "units": round(estimate * factor),
        "lower": round(lower * factor),
        "upper": round(upper * factor),
    }


def _prepared(hash_attribute: str, row: Observation) -> Visitors:
    body = json.loads(row.body)
    sample, units = body.pop("sample"), body["units"]
    fraction, weeks = len(sample) / units, max(body["weeks"], 1)
    masks = np.array([mask for _, mask, _, _ in sample], dtype=np.int64)
    return Visitors(
        as_of=row.as_of,
        body=body,
        attributes=tuple({**attributes, hash_attribute: unit} for unit, _, _, attributes in sample),
        weeks=(masks[:, None] >> np.arange(weeks)) & 1 > 0,
        chances=np.array([fraction / weight for _, _, weight, _ in sample], dtype=np.float64),
    )
