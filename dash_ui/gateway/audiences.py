"""Saved audiences, as the screens see and change them."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, select

from dash_ui.audience_records import AudienceUse, SavedAudience
from dash_ui.gateway.base import Base, actor, names_of_people
from dash_ui.records import Person
from experiments.audience_models import Audience
from experiments.models import Experiment
from experiments.requests import AudienceForm
from experiments.service import audiences
from experiments.validation import parse


class Audiences(Base):
    """Who may take part, under names that the shop knows."""

    def audiences(self, *, archived: bool = False) -> tuple[SavedAudience, ...]:
        """Every audience that is offered, by name; the archived ones too when asked."""
        with self._reading() as session:
            rows = audiences.list_audiences(session)
            found = _records(session, [row for row in rows if archived or row.archived_at is None])
        return tuple(sorted(found, key=lambda each: (each.archived, each.name.casefold())))

    def audience(self, key: str) -> SavedAudience:
        """The audience with this key.

        Raises:
            Refused: 404.
        """
        with self._reading() as session:
            return _records(session, [audiences.find_audience(session, key)])[0]

    def save_audience(self, person: Person, document: dict[str, Any], key: str | None) -> SavedAudience:
        """Saves what the API's `PUT /api/v1/audiences/{key}` takes; a new one without `key`.

        Raises:
            Refused: 403, 404; 409 when the key is taken; 422 naming fields.
        """
        with self._changing() as session:
            form = parse(AudienceForm, document)
            if key is None:
                row = audiences.create_audience(session, form, actor(person))
            else:
                row = audiences.update_audience(session, key, form, actor(person))
            return _records(session, [row])[0]


def _records(session: Session, rows: list[Audience]) -> list[SavedAudience]:
    used, people = audiences.users_of_audiences(session), names_of_people(session)
    known = {
        key: (name, status)
        for key, name, status in session.exec(
            select(Experiment.key, Experiment.name, Experiment.status)
        ).all()
    }
    return [
        SavedAudience(
            key=row.key,
            name=row.name,
            description=row.description,
            condition=row.condition,
            archived=row.archived_at is not None,
            owner=people.get(row.owner) or row.owner,
            updated_at=row.updated_at,
            used_by=tuple(AudienceUse(key, *known[key], same) for key, same in used[row.key].items()),
        )
        for row in rows
    ]
