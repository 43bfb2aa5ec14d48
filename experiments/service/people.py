"""People who may sign in: made, listed, changed and shut out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import (
    Actor,
    Role,
    check_email,
    check_password,
    find_user,
    hash_password,
    require,
)
from experiments.db import lock_changes, utc_now
from experiments.documents import check_document, shown, timestamp
from experiments.models import User
from experiments.service.audit import record
from experiments.validation import invalid

_MAX_NAME = 200
PREFERENCES = {"language": ("en", "nl"), "theme": ("light", "dark")}
"""What people may like of their screens."""


def create_user(
    session: Session, email: str, role: str, password: str, actor: Actor, *, name: str = ""
) -> User:
    """A new person.

    Raises:
        ProefwerkError: 422 naming `email`, `role`, `name` or `password`; 409 when the address is taken; 403.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    check_document([email, name])
    address = check_email(email)
    if find_user(session, address) is not None:
        message = f"'{address}' is the address of another person"
        raise ProefwerkError(409, "user_exists", f"{message}.", (FieldError("email", message),))
    if len(name.strip()) > _MAX_NAME:
        raise invalid(FieldError("name", f"{shown(name)} is longer than {_MAX_NAME} characters"))
    user = User(
        email=address,
        name=name.strip(),
        role=_role(role).value,
        password_hash=hash_password(check_password(password)),
    )
    session.add(user)
    session.flush()
    record(session, actor, "create", "user", address, None, user_document(user))
    return user


def list_users(session: Session) -> Sequence[User]:
    """Everybody, by address."""
    return session.exec(select(User).order_by(User.email)).all()


def change_role(session: Session, email: str, role: str, actor: Actor) -> User:
    """Gives a person another role, which ends their sessions.

    Raises:
        ProefwerkError: 404, 403; 422 for an unknown role; 409 for the last admin.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    user, wanted = _find(session, email), _role(role)
    if wanted is not Role.ADMIN:
        _keep_an_admin(session, user)
    before = user_document(user)
    if user.role == wanted.value:
        return user
    user.role = wanted.value
    user.sessions += 1
    session.flush()
    record(session, actor, "change_role", "user", user.email, before, user_document(user))
    return user


def change_password(session: Session, email: str, password: str, actor: Actor) -> User:
    """Gives a person another password, which ends their sessions; an admin may for anybody.

    Raises:
        ProefwerkError: 404, 403; 422 for a short password.
    """
    user = _find(session, email)
    if actor.kind != "user" or actor.name != user.email:
        require(actor, Role.ADMIN)
    user.password_hash = hash_password(check_password(password))
    user.sessions += 1
    record(session, actor, "change_password", "user", user.email, None, None)
    return user


def disable_user(session: Session, email: str, actor: Actor) -> User:
    """Shuts a person out; their name stays on what they did.

    Raises:
        ProefwerkError: 404, 403; 409 for the last admin.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    user = _find(session, email)
    if user.disabled_at is None:
        _keep_an_admin(session, user)
        before = user_document(user)
        user.disabled_at = utc_now()
        user.sessions += 1
        session.flush()
        record(session, actor, "disable", "user", user.email, before, user_document(user))
    return user


def restore_user(session: Session, email: str, actor: Actor) -> User:
    """Lets a person in again who was shut out, with their role and password of then.

    Raises:
        ProefwerkError: 404, 403.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    user = _find(session, email)
    if user.disabled_at is not None:
        before = user_document(user)
        user.disabled_at = None
        session.flush()
        record(session, actor, "restore", "user", user.email, before, user_document(user))
    return user


def prefer(session: Session, email: str, name: str, value: str | None) -> User:
    """Keeps how a person likes their screens; no change that an audit is about.

    Args:
        name: `language` or `theme`.
        value: `None` follows their browser and system.

    Raises:
        ProefwerkError: 404; 422 for what there is not.
    """
    known = PREFERENCES.get(name)
    if known is None:
        raise invalid(FieldError(name, f"{shown(name)} is not one of {', '.join(PREFERENCES)}"))
    if value is not None and value not in known:
        raise invalid(FieldError(name, f"{shown(value)} is not one of {', '.join(known)}"))
    user = _find(session, email)
    setattr(user, name, value)
    return user


def came_in(user: User) -> None:
    """Notes that a person signed in."""
    user.signed_in_at = utc_now()


def user_document(user: User) -> dict[str, Any]:
    """The person as JSON, without the password."""
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "created_at": timestamp(user.created_at),
        "disabled_at": timestamp(user.disabled_at),
    }


def _find(session: Session, email: str) -> User:
    user = find_user(session, email)
    if user is None:
        raise ProefwerkError(404, "user_not_found", f"There is nobody with the address {shown(email)}.")
    return user


def _role(text: str) -> Role:
    if text not in tuple(Role):
        raise invalid(FieldError("role", f"{shown(text)} is not one of {', '.join(Role)}"))
    return Role(text)


def _keep_an_admin(session: Session, user: User) -> None:
    if user.role != Role.ADMIN.value or user.disabled_at is not None:
        return
    admins = session.exec(
        select(func.count())
        .select_from(User)
        .where(User.role == Role.ADMIN.value, col(User.disabled_at).is_(None))
    ).one()
    if admins == 1:
        raise ProefwerkError(409, "last_admin", f"'{user.email}' is the last admin and stays one.")
