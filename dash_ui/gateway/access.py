"""People and keys, as the screens see them."""

from __future__ import annotations

import hashlib

from dash_ui.gateway.base import Base, actor
from dash_ui.i18n import _
from dash_ui.records import DeliveryKey, FieldProblem, Person, Refused
from experiments.auth import authenticate
from experiments.models import ApiKey, User
from experiments.service import keys, people


class Access(Base):
    """Who may come in."""

    def sign_in(self, email: str, password: str) -> Person | None:
        """The person with this address and password."""
        with self._reading() as session:
            user = authenticate(session, email, password)
            return None if user is None else _person(user)

    def person(self, ident: int) -> Person | None:
        """The person with this number."""
        with self._reading() as session:
            user = session.get(User, ident)
            return None if user is None else _person(user)

    def people(self) -> tuple[Person, ...]:
        """Everybody, those shut out too."""
        with self._reading() as session:
            return tuple(_person(user) for user in people.list_users(session))

    def add_person(self, admin: Person, email: str, name: str, role: str, password: str) -> None:
        """Lets somebody in.

        Raises:
            Refused: 403; 409 when the address is taken; 422 naming fields.
        """
        with self._changing() as session:
            people.create_user(session, email, role, password, actor(admin), name=name)

    def change_role(self, admin: Person, email: str, role: str) -> None:
        """Gives a person another role.

        Raises:
            Refused: 403, 404; 409 for the last admin.
        """
        with self._changing() as session:
            people.change_role(session, email, role, actor(admin))

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
            found = [_key(row) for row in keys.list_keys(session)]
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

    def revoke_key(self, person: Person, ident: int) -> None:
        """Ends a key.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            keys.revoke_key(session, ident, actor(person))
        self.published()


def _key(row: ApiKey) -> DeliveryKey:
    return DeliveryKey(row.id or 0, row.name, row.kind, row.hint, row.created_at, row.revoked_at)


def _person(user: User) -> Person:
    stamp = hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]
    return Person(user.id or 0, user.email, user.name, user.role, user.disabled_at is None, stamp)
