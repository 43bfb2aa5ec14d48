"""Who may see the screens, and how the server answers everybody else."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dash_ui.attempts import Attempts
from dash_ui.gateway import Gateway
from dash_ui.session import safe_next
from tests.dash_ui.conftest import sign_in
from tests.dash_ui.shop import ANALYST, MARKETER, PASSWORD

CALLBACK = "/ui/_dash-update-component"


def _addresses(server: Flask) -> list[tuple[str, str]]:
    """Every method and address under `/ui/` that the server has."""
    found = []
    for rule in server.url_map.iter_rules():
        if rule.rule.startswith("/ui/"):
            path = rule.rule
            for name in rule.arguments:
                path = path.replace(f"<path:{name}>", "x").replace(f"<string:{name}>", "x")
                path = path.replace(f"<{name}>", "x")
            found += [(method, path) for method in sorted(rule.methods or ()) if method in ("GET", "POST")]
    return found


def test_every_address_of_the_screens_refuses_who_is_not_signed_in(server: Flask) -> None:
    addresses = _addresses(server)
    assert len(addresses) > 5
    for method, path in addresses:
        answer = server.test_client().open(path, method=method)
        turned = answer.status_code == 302 and answer.headers["Location"].startswith("/login?next=")
        assert answer.status_code == 401 or (method == "GET" and turned), (method, path, answer.status_code)


def test_a_callback_without_session_is_answered_401_as_a_problem(client: FlaskClient) -> None:
    answer = client.post(CALLBACK, json={})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


@pytest.mark.parametrize("path", [CALLBACK, "/logout"])
def test_a_post_without_a_csrf_token_is_refused(admin: FlaskClient, path: str) -> None:
    assert admin.post(path, json={}).status_code == 400


def test_signing_in_without_a_csrf_token_is_refused(client: FlaskClient) -> None:
    assert client.post("/login", data={"email": ANALYST, "password": PASSWORD}).status_code == 400


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(client: FlaskClient) -> None:
    cookies = sign_in(client).headers.getlist("Set-Cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("pw_session="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session


def test_signing_out_ends_the_session(admin: FlaskClient) -> None:
    admin.get("/ui/")
    token = admin.get_cookie("pw_csrf")
    assert token is not None
    answer = admin.post("/logout", headers={"X-CSRFToken": token.value})
    assert answer.status_code == 303
    assert admin.get("/ui/").status_code == 302


def test_a_changed_password_ends_other_sessions(server: Flask, gateway: Gateway) -> None:
    elsewhere = server.test_client()
    sign_in(elsewhere, MARKETER)
    assert elsewhere.get("/ui/").status_code == 200
    person = gateway.sign_in(MARKETER, PASSWORD)
    assert person is not None
    gateway.change_password(person, PASSWORD, "another-password")
    assert elsewhere.get("/ui/").status_code == 302


def test_somebody_who_is_shut_out_is_out_at_once(server: Flask, gateway: Gateway) -> None:
    client = server.test_client()
    sign_in(client, MARKETER)
    boss = next(person for person in gateway.people() if person.role == "admin")
    gateway.shut_out(boss, MARKETER)
    assert client.get("/ui/").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "https://evil.example/ui/",
        "//evil.example/ui/",
        "/ui/\\evil",
        "/api/v1/experiments",
        "javascript:x",
    ],
)
def test_after_signing_in_nobody_is_sent_to_another_site(target: str | None) -> None:
    assert safe_next(target) == "/ui/"


def test_after_signing_in_the_asked_page_opens() -> None:
    assert safe_next("/ui/?status=ready") == "/ui/?status=ready"


def test_pages_allow_no_script_from_elsewhere(admin: FlaskClient) -> None:
    policy = admin.get("/ui/").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "default-src 'self'" in policy
    assert "unsafe" not in scripts
    assert "http" not in policy


def test_after_eight_wrong_passwords_even_the_right_one_must_wait(client: FlaskClient) -> None:
    for _attempt in range(8):
        assert sign_in(client, MARKETER, "wrong").status_code == 401
    assert sign_in(client, MARKETER, PASSWORD).status_code == 429
    assert sign_in(client, ANALYST, PASSWORD).status_code == 303


def test_failures_are_forgotten_after_five_minutes() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _attempt in range(8):
        attempts.failed("a@b", "1.2.3.4")
    assert attempts.too_many("A@b ", "1.2.3.4")
    assert not attempts.too_many("a@b", "4.3.2.1")
    now[0] = 301
    assert not attempts.too_many("a@b", "1.2.3.4")


def test_the_home_page_leads_to_the_screens(client: FlaskClient) -> None:
    assert client.get("/").headers["Location"] == "/ui/"
