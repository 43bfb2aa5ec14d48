"""A shop's orders with a class for each that is known beforehand: made by its story, not by the product."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from assignment.events import Event
from experiments.analysis.lake import Lake
from tests.experiments.analysis.build import HOUR, LATER, START, add, conversion, exposure, link

WINDOW = 240.0
"""Hours of the metric's window."""
STOPPED = START + timedelta(days=12)
MAX_AGE = LATER - (START - 2 * HOUR)
CAP = 180.0
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Row:
    """An order of the export.

    Attributes:
        fate: The class that its story gives it.
        counts_for: What the report takes of it.
    """

    order: str
    unit: str
    time: datetime
    value: Decimal
    currency: str
    consent: str
    fate: str
    counts_for: Decimal = Decimal(0)


@dataclass
class World:
    """Events with the moment of their receipt, and the export."""

    random: random.Random
    events: list[tuple[Event, datetime]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    only_here: Decimal = Decimal(0)
    count: int = 0
    twice: set[str] = field(default_factory=set)
    """Orders that are in the export or among the events a second time."""
    bought: list[Row] = field(default_factory=list)
    """Counted orders of money."""
    seen: set[tuple[str, Decimal]] = field(default_factory=set)
    """Numbers and amounts of the export."""
    sent: set[str] = field(default_factory=set)
    """Ids of events."""

    def number(self) -> int:
        """A new one."""
        self.count += 1
        return self.count

    def money(self) -> Decimal:
        """An amount in cents."""
        return Decimal(self.random.randint(100, 30_000)) * CENT

    def expose(self, unit: str, variant: str | None = None, at: datetime = START, **more: Any) -> datetime:
        """Let a unit meet a variant; when."""
        chosen = variant or self.random.choice(("control", "treatment"))
        self.events.append((exposure(unit, chosen, at, **more), at))
        return at

    def send(self, row: Row, received: datetime | None = None, **changes: Any) -> None:
        """Report an order, by its property or by the event's own id."""
        said: dict[str, Any] = {
            "value": float(row.value),
            "at": row.time,
            "currency": row.currency or None,
        }
        if self.random.random() < 0.5 and row.order not in self.sent:
            said["id"] = row.order
            self.sent.add(row.order)
        else:
            said["properties"] = {"order_id": row.order}
        said |= changes
        unit = str(said.pop("unit", row.unit))
        self.events.append((conversion(unit, **said), received or row.time))

    def order(self, fate: str, *, at: datetime = START + 3 * HOUR, **changes: Any) -> Row:
        """A row of the export, not yet in it."""
        number = self.number()
        row = Row(f"O-{number}", f"u-{number}", at, self.money(), "EUR", "yes", fate)
        return replace(row, **changes)


def _counted(world: World) -> Row:
    row = world.order("counted", currency=world.random.choice(("EUR", "EUR", "")))
    world.expose(row.unit)
    world.send(row)
    return replace(row, counts_for=row.value)


def _again(world: World) -> Row:
    """A second order of somebody, so that caps have something to cut."""
    if not world.bought:
        return _counted(world)
    row = world.order("counted", unit=world.random.choice(world.bought).unit)
    world.send(row)
    return replace(row, counts_for=row.value)


def _linked(world: World) -> Row:
    """Exposed as an anonymous visitor, ordered after login; the export has the number of the customer."""
    row = world.order("counted")
    world.expose(f"anonymous-{row.unit}")
    world.events.append((link(f"anonymous-{row.unit}", row.unit), START))
    world.send(row)
    return replace(row, counts_for=row.value)


def _refund(world: World) -> Row:
    if not world.bought:
        return _counted(world)
    origin = world.random.choice(world.bought)
    value = -Decimal(world.random.randint(100, 1000)) * CENT
    # At a moment of its own: two refunds of one order may be of the same amount.
    at = origin.time + timedelta(seconds=world.number())
    row = replace(origin, value=value, time=at, counts_for=value)
    if (row.order, value) in world.seen:
        return _counted(world)
    world.send(row, unit=origin.unit)
    return row


def _differs(world: World) -> Row:
    row = world.order("differs")
    world.expose(row.unit)
    other = row.value + Decimal(world.random.randint(1, 500)) * CENT
    world.send(row, value=float(other))
    return replace(row, counts_for=other)


def _duplicate(world: World) -> Row:
    if not world.rows:
        return _counted(world)
    return replace(world.random.choice(world.rows), fate="duplicate", counts_for=Decimal(0))


def _later_duplicate(world: World) -> Row:
    """The same order with another moment, of which nothing was reported."""
    row = _duplicate(world)
    if row.fate != "duplicate" or row.order in world.twice:
        return row
    world.twice.add(row.order)
    return replace(row, time=row.time + timedelta(minutes=1))


def _refused(world: World) -> Row:
    row = world.order("refused_consent", consent=world.random.choice(("no", "nee", "false", "0")))
    if world.random.random() < 0.5:
        world.expose(row.unit)
    return row


def _nameless(world: World) -> Row:
    return world.order("refused_consent", unit="", consent="")


def _unknown(world: World) -> Row:
    return world.order("unknown_unit", unit="", consent="ja")


def _not_exposed(world: World) -> Row:
    row = world.order("not_exposed")
    if world.random.random() < 0.5:
        world.send(row)
    return row


def _crowd(world: World) -> Row:
    """Of a till: an id that ties more people together than any person has ids."""
    row = world.order("set_aside")
    world.expose(row.unit)
    world.events.append((link(row.unit, "till"), START))
    world.send(row)
    return row


def _bot(world: World) -> Row:
    row = world.order("bot")
    world.expose(row.unit, attributes={"bot": True})
    if world.random.random() < 0.7:
        world.send(row)
    return row


def _several(world: World) -> Row:
    row = world.order("several_variants")
    world.expose(row.unit, "control")
    world.expose(row.unit, "treatment", START + HOUR)
    world.send(row)
    return row


def _before(world: World) -> Row:
    row = world.order("before_exposure", at=START - HOUR)
    world.expose(row.unit)
    if world.random.random() < 0.7:
        world.send(row)
    return row


def _outside(world: World) -> Row:
    row = world.order("outside_window", at=START + (WINDOW + 1) * HOUR)
    world.expose(row.unit)
    if world.random.random() < 0.7:
        world.send(row)
    return row


def _after(world: World) -> Row:
    row = world.order("after_stop", at=STOPPED + HOUR)
    world.expose(row.unit, at=STOPPED - HOUR)
    world.send(row)
    return row


def _currency(world: World) -> Row:
    row = world.order("currency", currency="USD")
    world.expose(row.unit)
    if world.random.random() < 0.8:
        world.send(row)
    return row


def _foreign_not_exposed(world: World) -> Row:
    row = world.order("not_exposed", currency="USD")
    world.send(row)
    return row


def _late(world: World) -> Row:
    row = world.order("late")
    world.expose(row.unit)
    world.send(row, received=LATER + HOUR)
    return row


def _too_old(world: World) -> Row:
    """Never came, and is so old by now that the doors would refuse it."""
    row = world.order("late", at=START - 3 * HOUR)
    world.expose(row.unit, at=START - 4 * HOUR)
    return row


def _missing(world: World) -> Row:
    row = world.order("missing")
    world.expose(row.unit)
    return row


STORIES: Sequence[tuple[int, Callable[[World], Row]]] = (
    (60, _counted), (8, _again), (3, _linked), (4, _refund), (2, _differs), (4, _duplicate),
    (1, _later_duplicate), (3, _refused), (1, _nameless), (1, _unknown), (4, _not_exposed), (2, _bot),
    (2, _several), (2, _before), (2, _outside), (1, _after), (3, _currency), (1, _foreign_not_exposed),
    (2, _late), (1, _too_old), (3, _missing),
)  # fmt: skip


def world_of(orders: int, seed: int) -> World:
    """So many orders, with events that no export has among them."""
    world = World(random.Random(seed))
    weights = [weight for weight, _ in STORIES]
    while len(world.rows) < orders:
        _, story = world.random.choices(STORIES, weights)[0]
        row = story(world)
        world.rows.append(row)
        world.seen.add((row.order, row.value))
        if row.fate == "counted" and row.value > 10:
            world.bought.append(row)
        if row.fate == "counted" and row.order not in world.twice and world.random.random() < 0.02:
            world.twice.add(row.order)
            # Sent again under another id, as by a page that is loaded twice.
            world.send(row, id=f"again-{world.number()}", properties={"order_id": row.order})
            world.only_here += row.counts_for
        if world.random.random() < 0.01:
            extra = world.order("counted")
            world.expose(extra.unit)
            world.send(extra)
            world.only_here += extra.value
    world.rows.extend(_crowd(world) for _ in range(120 if orders >= 1000 else 0))
    return world


def lake_of_world(folder: Path, world: World) -> Lake:
    """A lake with its events, each received when it was."""
    lake = Lake(folder / "lake")
    for late in (False, True):
        batch = [event for event, received in world.events if (received > LATER) is late]
        if batch:
            add(lake, batch, LATER + HOUR if late else START)
    return lake


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """The export as a shop in the Netherlands would write it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Bestelnummer", "Klantnummer", "Besteldatum", "Bedrag", "Valuta", "Toestemming"])
        for row in rows:
            amount = f"{row.value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
            moment = row.time.strftime("%Y-%m-%d %H:%M:%S.%f")
            writer.writerow([row.order, row.unit, moment, amount, row.currency, row.consent])
    return path
