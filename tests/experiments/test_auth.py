"""Who gets in, and who is there on the first day."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session, select

from assignment.errors import ProefwerkError
from experiments.auth import (
    KeyKind,
    Role,
    actor_of,
    actor_of_key,
    authenticate,
    digest,
    ensure_bootstrap,
    hash_password,
    new_key_text,
    require,
    resolve_key,
)
from experiments.db import Database
from experiments.models import ApiKey, AuditEntry, User
from experiments.publish import fetch_published
from experiments.service.keys import create_key, revoke_key
from experiments.service.people import create_user, disable_user
from experiments.settings import ConfigurationError, Settings
from tests.experiments.conftest import ALICE, BOB, CHARLIE

PASSWORD = "correct horse battery"


def settings(tmp_path: Path, **values: str) -> Settings:
    return Settings.from_environment({"PROEFWERK_HOME": str(tmp_path), **values})


def test_a_person_gets_in_with_the_right_password_only(session: Session) -> None:
    create_user(session, "Bob@Shop.Example", "marketer", PASSWORD, ALICE)
    user = authenticate(session, " bob@shop.example ", PASSWORD)
    assert user is not None
    assert actor_of(user) == BOB
    assert authenticate(session, "bob@shop.example", PASSWORD + "!") is None
    assert authenticate(session, "nobody@shop.example", PASSWORD) is None
    assert authenticate(session, "bob@shop.example\0", PASSWORD) is None


def test_a_person_shut_out_stays_out(session: Session) -> None:
    create_user(session, "bob@shop.example", "marketer", PASSWORD, ALICE)
    disable_user(session, "bob@shop.example", ALICE)
    assert authenticate(session, "bob@shop.example", PASSWORD) is None


def test_passwords_are_kept_as_argon2id(session: Session) -> None:
    user = create_user(session, "bob@shop.example", "marketer", PASSWORD, ALICE)
    assert user.password_hash.startswith("$argon2id$")
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


def test_a_key_is_known_by_its_text_until_it_is_revoked(session: Session) -> None:
    key, text = create_key(session, "admin", "deploy", ALICE)
    assert resolve_key(session, text) is key
    assert resolve_key(session, text + "x") is None
    assert actor_of_key(key).role is Role.ADMIN
    revoke_key(session, key.id or 0, ALICE)
    assert resolve_key(session, text) is None


def test_a_keys_text_is_kept_nowhere(session: Session) -> None:
    _, text = create_key(session, "server", "shop", ALICE)
    rows = [*session.exec(select(ApiKey)), *session.exec(select(AuditEntry))]
    assert all(text not in row.model_dump_json() for row in rows)


def test_new_keys_tell_their_kind_and_nothing_else() -> None:
    assert new_key_text(KeyKind.CLIENT).startswith("pw_client_")
    assert new_key_text(KeyKind.CLIENT) != new_key_text(KeyKind.CLIENT)


def test_roles_include_one_another() -> None:
    require(ALICE, Role.ADMIN)
    require(BOB, Role.ANALYST)
    for actor, role in ((BOB, Role.ADMIN), (CHARLIE, Role.MARKETER)):
        with pytest.raises(ProefwerkError) as caught:
            require(actor, role)
        assert caught.value.status == 403


def test_the_first_start_makes_one_login_and_shows_it_once(database: Database, tmp_path: Path) -> None:
    login = ensure_bootstrap(database, settings(tmp_path))
    assert login is not None
    assert login.password not in repr(login)
    assert ensure_bootstrap(database, settings(tmp_path)) is None
    with database.session() as session:
        user = authenticate(session, login.email, login.password)
        assert user is not None
        assert user.role == "admin"


def test_no_login_is_made_where_nobody_would_see_it(database: Database, tmp_path: Path) -> None:
    assert ensure_bootstrap(database, settings(tmp_path), first_login=False) is None
    assert ensure_bootstrap(database, settings(tmp_path)) is not None


def test_the_keys_and_the_user_of_the_settings_exist_after_every_start(
    database: Database, tmp_path: Path
) -> None:
    given = settings(
        tmp_path,
        PROEFWERK_BOOTSTRAP_ADMIN_KEY="admin-key-text",
        PROEFWERK_BOOTSTRAP_SERVER_KEY="server-key-text",
        PROEFWERK_BOOTSTRAP_CLIENT_KEY="client-key-text",
        PROEFWERK_BOOTSTRAP_USER="Boss@Shop.Example",
        PROEFWERK_BOOTSTRAP_PASSWORD="short",
    )
    for _ in range(2):
        assert ensure_bootstrap(database, given) is None
    with database.session() as session:
        digests = {key.kind: key.digest for key in session.exec(select(ApiKey))}
        assert digests == {kind: digest(f"{kind}-key-text") for kind in ("admin", "server", "client")}
        assert session.exec(select(User.email)).all() == ["boss@shop.example"]
        assert authenticate(session, "boss@shop.example", "short") is not None


def test_rules_are_published_at_the_first_start(database: Database, tmp_path: Path) -> None:
    ensure_bootstrap(database, settings(tmp_path, PROEFWERK_BOOTSTRAP_CLIENT_KEY="client-key-text"))
    document = fetch_published(database)(None)
    assert document is not None
    assert digest("client-key-text") in document.decode()


def test_a_key_that_was_revoked_stays_revoked_at_the_next_start(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = settings(tmp_path, PROEFWERK_BOOTSTRAP_ADMIN_KEY="admin-key-text")
    ensure_bootstrap(database, given)
    with database.session() as session:
        key = resolve_key(session, "admin-key-text")
        assert key is not None
        revoke_key(session, key.id or 0, ALICE)
    ensure_bootstrap(database, given)
    with database.reading() as session:
        assert resolve_key(session, "admin-key-text") is None
    assert "PROEFWERK_BOOTSTRAP_ADMIN_KEY holds a key that was revoked" in caplog.text


def test_one_text_for_two_kinds_is_refused(database: Database, tmp_path: Path) -> None:
    given = settings(
        tmp_path, PROEFWERK_BOOTSTRAP_ADMIN_KEY="same-text", PROEFWERK_BOOTSTRAP_CLIENT_KEY="same-text"
    )
    with pytest.raises(ConfigurationError, match="_CLIENT_KEY is the text of a key of kind admin"):
        ensure_bootstrap(database, given)
