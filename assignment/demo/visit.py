"""One shopper's visit: what they meet and what they do, by the known effects."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from assignment.demo.effects import (
    ALSO_BOUGHT,
    BAR,
    CART_SHARE,
    CHECKOUT,
    CLICKS,
    EXIT,
    LOYAL_SHARE,
    LOYAL_VALUE,
    MEDIAN_ORDER,
    MOBILE_SHARE,
    ORDER_SPREAD,
    PAST_DAYS,
    PAST_ORDERS,
    REFUND_SHARE,
    SIGNUPS,
    VALUE,
    completion,
    reaches_checkout,
)

Event = dict[str, Any]
# Given an experiment, the variant that the shopper meets; asking reports the exposure.
Meet = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who visits: the id, what the shop knows, and what it does not know."""

    unit: str
    device: str
    country: str
    loyal: bool


def arrive(chance: random.Random, unit: str) -> Shopper:
    """A random shopper."""
    device = "mobile" if chance.random() < MOBILE_SHARE else "desktop"
    country = "NL" if chance.random() < 0.8 else "BE"
    return Shopper(unit, device, country, chance.random() < LOYAL_SHARE)


def past_orders(chance: random.Random, shopper: Shopper, now: datetime) -> list[Event]:
    """What the shopper ordered in the weeks before."""
    orders = []
    for _ in range(_poisson(chance, PAST_ORDERS[shopper.loyal])):
        at = now - timedelta(days=chance.uniform(0.1, PAST_DAYS))
        orders.append(_order(chance, shopper, 1.0) | {"time": at.astimezone(UTC).isoformat()})
    return orders


def visit(chance: random.Random, shopper: Shopper, meet: Meet) -> list[Event]:
    """What the shopper does today, in order; variants are asked for where they are met."""
    events: list[Event] = []
    strategy = meet(ALSO_BOUGHT)
    events.append(_conversion(shopper, "product_view"))
    if chance.random() < CLICKS[strategy]:
        events.append(_conversion(shopper, "recommendation_click"))
    if chance.random() >= CART_SHARE:
        return events
    bar = meet(BAR)
    events.append(_conversion(shopper, "add_to_cart"))
    if chance.random() >= reaches_checkout(bar, shopper.loyal):
        if chance.random() < SIGNUPS[meet(EXIT)]:
            events.append(_conversion(shopper, "newsletter_signup"))
        return events
    layout = meet(CHECKOUT)
    events.append(_conversion(shopper, "checkout_started"))
    if chance.random() >= completion(layout, shopper.device):
        return events
    factor = VALUE.get((BAR, bar), 1.0) * VALUE.get((ALSO_BOUGHT, strategy), 1.0)
    order = _order(chance, shopper, factor)
    events.append(order)
    if chance.random() < REFUND_SHARE:
        refund = {"value": -order["value"], "currency": "EUR", "properties": order["properties"]}
        events.append(_conversion(shopper, "refund") | refund)
    return events


def _order(chance: random.Random, shopper: Shopper, factor: float) -> Event:
    median = MEDIAN_ORDER * factor * (LOYAL_VALUE if shopper.loyal else 1.0)
    value = round(chance.lognormvariate(math.log(median), ORDER_SPREAD), 2)
    properties = {
        "order_id": uuid.uuid4().hex[:12],
        "items": 1 + _poisson(chance, 1.2),
        "margin": round(0.4 * value, 2),
    }
    return _conversion(shopper, "order") | {"value": value, "currency": "EUR", "properties": properties}


def _conversion(shopper: Shopper, name: str) -> Event:
    return {"type": "conversion", "id": str(uuid.uuid4()), "unit": shopper.unit, "name": name}


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's method, fine for small means."""
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
