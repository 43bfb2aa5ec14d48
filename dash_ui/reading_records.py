"""What a report's reading adds to its numbers, as plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """An estimate with its bounds; `None` where there is none."""

    estimate: float | None
    lower: float | None
    upper: float | None


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
class Whatif:
    """Something that would change the verdict: a code with its numbers."""

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

    absolute: Span
    relative: Span
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


def read_span(document: Document) -> Span:
    """An interval of a report."""
    return Span(document.get("estimate"), document.get("lower"), document.get("upper"))


def read_year(reading: Document) -> Year | None:
    """`yearly` of a report's reading."""
    year = reading.get("yearly")
    if not year:
        return None
    return Year(year["units"], year["code"], int(year["counted"]), float(year["days"]), year["traffic"])


def read_changes(reading: Document) -> tuple[Whatif, ...]:
    """`changes` of a report's reading."""
    return tuple(Whatif(str(each["code"]), dict(each["params"])) for each in reading.get("changes") or ())


def read_differences(reading: Document) -> tuple[Difference, ...]:
    """`differences` of a report's reading."""
    return tuple(Difference(**each) for each in reading.get("differences") or ())


def read_unadjusted(document: Document | None) -> Unadjusted | None:
    """`unadjusted` of a comparison."""
    if not document:
        return None
    absolute, relative = read_span(document["absolute"]), read_span(document["relative"])
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
