"""Amounts in other currencies count at the locked rate of their UTC day, to the bit, or say why not."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assignment.events import Event
from experiments.analysis.render import render_html
from experiments.analysis.report import analyse
from experiments.analysis.verify import verify
from experiments.definition import Definition
from experiments.rates import Quotes, Rate, converted, day_number, fingerprint
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    REVENUE,
    START,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

DAY = timedelta(days=1)
EARLY = START - 30 * DAY
FIRST = START.date()
BASKET = {
    "key": "basket", "name": "Basket", "kind": "ratio", "unit": "EUR",
    "numerator": {"event": "order", "field": "value"}, "denominator": {"event": "order"},
}  # fmt: skip


def rate(value: str, day: date = FIRST, currency: str = "USD", base: str = "EUR", **more: Any) -> Rate:
    return Rate(base, currency, day, value, more.pop("since", EARLY), **more)


def with_rates(plain: Definition, *rates: Rate) -> Definition:
    return replace(plain, rates=rates)


def sum_of(report: dict[str, Any]) -> float:
    found: float = report["metrics"][0]["variants"][0]["sum"]
    return found


def test_an_amount_is_divided_by_the_rate_of_its_utc_day(tmp_path: Path) -> None:
    late = datetime(2026, 11, 1, 23, 59, tzinfo=UTC)
    events = [
        exposure("a"),
        conversion("a", 10, currency="EUR"),
        conversion("a", 30, late, currency="USD"),
        conversion("a", 30, late + timedelta(minutes=1), currency="USD"),
    ]
    rates = rate("1.25"), rate("1.5", date(2026, 11, 2))
    lake = lake_of(tmp_path, events, LATER - DAY)
    report = analyse(with_rates(definition(metric(REVENUE, unit="EUR")), *rates), lake.view(), LATER)
    assert sum_of(report) == 10 + 30 / 1.25 + 30 / 1.5
    assert report["rates"] == {
        "hash": fingerprint(rates),
        "count": 2,
        "first_day": "2026-11-01",
        "last_day": "2026-11-02",
        "currencies": [
            {"metric": "revenue", "unit": "EUR", "currency": "USD", "converted": 2, "left_out": 0}
        ],
    }
    check = report["health"]["currency"]
    assert (check["status"], check["code"], check["events"]) == ("ok", "currencies_converted", 2)


@pytest.mark.parametrize(("days", "counted"), [(0, True), (2, True), (7, True), (8, False), (-1, False)])
def test_a_day_without_a_rate_has_the_last_one_of_a_week_at_most(
    tmp_path: Path, days: int, counted: bool
) -> None:
    events = [exposure("a"), conversion("a", 30, currency="USD")]
    defined = with_rates(
        definition(metric(REVENUE, unit="EUR")), rate("1.5", START.date() - timedelta(days=days))
    )
    report = analyse(defined, lake_of(tmp_path, events).view(), LATER)
    assert sum_of(report) == (20.0 if counted else 0.0)
    assert report["rates"]["currencies"][0]["left_out"] == (0 if counted else 1)
    assert report["health"]["currency"]["status"] == ("ok" if counted else "warning")
    assert (report["rates"]["hash"] is not None) is counted


def test_a_cap_is_in_the_metrics_currency_after_conversion(tmp_path: Path) -> None:
    events = [exposure("a"), conversion("a", 9_000, currency="JPY"), conversion("a", 20, currency="EUR")]
    capped = metric(REVENUE, unit="EUR", cap={"value": 60})
    for yen, total in (("150", 60.0), ("300", 50.0)):
        defined = with_rates(definition(capped), rate(yen, currency="JPY"))
        assert sum_of(analyse(defined, lake_of(tmp_path, events).view(), LATER)) == total


def test_a_converted_order_is_in_both_sides_of_a_ratio_and_a_proportion_needs_no_rate(
    tmp_path: Path,
) -> None:
    events = [exposure("a"), conversion("a", 10, currency="EUR"), conversion("a", 90, currency="USD")]
    lake = lake_of(tmp_path, events)
    both = definition(metric(BASKET), metric(CONVERSION))
    report = analyse(with_rates(both, rate("1.5")), lake.view(), LATER)
    arm = report["metrics"][0]["variants"][0]
    assert (arm["mean"], arm["numerator"], arm["denominator"]) == (35.0, 70.0, 2.0)
    assert report["metrics"][1]["variants"][0]["sum"] == 1.0


def test_what_units_did_before_exposure_is_converted_too(tmp_path: Path) -> None:
    draw = random.Random(1)
    events: list[Event] = []
    for number in range(4000):
        habit, currency = draw.lognormvariate(3, 0.7), ("EUR", "SEK")[number % 2]
        scale = 1.0 if currency == "EUR" else 11.0
        events.append(exposure(f"u{number}", ("control", "treatment")[number // 2 % 2]))
        events.append(conversion(f"u{number}", habit * scale, START - 24 * HOUR, currency=currency))
        events.append(
            conversion(f"u{number}", habit * scale * draw.uniform(0.9, 1.1), START + HOUR, currency=currency)
        )
    rates = rate("11", START.date() - DAY, "SEK"), rate("11", currency="SEK")
    defined = with_rates(definition(metric(REVENUE, unit="EUR")), *rates)
    report = analyse(defined, lake_of(tmp_path, events).view(), LATER)
    assert report["metrics"][0]["comparisons"][0]["variance_reduction"] > 0.9
    assert report["rates"]["count"] == 2


def test_sums_do_not_depend_on_the_order_of_events(tmp_path: Path) -> None:
    draw = random.Random(2)
    amounts = [draw.lognormvariate(3, 2) for _ in range(300)]
    events: list[Event] = [exposure("a")]
    events += [conversion("a", each, currency=draw.choice(["EUR", "USD", "GBP"])) for each in amounts]
    defined = with_rates(
        definition(metric(REVENUE, unit="EUR")), rate("1.0842"), rate("0.8831", currency="GBP")
    )
    found = set()
    for place in range(3):
        draw.shuffle(events)
        found.add(analyse(defined, lake_of(tmp_path / str(place), events).view(), LATER)["data_hash"])
    assert len(found) == 1


def test_a_report_is_verified_with_the_rates_of_then(tmp_path: Path) -> None:
    view = lake_of(tmp_path, [exposure("a"), conversion("a", 30, currency="USD")]).view()
    plain = definition(metric(REVENUE, unit="EUR"))
    report = analyse(with_rates(plain, rate("1.25")), view, LATER)
    corrected = with_rates(
        plain,
        rate("1.25", until=LATER + HOUR),
        rate("1.2", since=LATER + HOUR),
    )
    assert verify(report, corrected, view) == []
    assert sum_of(analyse(corrected, view, LATER + 2 * HOUR)) == 30 / 1.2
    tampered = with_rates(plain, rate("1.2"))
    assert any(line.startswith("rates.hash") for line in verify(report, tampered, view))


def test_a_report_from_before_amounts_were_converted_is_still_verified(tmp_path: Path) -> None:
    view = lake_of(tmp_path, [exposure("a"), conversion("a", 30, currency="USD")]).view()
    plain = definition(metric(REVENUE, unit="EUR"))
    report = analyse(replace(plain, rates=None), view, LATER)
    assert "rates" not in report
    assert report["health"]["currency"]["metrics"] == {"revenue": {"left_out": {"USD": 1}}}
    assert verify(report, with_rates(plain, rate("1.25")), view) == []
    assert "Exchange rates" not in render_html(report)


def test_a_rate_is_found_the_other_way_round_and_by_a_third_currency() -> None:
    day = day_number(START.date())
    quotes = Quotes([rate("1.25"), rate("0.8", currency="GBP")])
    for unit, currency, expected in (
        ("EUR", "USD", 1.25), ("USD", "EUR", 1 / 1.25),
        ("GBP", "USD", 1.25 / 0.8), ("USD", "GBP", 0.8 / 1.25),
    ):  # fmt: skip
        quote = quotes.find(unit, currency, day)
        assert quote is not None
        assert quote.rate == expected
        assert math.isclose(quote.exact, expected, rel_tol=1e-15)
    assert quotes.find("EUR", "CHF", day) is None
    assert quotes.find("EUR", "USD", day - 1) is None


def test_decimals_are_converted_without_a_double_to_the_cent() -> None:
    quote = Quotes([rate("1.1")]).find("EUR", "USD", day_number(START.date()))
    assert quote is not None
    for amount, expected in (("100", "90.91"), ("-100", "-90.91"), ("0.0055", "0.01"), ("0", "0.00")):
        assert converted(Decimal(amount), quote) == Decimal(expected)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_file_names_the_rates_and_what_was_left_out(tmp_path: Path, language: str) -> None:
    events = [
        exposure("a"), conversion("a", 30, currency="USD"), conversion("a", 30, currency="CHF"),
    ]  # fmt: skip
    defined = with_rates(definition(metric(REVENUE, unit="EUR")), rate("1.25"))
    report = analyse(defined, lake_of(tmp_path, events).view(), LATER)
    page = render_html(report, language=language)
    assert {"en": "Exchange rates", "nl": "Wisselkoersen"}[language] in page
    assert report["rates"]["hash"] in page
    assert "CHF" in page
