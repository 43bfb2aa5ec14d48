"""Decides what became of each order of a shop's own export, by the tables that reports are computed from.

An order is matched to an event; what the report did with that event is its class. An order without an event
has the class that its event would have had, so that `missing` is only what a report lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from experiments.analysis.columns import Column, Program, Term
from experiments.analysis.engine import Engine, key_of, literal
from experiments.analysis.exchange import DAY, joins
from experiments.analysis.metrics import (
    COUNTED,
    MISSING,
    OTHER_CURRENCY,
    field_of,
    finding_and_value,
    is_named,
)
from experiments.analysis.orders import AMOUNT, Orders
from experiments.analysis.units import Scope, pointer

ORDER_PROPERTY = "order_id"
EVENT_ID = "id"


class Fate(StrEnum):
    """Every class of an order; where several fit, the first one here that does is its class."""

    DUPLICATE = "duplicate"
    COUNTED = "counted"
    DIFFERS = "differs"
    REFUSED_CONSENT = "refused_consent"
    UNKNOWN_UNIT = "unknown_unit"
    NOT_EXPOSED = "not_exposed"
    SET_ASIDE = "set_aside"
    BOT = "bot"
    SEVERAL_VARIANTS = "several_variants"
    BEFORE_EXPOSURE = "before_exposure"
    OUTSIDE_WINDOW = "outside_window"
    AFTER_STOP = "after_stop"
    NO_VALUE = "no_value"
    CURRENCY = "currency"
    LATE = "late"
    MISSING = "missing"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Counting:
    """How a report counts the events that orders are matched to.

    Attributes:
        scope: Which events count, of which experiment.
        work: What the metric computes.
        match: Property that holds the number of an order, or `id` for the event's own id; `None` takes the
            property `order_id`, and the event's id where there is none.
        oldest: Events from before are no longer taken in, microseconds since 1970 UTC.
        stopped: Whether the experiment had stopped.
        are_joined: Whether there is a table `persons`.
    """

    scope: Scope
    work: Program
    match: str | None
    oldest: int
    stopped: bool
    are_joined: bool

    @property
    def column(self) -> Column:
        """What is summed per unit, with its window."""
        return next(iter(self.work.columns.values()))[0]

    @property
    def term(self) -> Term:
        """The events, and their field."""
        assert self.column.term is not None
        return self.work.terms[self.column.term]


def decide(engine: Engine, counting: Counting, orders: Orders) -> None:
    """Make the tables `told` (events, and whether they count) and `fates` (orders, each with its class).

    The engine holds the tables of `units.build`.
    """
    engine.register("exported", orders.table)
    money = literal(counting.term.currency or "")
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE asked AS
        SELECT *, {key_of("unit")} AS id_key, coalesce(currency, {money}) AS money,
          row_number() OVER (PARTITION BY order_id, unit, time, amount, currency ORDER BY place) AS again
        FROM exported"""
    )
    engine.unregister("exported")
    _tell(engine, counting, money)
    _pair_equal(engine)
    _net(engine)
    _pair_rest(engine)
    _find_seen(engine, counting)
    _find_rates(engine, counting)
    _judge(engine, counting, orders)


def _tell(engine: Engine, counting: Counting, money: str) -> None:
    scope, term, column = counting.scope, counting.term, counting.column
    rates = joins(engine, scope, counting.work)
    finding, value = finding_and_value(term, rated=bool(rates))
    number = f"json_extract_string(event.properties, {pointer(counting.match or ORDER_PROPERTY)})"
    if counting.match is None:
        number = f"coalesce(nullif({number}, ''), event.id)"
    elif counting.match == EVENT_ID:
        number = "event.id"
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE told AS
        SELECT *, coalesce(variant IS NOT NULL AND known AND finding = {COUNTED}
          AND time - first BETWEEN {column.lower} AND {column.upper}, false) AS counted
        FROM (
          SELECT event.id AS event_id, event.unit_key AS id_key, {number} AS order_id,
            epoch_us(event.time) AS time, epoch_us(event.received) AS received,
            coalesce(event.currency, {money}) AS money, {_exact(field_of(term))} AS amount,
            {finding} AS finding, {_exact(value)} AS worth, {scope.known_by_then("event")} AS known,
            named.unit_key, named.variant, named.first
          FROM {scope.view.source("conversions")} AS event
          LEFT JOIN named ON event.unit_key = named.id_key{rates}
          WHERE {is_named([term.event, *term.adjusted_by])})
        WHERE finding IS NOT NULL"""
    )


def _exact(number: str) -> str:
    """SQL of a double as the decimal that people read in it."""
    return f"TRY_CAST(CAST({number} AS VARCHAR) AS {AMOUNT})"


def _pair_equal(engine: Engine) -> None:
    """Make the table `even` of orders and events of the same number and amount, one to one.

    A row that says again what an earlier one said has no event of its own.
    """
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE orders AS
        SELECT *, row_number() OVER (PARTITION BY order_id, money, amount ORDER BY place) AS rank
        FROM asked WHERE again = 1"""
    )
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE even AS
        SELECT orders.place, events.event_id FROM orders JOIN (
          SELECT *, row_number() OVER (PARTITION BY order_id, money, amount
            ORDER BY counted DESC, time, event_id) AS rank
          FROM told WHERE order_id IN (SELECT order_id FROM asked)) AS events
        USING (order_id, money, amount, rank)"""
    )
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE left_orders AS
        SELECT * FROM orders WHERE rank = 1 AND place NOT IN (SELECT place FROM even)"""
    )


def _net(engine: Engine) -> None:
    """Make one of the counted events of an order that is left with one row, where their sum is its amount.

    So it is where an export has orders as they are after refunds or changes.
    """
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE netted AS
        SELECT whole.* FROM (
          SELECT order_id, arg_min(event_id, row(time, event_id)) AS event_id, sum(amount) AS amount,
            sum(worth) AS worth
          FROM told WHERE counted AND event_id NOT IN (SELECT event_id FROM even) GROUP BY order_id
          HAVING count(*) > 1 AND min(unit_key) = max(unit_key) AND min(money) = max(money)) AS whole
        JOIN (
          SELECT order_id, min(amount) AS amount FROM left_orders GROUP BY order_id
          HAVING count(*) = 1) AS alone ON whole.order_id = alone.order_id AND whole.amount = alone.amount"""
    )
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE told AS
        SELECT told.* REPLACE (coalesce(netted.amount, told.amount) AS amount,
          coalesce(netted.worth, told.worth) AS worth)
        FROM told LEFT JOIN netted ON told.event_id = netted.event_id
        WHERE netted.event_id IS NOT NULL OR NOT told.counted OR told.order_id IS NULL
          OR told.order_id NOT IN (SELECT order_id FROM netted)
          OR told.event_id IN (SELECT event_id FROM even)"""
    )


def _pair_rest(engine: Engine) -> None:
    """Make the table `paired`: `even`, and what is left of each number in order, refunds with refunds."""
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE paired AS
        SELECT * FROM even UNION ALL
        SELECT mine.place, theirs.event_id FROM (
          SELECT place, order_id, amount < 0 AS back,
            row_number() OVER (PARTITION BY order_id, amount < 0 ORDER BY place) AS rank
          FROM left_orders) AS mine
        JOIN (
          SELECT event_id, order_id, coalesce(amount, 0) < 0 AS back,
            row_number() OVER (PARTITION BY order_id, coalesce(amount, 0) < 0
              ORDER BY counted DESC, time, event_id) AS rank
          FROM told WHERE event_id NOT IN (SELECT event_id FROM even)
            AND order_id IN (SELECT order_id FROM left_orders)) AS theirs
        USING (order_id, back, rank)"""
    )


def _find_seen(engine: Engine, counting: Counting) -> None:
    """Make the table `seen` of the units with any exposure, also those that a phase lays aside."""
    scope = counting.scope
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE seen AS
        SELECT DISTINCT event.unit_key AS id_key FROM {scope.view.source("exposures")} AS event
        WHERE event.experiment = {literal(scope.experiment)} AND {scope.known_by_then("event")}"""
    )


def _find_rates(engine: Engine, counting: Counting) -> None:
    """Make the table `rated` of the currencies and days of orders for which there is a rate."""
    unit = counting.term.currency
    found: list[tuple[str, int]] = []
    if unit is not None and counting.scope.quotes:
        days = engine.execute(
            f"SELECT DISTINCT money, time // {DAY} FROM asked "
            f"WHERE money <> {literal(unit)} AND time IS NOT NULL"
        ).fetchall()
        found = [(money, day) for money, day in days if counting.scope.quotes.find(unit, money, day)]
    columns = zip(*found, strict=True) if found else ((), ())
    arrays = [pa.array(each, kind) for each, kind in zip(columns, (pa.string(), pa.int64()), strict=True)]
    engine.register("found_rates", pa.table(arrays, names=["money", "day"]))
    engine.execute("CREATE OR REPLACE TEMP TABLE rated AS SELECT * FROM found_rates")
    engine.unregister("found_rates")


def _judge(engine: Engine, counting: Counting, orders: Orders) -> None:
    person, joined = "pair.id_key", ""
    if counting.are_joined:
        person = "coalesce(persons.person_key, pair.id_key)"
        joined = "LEFT JOIN persons ON pair.id_key = persons.unit_key"
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE pairs AS
        SELECT asked.place, asked.order_id, asked.unit, asked.time AS order_time, asked.amount,
          asked.currency, asked.money, asked.consent, asked.again, orders.rank, told.event_id,
          coalesce(told.id_key, asked.id_key) AS id_key, coalesce(told.time, asked.time) AS time,
          told.received, told.amount AS told_amount, told.money AS told_money, told.finding,
          coalesce(told.counted, false) AS counted, told.worth, told.variant AS counted_variant
        FROM asked LEFT JOIN orders ON asked.place = orders.place
        LEFT JOIN paired ON asked.place = paired.place LEFT JOIN told ON paired.event_id = told.event_id"""
    )
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE fates AS SELECT pair.*, met.first,
          CASE WHEN pair.counted THEN pair.worth END AS counts_for,
          {_fate(counting, orders)} AS fate
        FROM pairs AS pair {joined}
        LEFT JOIN met ON {person} = met.unit_key LEFT JOIN seen ON pair.id_key = seen.id_key
        LEFT JOIN rated ON pair.money = rated.money AND pair.time // {DAY} = rated.day"""
    )


def _fate(counting: Counting, orders: Orders) -> str:
    scope, column, term = counting.scope, counting.column, counting.term
    unknown = Fate.REFUSED_CONSENT if orders.unit_tells_consent else Fate.UNKNOWN_UNIT
    own, same = "false", "pair.amount = pair.told_amount AND pair.money = pair.told_money"
    if term.currency is not None:
        money = literal(term.currency)
        own = f"pair.event_id IS NULL AND pair.money <> {money} AND rated.day IS NULL"
        # The shop may have converted the amount itself.
        same = f"({same}) OR (pair.money = {money} AND pair.amount = round(pair.worth, 2))"
    rules = [
        (Fate.DUPLICATE, "pair.again > 1 OR (pair.event_id IS NULL AND pair.rank > 1)"),
        (Fate.COUNTED, f"pair.counted AND ({same})"),
        (Fate.DIFFERS, "pair.counted"),
        (Fate.REFUSED_CONSENT, "pair.consent = false"),
        (unknown, "pair.id_key IS NULL AND pair.consent IS NULL"),
        (Fate.UNKNOWN_UNIT, "pair.id_key IS NULL"),
        (Fate.SET_ASIDE, "met.unit_key IS NULL AND seen.id_key IS NOT NULL"),
        (Fate.NOT_EXPOSED, "met.variant IS NULL"),
        (Fate.BOT, "met.bot IS NOT NULL"),
        (Fate.SEVERAL_VARIANTS, "met.variant <> met.last_variant"),
        (Fate.BEFORE_EXPOSURE, f"pair.time < met.first + {column.lower}"),
        (Fate.OUTSIDE_WINDOW, f"pair.time - met.first > {column.upper}"),
        (Fate.AFTER_STOP if counting.stopped else Fate.LATE, f"pair.time > {scope.until}"),
        (Fate.NO_VALUE, f"pair.finding = {MISSING}"),
        (Fate.CURRENCY, f"pair.finding = {OTHER_CURRENCY} OR ({own})"),
        (Fate.LATE, f"pair.received > {scope.received}"),
        (
            Fate.LATE,
            f"pair.event_id IS NULL AND (pair.time > {scope.received} OR pair.time < {counting.oldest})",
        ),
        (Fate.MISSING, "pair.event_id IS NULL"),
    ]
    cases = " ".join(f"WHEN {condition} THEN '{fate}'" for fate, condition in rules)
    return f"CASE {cases} ELSE '{Fate.UNEXPLAINED}' END"
