"""People and keys, as the screens see them."""

from __future__ import annotations

import hashlib

from dash_ui.gateway.base import Base, actor, names_of_people
from dash_ui.i18n import _
from dash_ui.records import DeliveryKey, FieldProblem, Person, Refused
from experiments.auth import authenticate, new_password
from experiments.models import ApiKey, User
from experiments.service import keys, people


class Access(Base):
    """Who may come in."""

    def sign_in(self, email: str, password: str) -> Person | None:
        """The person with this address and password."""
        with self._reading() as session:
            found = authenticate(session, email, password)
        if found is None:
            return None
        with self._changing() as session:
            user = session.get_one(User, found.id)
            people.came_in(user)
            return _person(user)

    def person(self, ident: int) -> Person | None:
        """The person with this number."""
        with self._reading() as session:
            user = session.get(User, ident)
            return None if user is None else _person(user)

    def people(self) -> tuple[Person, ...]:
        """Everybody, those shut out too."""
        with self._reading() as session:
            return tuple(_person(user) for user in people.list_users(session))

    def add_person(self, admin: Person, email: str, name: str, role: str) -> str:
        """Lets somebody in; their first password, which nobody can see again.

        Raises:
            Refused: 403; 409 when the address is taken; 422 naming fields.
        """
        text = new_password()
        with self._changing() as session:
            people.create_user(session, email, role, text, actor(admin), name=name)
        return text

    def change_role(self, admin: Person, email: str, role: str) -> None:
        """Gives a person another role.

        Raises:
            Refused: 403, 404; 409 for the last admin.
        """
        with self._changing() as session:
            people.change_role(session, email, role, actor(admin))

    def reset_password(self, admin: Person, email: str) -> str:
        """A new password for somebody, which nobody can see again; their sessions end.

        Raises:
            Refused: 403, 404.
        """
        text = new_password()
        with self._changing() as session:
            people.change_password(session, email, text, actor(admin))
        return text

    def let_in_again(self, admin: Person, email: str) -> None:
        """Gives back the access of somebody who was shut out.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            people.restore_user(session, email, actor(admin))

    def prefer(self, person: Person, name: str, value: str | None) -> Person:
        """Keeps a person's `language` or `theme`, for every browser that they sign in with.

        Raises:
            Refused: 422 naming it.
        """
        with self._changing() as session:
            return _person(people.prefer(session, person.email, name, value))

    def shut_out(self, admin: Person, email: str) -> None:
        """Ends a person's access.

        Raises:
            Refused: 403, 404; 409 for the last admin.
        """
        with self._changing() as session:
            people.disable_user(session, email, actor(admin))

    def change_password(self, person: Person, current: str, wanted: str) -> Person:
        """Gives a person another password, when they know the one they have.

        Raises:
            Refused: 422 naming `current` or `password`.
        """
        with self._changing() as session:
            user = authenticate(session, person.email, current)
            if user is None:
                message = _("This is not your password.")
                raise Refused(422, "wrong_password", message, (FieldProblem("current", message),))
            return _person(people.change_password(session, person.email, wanted, actor(person)))

    def keys(self) -> tuple[DeliveryKey, ...]:
        """Every key, those that still work first, newest on top."""
        with self._reading() as session:
            names = names_of_people(session)
            found = [_key(row, names) for row in keys.list_keys(session)]
        found.reverse()
        return tuple(sorted(found, key=lambda key: key.revoked_at is not None))

    def create_key(self, person: Person, kind: str, name: str) -> str:
        """A new key's text, which nobody can see again.

        Raises:
            Refused: 403; 422 naming `name` or `kind`.
        """
        with self._changing() as session:
            _row, text = keys.create_key(session, kind, name, actor(person))
        self.published()
        return text

    def rotate_key(self, person: Person, ident: int) -> str:
        """The text of a new key in the place of one that works on until it is revoked.

        Raises:
            Refused: 403, 404; 409 when it was revoked or replaced already.
        """
        with self._changing() as session:
            _row, text = keys.rotate_key(session, ident, actor(person))
        self.published()
        return text

    def revoke_key(self, person: Person, ident: int) -> None:
        """Ends a key.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            keys.revoke_key(session, ident, actor(person))
        self.published()


def _key(row: ApiKey, names: dict[str, str]) -> DeliveryKey:
    return DeliveryKey(
        id=row.id or 0,
        name=row.name,
        kind=row.kind,
        hint=row.hint,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        created_by=names.get(row.created_by) or row.created_by,
        last_used_at=row.last_used_at,
        replaced_by=row.replaced_by,
    )


def _person(user: User) -> Person:
    stamp = hashlib.sha256(f"{user.password_hash} {user.sessions}".encode()).hexdigest()[:16]
    return Person(
        id=user.id or 0,
        email=user.email,
        name=user.name,
        role=user.role,
        active=user.disabled_at is None,
        stamp=stamp,
        language=user.language,
        theme=user.theme,
        signed_in_at=user.signed_in_at,
    )
