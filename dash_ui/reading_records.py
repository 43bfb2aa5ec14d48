"""What a report's reading adds to its numbers, as plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate with its bounds; `None` where it cannot be given or has no end."""

    estimate: float | None
    lower: float | None
    upper: float | None

    @property
    def bounded(self) -> bool:
        """Whether there is an interval at all."""
        return self.estimate is not None and (self.lower is not None or self.upper is not None)


@dataclass(frozen=True, slots=True)
class Year:
    """What a year is taken to bring when everybody in the audience takes part.

    Attributes:
        units: Shoppers a year; `None` where that cannot be told.
        code: Why it cannot: `too_short`, `traffic_unknown`, `nobody`.
        counted: Shoppers that it rests on.
        days: In which these came.
        traffic: Share of the audience that took part lately.
    """

    units: float | None
    code: str | None
    counted: int
    days: float
    traffic: float | None


@dataclass(frozen=True, slots=True)
class Coded:
    """A stable code with its numbers, for which the screens have words."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """Whether an effect differs between the values of a segment.

    Attributes:
        statistic: Cochran's Q.
        parts: Values that were compared.
        p_value: Corrected for the number of these tests; for one look.
        excess: Share of the variation that chance does not explain.
    """

    segment: str
    metric: str
    variant: str
    statistic: float
    parts: int
    p_value: float
    excess: float


@dataclass(frozen=True, slots=True)
class Unadjusted:
    """A comparison without covariates, for one look."""

    absolute: Range
    relative: Range
    p_value: float | None
    method: str


@dataclass(frozen=True, slots=True)
class ConvertedCurrency:
    """Amounts of one metric in one other currency."""

    metric: str
    currency: str
    unit: str
    converted: int
    left_out: int


@dataclass(frozen=True, slots=True)
class UsedRates:
    """Which exchange rates a report's money rests on."""

    currencies: tuple[ConvertedCurrency, ...]
    count: int
    first_day: date | None
    last_day: date | None
    digest: str | None


def read_range(document: Document) -> Range:
    """An interval of a report."""
    return Range(document.get("estimate"), document.get("lower"), document.get("upper"))


def read_year(reading: Document) -> Year | None:
    """`yearly` of a report's reading."""
    year = reading.get("yearly")
    if not year:
        return None
    return Year(year["units"], year["code"], int(year["counted"]), float(year["days"]), year["traffic"])


def read_coded(documents: list[Document] | None) -> tuple[Coded, ...]:
    """Codes with their numbers, as `changes` or `method_reasons`; none in reports of before."""
    return tuple(Coded(str(each["code"]), dict(each["params"])) for each in documents or ())


def read_differences(reading: Document) -> tuple[Difference, ...]:
    """`differences` of a report's reading."""
    return tuple(Difference(**each) for each in reading.get("differences") or ())


def read_unadjusted(document: Document | None) -> Unadjusted | None:
    """`unadjusted` of a comparison."""
    if not document:
        return None
    absolute, relative = read_range(document["absolute"]), read_range(document["relative"])
    return Unadjusted(absolute, relative, document["p_value"], str(document["method"]))


def read_rates(rates: Document | None) -> UsedRates | None:
    """A report's `rates`; `None` where every amount was in its metric's currency."""
    if not rates or not rates.get("currencies"):
        return None
    return UsedRates(
        currencies=tuple(
            ConvertedCurrency(
                str(each["metric"]),
                str(each["currency"]),
                str(each["unit"]),
                int(each["converted"]),
                int(each["left_out"]),
            )
            for each in rates["currencies"]
        ),
        count=int(rates["count"]),
        first_day=_day(rates.get("first_day")),
        last_day=_day(rates.get("last_day")),
        digest=rates.get("hash"),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text[:10])
