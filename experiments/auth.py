"""Who may do what: people with passwords, programs with keys, and the first of each."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from assignment.errors import FieldError, ProefwerkError
from experiments.db import Database, lock_changes
from experiments.models import ApiKey, User
from experiments.publish import publish
from experiments.service.audit import record
from experiments.settings import ConfigurationError, Settings

MIN_PASSWORD = 8
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_HINTED = 12
_LOG = logging.getLogger(__name__)
_HASHER = PasswordHasher()
_RANKS = {"analyst": 1, "marketer": 2, "admin": 3}


class Role(StrEnum):
    """What a person may do: an analyst reads and analyses, a marketer also changes, an admin all."""

    ANALYST = "analyst"
    MARKETER = "marketer"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do all that `other` may."""
        return _RANKS[self] >= _RANKS[other]


class KeyKind(StrEnum):
    """What a key is for: browsers, a storefront's back end, or management."""

    CLIENT = "client"
    SERVER = "server"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change.

    Attributes:
        kind: `user`, `key` or `system`.
        name: E-mail address of a person, name of a key, or which part of the system.
        role: What the actor may do.
    """

    kind: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """The first person's e-mail address and password; shown once."""

    email: str
    password: str = field(repr=False)


SYSTEM = Actor("system", "scheduler", Role.ADMIN)
BOOTSTRAP = Actor("system", "bootstrap", Role.ADMIN)


def require(actor: Actor, role: Role) -> None:
    """Refuses an actor whose role does not include `role`.

    Raises:
        ProefwerkError: 403.
    """
    if not actor.role.includes(role):
        raise ProefwerkError(
            403,
            "role_not_allowed",
            f"{actor.name} has the role '{actor.role.value}'; this needs '{role.value}'.",
        )


def hash_password(password: str) -> str:
    """The Argon2id hash of a password, with its own salt."""
    return _HASHER.hash(password)


def check_email(email: str) -> str:
    """The address in the form in which it is stored.

    Raises:
        ProefwerkError: 422 naming `email`.
    """
    text = email.strip().lower()
    if not _EMAIL.fullmatch(text) or not text.isprintable():
        raise _invalid("email", f"'{email}' is not an e-mail address.")
    return text


def check_password(password: str) -> str:
    """The password, when it is long enough.

    Raises:
        ProefwerkError: 422 naming `password`.
    """
    if not MIN_PASSWORD <= len(password) <= 1000:
        raise _invalid(
            "password", f"The password has {len(password)} characters; it needs {MIN_PASSWORD} to 1000."
        )
    return password


def authenticate(session: Session, email: str, password: str) -> User | None:
    """The person with this address and password, or nobody; takes as long for an unknown address."""
    user = find_user(session, email)
    known = user.password_hash if user else _nobody()
    try:
        _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return None
    if user is None or user.disabled_at is not None:
        return None
    if _HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = hash_password(password)
        session.add(user)
    return user


def find_user(session: Session, email: str) -> User | None:
    """The person with this address, signed off or not."""
    text = email.strip().lower()
    if "\0" in text:
        return None
    return session.exec(select(User).where(User.email == text)).first()


def actor_of(user: User) -> Actor:
    """The person as the maker of changes."""
    return Actor("user", user.email, Role(user.role))


def new_key_text(kind: KeyKind) -> str:
    """A new key's text: 192 random bits behind a prefix that tells its kind."""
    return f"pw_{kind.value}_{secrets.token_hex(24)}"


def new_password() -> str:
    """A new password that a person can copy: 96 random bits."""
    return secrets.token_urlsafe(12)


def digest(key: str) -> str:
    """The form in which a key is stored and published: the SHA-256 of its text, as hex digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def resolve_key(session: Session, text: str) -> ApiKey | None:
    """The key with this text, unless it was revoked."""
    return session.exec(
        select(ApiKey).where(ApiKey.digest == digest(text), col(ApiKey.revoked_at).is_(None))
    ).first()


def actor_of_key(key: ApiKey) -> Actor:
    """A key as the maker of changes; only an admin key may change anything."""
    role = Role.ADMIN if key.kind == KeyKind.ADMIN else Role.ANALYST
    return Actor("key", key.name, role)


def ensure_bootstrap(
    database: Database, settings: Settings, *, first_login: bool = True
) -> FirstLogin | None:
    """Makes sure of the keys and the user in the settings, and that rules are published.

    Where nobody could sign in, it makes an admin, unless `first_login` is false because nobody would see
    the password.

    Returns:
        That admin's login, to be shown once; `None` when there was somebody already.

    Raises:
        ConfigurationError: A key's text is in use for another kind.
    """
    login = None
    with database.session() as session:
        lock_changes(session)
        for kind, text in (
            (KeyKind.ADMIN, settings.bootstrap_admin_key),
            (KeyKind.SERVER, settings.bootstrap_server_key),
            (KeyKind.CLIENT, settings.bootstrap_client_key),
        ):
            if text is not None:
                _ensure_key(session, kind, text)
        if settings.bootstrap_user is not None and settings.bootstrap_password is not None:
            _ensure_admin(session, settings.bootstrap_user, settings.bootstrap_password)
        if first_login and session.exec(select(User.id).limit(1)).first() is None:
            login = FirstLogin("admin@localhost", new_password())
            _ensure_admin(session, login.email, login.password)
        publish(session)
    return login


def _ensure_key(session: Session, kind: KeyKind, text: str) -> None:
    name = f"PROEFWERK_BOOTSTRAP_{kind.value.upper()}_KEY"
    found = session.exec(select(ApiKey).where(ApiKey.digest == digest(text))).first()
    if found is None:
        key = ApiKey(
            name=f"bootstrap {kind.value}",
            kind=kind.value,
            digest=digest(text),
            hint=text[-4:] if len(text) >= _HINTED else "",
            created_by=BOOTSTRAP.name,
        )
        session.add(key)
        session.flush()
        record(session, BOOTSTRAP, "create", "key", str(key.id), None, {"kind": key.kind, "name": key.name})
    elif found.kind != kind.value:
        raise ConfigurationError(f"{name} is the text of a key of kind {found.kind}; kinds do not share.")
    elif found.revoked_at is not None:
        _LOG.warning("%s holds a key that was revoked; it stays revoked.", name)


def _ensure_admin(session: Session, email: str, password: str) -> None:
    address = email.strip().lower()
    if find_user(session, address) is not None:
        return
    user = User(email=address, role=Role.ADMIN.value, password_hash=hash_password(password))
    session.add(user)
    session.flush()
    record(session, BOOTSTRAP, "create", "user", address, None, {"email": address, "role": user.role})


def _invalid(name: str, message: str) -> ProefwerkError:
    return ProefwerkError(422, "invalid", message, (FieldError(name, message),))


@cache
def _nobody() -> str:
    return hash_password(secrets.token_hex(16))
