"""Numbers, money and dates as Dutch and English people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dash_ui import format as write
from dash_ui.i18n import Language, speaking


@pytest.mark.parametrize(
    ("language", "number", "rate", "lift", "money"),
    [
        ("en", "1,234.5", "10.77%", "−6.2%", "€1,235"),
        ("nl", "1.234,5", "10,77%", "−6,2%", "€ 1.235"),
    ],
)
def test_figures_follow_the_language(
    language: Language, number: str, rate: str, lift: str, money: str
) -> None:
    with speaking(language):
        assert write.number(1234.5, 1) == number
        assert write.percent(0.1077) == rate
        assert write.signed_percent(-0.062) == lift
        assert write.money(1234.6) == money


def test_a_sign_is_always_shown_except_for_zero() -> None:
    assert write.signed(0.04, 1) == "0.0"
    assert write.signed(-0.04, 1) == "0.0"
    assert write.signed(1.25, 1) == "+1.2"
    assert write.signed_money(-0.31) == "−€0.31"


def test_nothing_is_a_dash() -> None:
    assert {write.number(None), write.percent(None), write.money(None), write.day(None)} == {"–"}
    assert write.interval_percent(None, 0.1) == "– … +10.0%"


def test_moments_are_on_the_clock_of_the_shop() -> None:
    winter, summer = datetime(2026, 11, 22, 23, 30, tzinfo=UTC), datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert write.moment(winter) == "23 Nov 2026 00:30"
    assert write.moment(summer) == "2 Jul 2026 00:30"
    with speaking("nl"):
        assert write.day(datetime(2026, 3, 29, 12, tzinfo=UTC)) == "29 mrt 2026"
