"""People and keys on the screens: who may do what, what ends sessions, what is shown once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from dash_ui.gateway import Gateway
from dash_ui.pages import keys, people
from dash_ui.records import Person, Refused
from tests.dash_ui.conftest import sign_in
from tests.dash_ui.shop import ADMIN, ANALYST, MARKETER, PASSWORD


def _person(gateway: Gateway, email: str) -> Person:
    person = gateway.sign_in(email, PASSWORD)
    assert person is not None
    return person


@pytest.mark.parametrize("change", ["role", "reset", "shut", "own"])
def test_a_change_of_what_a_person_may_do_ends_their_sessions(
    server: Flask, gateway: Gateway, change: str
) -> None:
    browser = server.test_client()
    sign_in(browser, MARKETER)
    assert browser.get("/ui/").status_code == 200
    admin = _person(gateway, ADMIN)
    if change == "role":
        gateway.change_role(admin, MARKETER, "analyst")
    elif change == "reset":
        assert gateway.sign_in(MARKETER, gateway.reset_password(admin, MARKETER)) is not None
    elif change == "shut":
        gateway.shut_out(admin, MARKETER)
        gateway.let_in_again(admin, MARKETER)
    else:
        gateway.change_password(_person(gateway, MARKETER), PASSWORD, "another long one")
    assert browser.get("/ui/").headers["Location"].startswith("/login")


def test_the_first_password_of_somebody_new_lets_them_in(gateway: Gateway) -> None:
    text = gateway.add_person(_person(gateway, ADMIN), "nina@shop.example", "Nina", "analyst")
    found = gateway.sign_in("nina@shop.example", text)
    assert found is not None
    assert (found.role, found.signed_in_at is not None) == ("analyst", True)


def test_only_an_admin_manages_people_and_keys(gateway: Gateway) -> None:
    """The rule is kept where it counts, not by hiding a button."""
    marketer = _person(gateway, MARKETER)
    calls: tuple[Any, ...] = (
        lambda: gateway.add_person(marketer, "x@shop.example", "X", "admin"),
        lambda: gateway.reset_password(marketer, ANALYST),
        lambda: gateway.change_role(marketer, MARKETER, "admin"),
        lambda: gateway.shut_out(marketer, ANALYST),
        lambda: gateway.let_in_again(marketer, ANALYST),
        lambda: gateway.create_key(marketer, "client", "Shop"),
        lambda: gateway.rotate_key(marketer, 1),
        lambda: gateway.revoke_key(marketer, 1),
    )
    for call in calls:
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.status == 403
    drawn = str(people.people_table(gateway.people(), marketer))
    assert "person-act" not in drawn
    assert "person-role" not in drawn


def test_the_last_admin_can_neither_step_down_nor_be_shut_out(gateway: Gateway) -> None:
    admin = _person(gateway, ADMIN)
    calls: tuple[Any, ...] = (
        lambda: gateway.change_role(admin, ADMIN, "analyst"),
        lambda: gateway.shut_out(admin, ADMIN),
    )
    for call in calls:
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.code == "last_admin"


def test_a_replaced_key_works_until_it_is_revoked_and_is_replaced_once(gateway: Gateway) -> None:
    admin = _person(gateway, ADMIN)
    gateway.create_key(admin, "client", "Web shop")
    (old,) = gateway.keys()
    assert gateway.rotate_key(admin, old.id).startswith("pw_client_")
    new, replaced = gateway.keys()
    assert (new.name, replaced.replaced_by, replaced.revoked_at) == ("Web shop", new.id, None)
    with pytest.raises(Refused) as refused:
        gateway.rotate_key(admin, old.id)
    assert refused.value.code == "key_replaced"
    drawn = str(keys.keys_table(gateway.keys(), admin))
    assert drawn.count("'act': 'rotate'") == 1
    assert drawn.count("'act': 'revoke'") == 2
    gateway.revoke_key(admin, old.id)
    assert "'act'" not in str(keys.keys_table(gateway.keys(), _person(gateway, MARKETER)))


def test_language_and_theme_go_with_the_person_to_another_browser(server: Flask, gateway: Gateway) -> None:
    first, second = server.test_client(), server.test_client()
    sign_in(first)
    cookie = first.get_cookie("pw_csrf")
    assert cookie is not None
    headers = {"X-CSRFToken": cookie.value}
    for name, value in (("language", "nl"), ("theme", "dark")):
        assert first.post("/ui/preferences", data={name: value}, headers=headers).status_code == 204
    assert first.post("/ui/preferences", data={"theme": "pink"}, headers=headers).status_code == 422
    assert first.post("/ui/preferences", data={"theme": "light"}).status_code == 400
    sign_in(second)
    page = second.get("/ui/").text
    assert '<html lang="nl" data-mantine-color-scheme="dark"' in page
    second.delete_cookie("pw_session")
    assert 'lang="nl"' in second.get("/login").text
