"""A marketer hears what another split would do before anything changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dash_ui.components.phases import phases
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.page import View
from dash_ui.pages import result
from dash_ui.pages.result_split import _weights, effect_lines
from dash_ui.records import Person, Refused
from experiments.db import Database
from experiments.models import Experiment
from experiments.service.definitions import create_experiment, get_experiment
from experiments.service.transitions import start
from tests.dash_ui.result_shop import open_result_shop
from tests.dash_ui.trees import property_of, with_property, words
from tests.experiments.conftest import BOB
from tests.experiments.examples import form

MARKETER = Person(2, "mark@shop.example", "Mark", "marketer")
ANALYST = Person(3, "aylin@shop.example", "Aylin", "analyst")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A shop with an experiment at half the traffic."""
    opened = open_result_shop(tmp_path_factory.mktemp("results"))
    with opened.session() as session:
        create_experiment(session, form(), BOB)
        start(session, "bar", BOB)
    yield opened
    opened.close()


@pytest.fixture
def gateway(database: Database) -> Gateway:
    return Gateway(database, lambda key: {}, lambda: None)


def said(gateway: Gateway, traffic: float, *weights: float, key: str = "bar") -> str:
    return " ".join(effect_lines(gateway.preview_split(key, traffic, weights)))


def test_growth_moves_nobody_and_says_who_comes(gateway: Gateway) -> None:
    words = said(gateway, 0.8, 0.5, 0.5)
    assert "Nobody moves" in words
    assert "15.0% of all shoppers come to Bar at 50" in words
    assert "not compared" not in words
    assert "not compared" in said(gateway, 1.0, 0.25, 0.75)


def test_another_split_begins_a_phase_for_all_who_were_seen(gateway: Gateway) -> None:
    words = said(gateway, 1.0, 0.3, 0.7, key="unclear")
    assert "Phase 2 begins: all shoppers are divided anew." in words
    assert "The 73,025 shoppers seen until now start again." in words
    with speaking("nl"):
        dutch = said(gateway, 1.0, 0.3, 0.7, key="unclear")
    assert "De 73.025 bezoekers van tot nu toe beginnen opnieuw." in dutch


def test_where_nobody_was_seen_nobody_starts_again(gateway: Gateway) -> None:
    found = gateway.preview_split("unclear", 1.0, [0.3, 0.7])
    lines = effect_lines(replace(found, seen=0))
    assert lines == [
        "100.0% of these shoppers take part.",
        "Phase 2 begins: all shoppers are divided anew.",
    ]


def test_the_split_as_it_is_says_so(gateway: Gateway) -> None:
    assert said(gateway, 0.5, 0.5, 0.5) == "This is the split as it is now."
    assert said(gateway, 0.50001, 0.50004, 0.49996) == "This is the split as it is now."


@pytest.mark.parametrize("shares", [[50, 40], [50, None], [50, ""], [120, -20]])
def test_shares_that_do_not_total_100_are_no_split(shares: list[object]) -> None:
    assert _weights(shares) is None


def test_shares_of_thirds_sum_to_one() -> None:
    assert sum(_weights([33.33, 33.33, 33.34]) or []) == pytest.approx(1, abs=1e-12)


def test_no_phase_begins_where_nobody_was_told_of_one(gateway: Gateway) -> None:
    with pytest.raises(Refused) as refused:
        gateway.change_split(MARKETER, "bar", 0.2, [0.5, 0.5])
    assert (refused.value.status, refused.value.code) == (409, "needs_new_phase")
    with pytest.raises(Refused, match="other variants now"):
        gateway.change_split(MARKETER, "bar", 0.2, [0.5, 0.3, 0.2])


def test_growth_and_a_new_phase_stand_in_the_setup(gateway: Gateway, database: Database) -> None:
    gateway.change_split(MARKETER, "bar", 0.8, [0.5, 0.5])
    told = (0.4, [0.3, 0.7], 2, "A bug on iPhones.", "exclude")
    gateway.change_split(MARKETER, "bar", *told)
    with pytest.raises(Refused, match="Another phase began meanwhile"):
        gateway.change_split(MARKETER, "bar", *told)
    with database.reading() as session:
        row: Experiment = get_experiment(session, "bar")
        assert (row.version, row.plan["carry_over"]) == (2, "exclude")
    shown = phases(gateway.result("bar").experiment)
    text = words(shown)
    for expected in ("80.0%", "40.0%", "Growth: nobody moved.", "A bug on iPhones.", "bar 70.0%"):
        assert expected in text


def test_who_only_reads_cannot_open_the_dialog(gateway: Gateway) -> None:
    for person, disabled in ((MARKETER, False), (ANALYST, True)):
        page = result.render(View(gateway, person, {"key": "unclear"}, {}))
        (button,) = with_property(page, "id", {"type": "split-open", "place": "head"})
        assert property_of(button, "disabled") is disabled
