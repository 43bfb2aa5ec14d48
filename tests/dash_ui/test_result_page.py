"""The result page as the server draws it, with its downloads and its guard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dash_ui.app import create_dash
from dash_ui.gateway import Gateway
from dash_ui.page import View
from dash_ui.pages import result
from dash_ui.records import Person, Refused
from tests.dash_ui.result_shop import EMPTY, STORIES, open_result_shop
from tests.dash_ui.shop import ADMIN, PASSWORD
from tests.dash_ui.trees import every, property_of, with_property, words

MARKETER = Person(2, "mark@shop.example", "Mark", "marketer")
ANALYST = Person(3, "aylin@shop.example", "Aylin", "analyst")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway to a shop with every story; the tests leave its experiments as they are."""
    database = open_result_shop(tmp_path_factory.mktemp("results"))
    yield Gateway(database, lambda key: {}, lambda: None)
    database.close()


@pytest.fixture
def client(gateway: Gateway) -> FlaskClient:
    """A browser's client, not signed in."""
    server = Flask("results", static_folder=None)
    create_dash(server, gateway, secret="s" * 32)
    return server.test_client()


def _page(gateway: Gateway, key: str, person: Person = MARKETER, **query: str) -> Any:
    return result.render(View(gateway, person, {"key": key}, query))


def _sign_in(client: FlaskClient) -> None:
    client.get("/login")
    token = client.get_cookie("pw_csrf")
    assert token is not None
    form = {"email": ADMIN, "password": PASSWORD, "csrf_token": token.value}
    assert client.post("/login", data=form).status_code == 303


@pytest.mark.parametrize("key", [*STORIES, EMPTY])
def test_every_story_has_one_heading_and_each_id_once(gateway: Gateway, key: str) -> None:
    page = _page(gateway, key)
    assert len([item for item in every(page) if item._type == "H1"]) == 1
    idents = [json.dumps(ident) for item in every(page) if (ident := property_of(item, "id")) is not None]
    assert len(idents) == len(set(idents))


@pytest.mark.parametrize("key", ["three-arms", "unhealthy", EMPTY])
def test_the_controls_that_callbacks_read_are_always_there(gateway: Gateway, key: str) -> None:
    there = [property_of(item, "id") for item in every(_page(gateway, key))]
    for ident in ("view", "scale", "effect", "tick", "held", "print"):
        assert there.count(f"result-{ident}") == 1


def test_before_the_first_shopper_the_page_says_what_to_expect(gateway: Gateway) -> None:
    page = _page(gateway, EMPTY)
    assert "Waiting for the first shoppers" in words(page)
    assert not [item for item in every(page) if item._type == "Graph"]


def test_how_one_reads_is_in_the_address(gateway: Gateway) -> None:
    plain = property_of(_page(gateway, "conclusive"), "className")
    shared = property_of(_page(gateway, "conclusive", view="analyst", scale="absolute"), "className")
    assert plain == "pw-result pw-marketer pw-relative-scale"
    assert shared == "pw-result pw-analyst pw-absolute-scale"
    assert property_of(_page(gateway, "conclusive", view="<script>"), "className") == plain


def test_the_effect_over_time_is_in_the_address(gateway: Gateway) -> None:
    page = _page(gateway, "three-arms", metric="revenue", treatment="badge")
    assert property_of(with_property(page, "id", "result-effect")[0], "value") == "revenue:badge"
    assert "Revenue per shopper, Badge on the product page" in words(page)
    unknown = _page(gateway, "three-arms", metric="nothing", treatment="nobody")
    assert property_of(with_property(unknown, "id", "result-effect")[0], "value") == "conversion:bar"


def test_who_may_only_read_sees_why_the_buttons_are_disabled(gateway: Gateway) -> None:
    page = _page(gateway, "conclusive", ANALYST)
    pause = {"type": "result-action", "name": "pause"}
    assert property_of(with_property(page, "id", pause)[0], "disabled") is True
    assert "Your role reads only" in words(page)
    assert property_of(with_property(_page(gateway, "conclusive"), "id", pause)[0], "disabled") is False


def test_an_unknown_experiment_is_refused_in_words(gateway: Gateway) -> None:
    with pytest.raises(Refused, match="There is no experiment with this key"):
        _page(gateway, "nowhere")


def test_the_stamp_changes_with_the_journal_and_the_state(tmp_path: Path) -> None:
    database = open_result_shop(tmp_path)
    gateway = Gateway(database, lambda key: {}, lambda: None)
    before = gateway.result_stamp("unclear")
    assert gateway.result_stamp("unclear") == before
    gateway.comment(ANALYST, "unclear", "Looks flat.")
    commented = gateway.result_stamp("unclear")
    assert commented != before
    assert gateway.result("unclear").journal[-1].text == "Looks flat."
    with pytest.raises(Refused) as refused:
        gateway.pause(ANALYST, "unclear")
    assert refused.value.status == 403
    gateway.pause(MARKETER, "unclear")
    assert gateway.result_stamp("unclear") != commented
    assert gateway.result("unclear").experiment.status == "paused"
    gateway.resume(MARKETER, "unclear")
    gateway.stop(MARKETER, "unclear", "inconclusive", "bar", "Too small.")
    assert gateway.result("unclear").experiment.decision == "inconclusive"
    with pytest.raises(Refused) as refused:
        gateway.stop(MARKETER, "unclear", "ship", "bar", "")
    assert refused.value.status == 409
    child = gateway.refine(MARKETER, "unclear")
    assert gateway.result(child).experiment.parent == "unclear"
    assert gateway.result("unclear").experiment.children == (child,)
    database.close()


@pytest.mark.parametrize("form", ["html", "csv", "json"])
def test_a_report_is_downloaded_only_by_who_is_signed_in(client: FlaskClient, form: str) -> None:
    path = f"/ui/e/conclusive/report.{form}"
    assert client.get(path).status_code in (302, 401)
    _sign_in(client)
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="conclusive-report.{form}"'
    assert "conclusive" in answer.text
    if form == "json":
        assert json.loads(answer.text)["experiment"] == "conclusive"


def test_a_report_that_is_not_there_is_a_404_in_words(client: FlaskClient) -> None:
    _sign_in(client)
    answer = client.get(f"/ui/e/{EMPTY}/report.html")
    assert answer.status_code == 404
    assert "no report" in answer.get_json()["detail"]
    assert client.get("/ui/e/nowhere/report.csv").status_code == 404
