"""The cookie that the server sets: for the shop's own pages, for 400 days, and for nobody else."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from assignment.api import Doors, HotDoor, Site, register
from tests.assignment.api.test_native import assert_problem
from tests.assignment.examples import CLIENT_KEY, SERVER_KEY

ORIGIN = "https://www.shop.example"


@pytest.fixture(params=["flask", "hot"])
def client(doors: Doors, request: pytest.FixtureRequest) -> Client:
    site = Site(frozenset((ORIGIN, "http://test.shop.example")), "shop.example")
    doors = Doors(doors.source, doors.sink, site=site)
    app = Flask("unit")
    register(app, doors)
    return Client(
        app.wsgi_app if request.param == "flask" else HotDoor(app.wsgi_app, doors), use_cookies=False
    )


def keep(client: Client, body: str = "", origin: str | None = ORIGIN, **headers: str) -> TestResponse:
    sent = {"Origin": origin} if origin else {}
    return client.post(f"/api/v1/unit?key={CLIENT_KEY}", data=body, headers={**sent, **headers})


def test_the_id_of_the_page_is_kept_for_400_days_on_the_shops_domain(client: Client) -> None:
    answer = keep(client, '{"unit": "é; 1"}')
    assert answer.get_json() == {"unit": "é; 1", "domain": "shop.example"}
    assert answer.headers["Set-Cookie"] == (
        "proefwerk_unit=%C3%A9%3B%201; Max-Age=34560000; Path=/; SameSite=Lax; Domain=shop.example; Secure"
    )
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Vary"] == "Origin"
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_one_the_cookie_is_renewed_and_without_that_an_id_is_made(client: Client) -> None:
    assert keep(client, Cookie="proefwerk_unit=%C3%A9%3B%201").get_json()["unit"] == "é; 1"
    first, second = (keep(client).get_json()["unit"] for _ in range(2))
    assert first != second
    assert len(first) == 32


def test_a_page_without_encryption_gets_a_cookie_that_it_can_read(client: Client) -> None:
    assert "Secure" not in keep(client, origin="http://test.shop.example").headers["Set-Cookie"]


@pytest.mark.parametrize(
    "origin", [None, "", "null", "https://evil.example", "https://www.shop.example.evil.example"]
)
def test_pages_that_are_not_the_shops_get_no_cookie(client: Client, origin: str | None) -> None:
    answer = keep(client, origin=origin)
    assert_problem(answer, 403, "PROEFWERK_SHOP_ORIGINS")
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("unit", ['""', "7", '"' + "x" * 201 + '"', "[]"])
def test_what_is_no_id_is_refused_in_words(client: Client, unit: str) -> None:
    assert_problem(keep(client, f'{{"unit": {unit}}}'), 422, "text of 1 to 200", field="unit")


def test_an_id_that_a_stranger_put_into_the_cookie_is_not_kept_when_it_is_too_long(client: Client) -> None:
    assert len(keep(client, Cookie=f"proefwerk_unit={'x' * 300}").get_json()["unit"]) == 32


def test_a_client_key_may_stand_in_the_address_and_a_secret_one_may_not(client: Client, hot: Client) -> None:
    body = {"context": {"targetingKey": "s-1"}}
    assert hot.post(f"/api/v1/assign?key={CLIENT_KEY}", json=body).status_code == 200
    assert_problem(hot.post(f"/api/v1/assign?key={SERVER_KEY}", json=body), 403, "send it in a header")
    assert_problem(hot.post("/api/v1/assign?key=", json=body), 401, "key is needed")
    assert_problem(client.post(f"/api/v1/unit?key={SERVER_KEY}", headers={"Origin": ORIGIN}), 403, "'client'")


def test_without_the_setting_nobody_gets_a_cookie(hot: Client) -> None:
    assert keep(hot).status_code == 403
