"""People and keys: made by admins, shut out for good, never the last admin."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from assignment.errors import ProefwerkError
from experiments.auth import authenticate
from experiments.service.journal import comment, journal
from experiments.service.keys import create_key, key_document, list_keys, revoke_key
from experiments.service.people import (
    change_password,
    change_role,
    create_user,
    disable_user,
    list_users,
    user_document,
)
from tests.experiments.conftest import ALICE, BOB, CHARLIE
from tests.experiments.examples import draft, fields, last_audit

PASSWORD = "correct horse battery"


def add(session: Session, email: str = "dora@shop.example", role: str = "admin") -> None:
    create_user(session, email, role, PASSWORD, ALICE)


@pytest.mark.parametrize(
    ("email", "role", "password", "name", "field"),
    [
        ("no address", "admin", PASSWORD, "", "email"),
        ("dora@shop.example", "owner", PASSWORD, "", "role"),
        ("dora@shop.example", "admin", "short", "", "password"),
        ("dora@shop.example", "admin", PASSWORD, "x" * 201, "name"),
    ],
)
def test_a_person_that_cannot_be_made_is_refused_by_field(
    session: Session, email: str, role: str, password: str, name: str, field: str
) -> None:
    with pytest.raises(ProefwerkError) as caught:
        create_user(session, email, role, password, ALICE, name=name)
    assert (caught.value.status, fields(caught.value)) == (422, [field])


def test_an_address_is_used_once_in_any_case_of_letters(session: Session) -> None:
    add(session)
    with pytest.raises(ProefwerkError) as caught:
        add(session, "DORA@shop.example")
    assert (caught.value.status, fields(caught.value)) == (409, ["email"])


def test_the_last_admin_stays_one(session: Session) -> None:
    add(session)
    with pytest.raises(ProefwerkError) as demoted:
        change_role(session, "dora@shop.example", "analyst", ALICE)
    with pytest.raises(ProefwerkError) as shut_out:
        disable_user(session, "dora@shop.example", ALICE)
    assert demoted.value.code == shut_out.value.code == "last_admin"
    add(session, "emil@shop.example")
    assert change_role(session, "dora@shop.example", "analyst", ALICE).role == "analyst"


def test_people_change_their_own_password_and_nobody_elses(session: Session) -> None:
    add(session, BOB.name, "marketer")
    change_password(session, BOB.name, "another long one", BOB)
    assert authenticate(session, BOB.name, "another long one") is not None
    with pytest.raises(ProefwerkError) as caught:
        change_password(session, BOB.name, "yet another long one", CHARLIE)
    assert caught.value.status == 403


def test_only_admins_manage_people_and_keys(session: Session) -> None:
    key, _ = create_key(session, "client", "shop", ALICE)
    for attempt in (
        lambda: create_user(session, "x@y.example", "analyst", PASSWORD, BOB),
        lambda: change_role(session, "x@y.example", "admin", BOB),
        lambda: disable_user(session, "x@y.example", BOB),
        lambda: create_key(session, "admin", "mine", BOB),
        lambda: revoke_key(session, key.id or 0, BOB),
    ):
        with pytest.raises(ProefwerkError) as caught:
            attempt()
        assert caught.value.status == 403


def test_people_are_shown_without_their_passwords(session: Session) -> None:
    add(session)
    (user,) = list_users(session)
    assert set(user_document(user)) == {"email", "name", "role", "created_at", "disabled_at"}
    assert user.password_hash not in last_audit(session).model_dump_json()


def test_keys_are_listed_without_a_way_to_use_them(session: Session) -> None:
    _, text = create_key(session, "server", "shop", ALICE)
    (key,) = list_keys(session)
    shown = key_document(key)
    assert (shown["kind"], shown["name"], shown["hint"]) == ("server", "shop", text[-4:])
    assert text not in str(shown)
    assert key.digest not in str(shown)


@pytest.mark.parametrize(("kind", "name", "field"), [("root", "", "kind"), ("client", "x" * 201, "name")])
def test_a_key_that_cannot_be_made_is_refused_by_field(
    session: Session, kind: str, name: str, field: str
) -> None:
    with pytest.raises(ProefwerkError) as caught:
        create_key(session, kind, name, ALICE)
    assert (caught.value.status, fields(caught.value)) == (422, [field])


def test_a_key_is_revoked_once_and_stays_so(session: Session) -> None:
    key, _ = create_key(session, "client", "", ALICE)
    first = revoke_key(session, key.id or 0, ALICE).revoked_at
    assert revoke_key(session, key.id or 0, ALICE).revoked_at == first
    for unknown in (999, -1, 10**30):
        with pytest.raises(ProefwerkError) as caught:
            revoke_key(session, unknown, ALICE)
        assert caught.value.status == 404


def test_everybody_may_comment(session: Session) -> None:
    draft(session)
    comment(session, "bar", "  Looks odd on phones.  ", CHARLIE)
    entry = journal(session, "bar")[-1]
    assert (entry.kind, entry.text, entry.actor) == ("comment", "Looks odd on phones.", CHARLIE.name)


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\0b"])
def test_an_empty_or_endless_comment_is_refused(session: Session, text: str) -> None:
    draft(session)
    with pytest.raises(ProefwerkError) as caught:
        comment(session, "bar", text, CHARLIE)
    assert (caught.value.status, fields(caught.value)) == (422, ["text"])
