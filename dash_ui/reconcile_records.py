"""Reconciliations of a shop's own orders with a report, as the screens show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

COUNTED = ("counted", "differs")
"""Classes whose orders the report counts."""


@dataclass(frozen=True, slots=True)
class OrderMetric:
    """A metric that sums something of orders."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class OrderExperiment:
    """An experiment with which orders can be reconciled."""

    key: str
    name: str
    metrics: tuple[OrderMetric, ...]


@dataclass(frozen=True, slots=True)
class OrderSum:
    """Orders in one currency; `counted` is what the report takes of them, in the metric's currency."""

    currency: str
    orders: int
    amount: Decimal
    counted: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class OrderClass:
    """Orders of one class; `counted` is what the report takes of them."""

    name: str
    sums: tuple[OrderSum, ...]
    counted: Decimal

    @property
    def orders(self) -> int:
        """In all currencies."""
        return sum(each.orders for each in self.sums)


@dataclass(frozen=True, slots=True)
class VariantSum:
    """From counted orders to the sum in the report, of one variant by its name."""

    variant: str
    counted: Decimal
    only_here: Decimal
    capped: Decimal
    report: Decimal
    unexplained: Decimal


@dataclass(frozen=True, slots=True)
class OnlyHere:
    """Events that count and the export does not have: `again`, `outside_export` or `not_in_export`."""

    reason: str
    events: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of every order."""

    metric: str
    currency: str | None
    as_of: datetime
    explained: bool
    orders: int
    totals: tuple[OrderSum, ...]
    classes: tuple[OrderClass, ...]
    variants: tuple[VariantSum, ...]
    only_here: tuple[OnlyHere, ...]
    without_consent: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One file, how far it is, and what came of it.

    Attributes:
        error: Why it failed, each finding on a line.
        has_rows: Whether what became of each order can be downloaded.
        result: `None` while it runs, or when it failed.
    """

    id: int
    file: str
    actor: str
    requested_at: datetime
    running: bool
    error: str | None
    has_rows: bool
    result: Reconciled | None


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the way from the export to the report: how much it adds, or where it stands.

    Attributes:
        name: `export`, a class, `converted`, `other_values`, `only_here`, `capped`, `unexplained` or
            `report`.
        amount: What it adds; of a `total` the height that is reached.
    """

    name: str
    amount: Decimal
    total: bool = False


def steps(found: Reconciled) -> tuple[Step, ...]:
    """From the export in the metric's currency, over all that is not counted, to the report's sum."""

    def is_own(each: OrderSum) -> bool:
        return found.currency in (None, each.currency)

    def own(sums: tuple[OrderSum, ...]) -> Decimal:
        return sum((each.amount for each in sums if is_own(each)), Decimal(0))

    way = [Step("export", own(found.totals), total=True)]
    way += [Step(each.name, -own(each.sums)) for each in found.classes if each.name not in COUNTED]
    counted = [each for each in found.classes if each.name in COUNTED]
    foreign = [part.counted for each in counted for part in each.sums if not is_own(part)]
    converted = sum(foreign, Decimal(0))
    way.append(Step("converted", converted))
    others = sum((each.counted - own(each.sums) for each in counted), -converted)
    way.append(Step("other_values", others))
    for name in ("only_here", "capped", "unexplained"):
        way.append(Step(name, sum((getattr(each, name) for each in found.variants), Decimal(0))))
    report = Step("report", sum((each.report for each in found.variants), Decimal(0)), total=True)
    return (*(step for step in way if step.total or step.amount), report)
