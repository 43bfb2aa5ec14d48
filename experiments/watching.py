"""Keeps what people ask for at hand, so that no web worker scans the events: bots, visitors, arrivals."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from datetime import datetime, timedelta

from assignment.allocation import gates_of, slots_of
from assignment.snapshot import Experiment, Status
from experiments.analysis.daily import daily
from experiments.analysis.pulse import pulse
from experiments.analysis.sightings import sightings
from experiments.analysis.view import View
from experiments.analysis.visitors import Window, visitors
from experiments.bots import rules_at
from experiments.db import utc_now
from experiments.publish import compile_snapshot
from experiments.service.observations import BOTS, DAYS, EVENTS, observe
from experiments.service.reach import observation_of
from experiments.service.verdicts import verdicts
from experiments.workplace import Workplace

DAILY = "days:"
VISITORS = "visitors:"
"""Among the places that are looked at; no key of an experiment has a colon."""
FRESH = timedelta(hours=1)
"""After which numbers of events are counted again; marks are looked at as they come."""

PULSE, MINUTE = "pulse:", 60.0
LEAST_REST, REST_PER_WORK = 10.0, 100
"""Seconds, and multiples of the work, until visitors are looked at again."""


def watch_bots(place: Workplace) -> bool:
    """List the bots again where there are new ones, the limit changed, or an hour has passed; whether so."""
    now, view = utc_now(), place.lake.view()
    with place.database.reading() as session:
        limit = rules_at(verdicts(session), now).limit
    marked = sum(part.rows for part in view.manifest.parts if part.kind == "bots")
    if place.watched is not None and place.watched[:2] == (marked, limit) and now - place.watched[2] < FRESH:
        return False
    found = sightings(view, limit, now)
    if not _kept(place, BOTS, found, view, now):
        return False
    place.watched = (marked, limit, now)
    return True


def watch_visitors(place: Workplace) -> list[str]:
    """Look at the visitors again where new exposures have come; the attributes that tell them apart."""
    if time.monotonic() < place.rests.get(VISITORS, 0.0):
        return []
    began, now, view = time.monotonic(), utc_now(), place.lake.view()
    exposures = (sum(view.manifest.exposures.values()),)
    if place.marks.get(VISITORS) == exposures:
        return []
    with place.database.reading() as session:
        rules = compile_snapshot(session).experiments
        bots = rules_at(verdicts(session), now)
    windows: dict[str, list[Window]] = defaultdict(list)
    for rule in rules:
        if rule.status is not Status.DRAFT:
            windows[rule.hash_attribute].append(_window(rule))
    for attribute, through in windows.items():
        found = visitors(view, attribute, through, bots)
        if found is not None and not _kept(place, observation_of(attribute), found, view, now):
            return []
    place.marks[VISITORS] = exposures
    place.rests[VISITORS] = time.monotonic() + max(LEAST_REST, REST_PER_WORK * (time.monotonic() - began))
    return list(windows)


def watch_events(place: Workplace) -> bool:
    """Count again which events come in, once the rest after the last count is over; whether so."""
    if time.monotonic() < place.rests.get(PULSE, 0.0):
        return False
    began, now, view = time.monotonic(), utc_now(), place.lake.view()
    kept = _kept(place, EVENTS, pulse(view, now), view, now)
    place.rests[PULSE] = time.monotonic() + max(MINUTE, REST_PER_WORK * (time.monotonic() - began))
    return kept


def watch_days(place: Workplace) -> bool:
    """Sum up again what shoppers did lately, where events have come and an hour has passed; whether so."""
    if time.monotonic() < place.rests.get(DAILY, 0.0):
        return False
    began, now, view = time.monotonic(), utc_now(), place.lake.view()
    events = (sum(part.rows for part in view.manifest.parts),)
    if place.marks.get(DAILY) == events:
        return False
    with place.database.reading() as session:
        bots = rules_at(verdicts(session), now)
    found = daily(view, bots)
    if found is None or not _kept(place, DAYS, found, view, now):
        return False
    place.marks[DAILY] = events
    work = time.monotonic() - began
    place.rests[DAILY] = time.monotonic() + max(FRESH.total_seconds(), REST_PER_WORK * work)
    return True


def _kept(place: Workplace, name: str, found: object, view: View, now: datetime) -> bool:
    """Keep what was seen, unless somebody was erased meanwhile who may be in it; whether it is kept."""
    with place.database.session() as session:
        if place.lake.view().manifest.removals != view.manifest.removals:
            return False
        observe(session, name, found, now)
    return True


def _window(rule: Experiment) -> Window:
    traffic = sum(slot.end - slot.start for slot in slots_of(rule))
    gates = [sum(end - start for start, end in gate.ranges) for gate in gates_of(rule)]
    layer = None if rule.layer is None else rule.layer.name
    return Window(rule.key, rule.condition, traffic * math.prod(gates), layer)
