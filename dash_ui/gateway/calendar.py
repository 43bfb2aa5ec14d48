"""The shop's calendar, as the screens see and change it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlmodel import col, select

from dash_ui.calendar_records import CalendarMark
from dash_ui.gateway.base import Base, actor
from dash_ui.records import Person
from dash_ui.sharing_records import Named
from experiments.calendar_models import CalendarEntry
from experiments.lifecycle import Status
from experiments.models import Experiment
from experiments.requests import CalendarForm
from experiments.service import calendar
from experiments.validation import parse


class Calendar(Base):
    """What happens in the shop, and around it."""

    def calendar(
        self, first: date, last: date, experiment: str | None = None, *, every_experiment: bool = False
    ) -> tuple[CalendarMark, ...]:
        """What touches any of the days, both ends included, by first day.

        Args:
            experiment: Also what concerns this experiment alone; without it, the whole shop's entries.
            every_experiment: Also what concerns any one experiment.
        """
        with self._reading() as session:
            rows = calendar.between(session, first, last, experiment, every_experiment=every_experiment)
            return tuple(calendar_mark(row) for row in rows)

    def experiments_to_mark(self) -> tuple[Named, ...]:
        """Experiments that shoppers meet or soon will, by name."""
        with self._reading() as session:
            live = (Status.RUNNING.value, Status.PAUSED.value, Status.SCHEDULED.value)
            rows = session.exec(
                select(Experiment.key, Experiment.name)
                .where(col(Experiment.status).in_(live))
                .order_by(Experiment.name)
            ).all()
        return tuple(Named(*row) for row in rows)

    def mark(
        self,
        person: Person,
        kind: str,
        name: str,
        first: date,
        last: date | None = None,
        experiment: str | None = None,
        factor: float | None = None,
    ) -> CalendarMark:
        """Writes something down; what stands there already stays one entry.

        Raises:
            Refused: 403; 422 naming `kind`, `name`, `starts_on`, `ends_on`, `experiment` or `factor`.
        """
        with self._changing() as session:
            form = parse(CalendarForm, _document(kind, name, first, last, experiment, factor))
            return calendar_mark(calendar.add(session, form, actor(person))[0])

    def mark_all(self, person: Person, marks: Iterable[CalendarMark]) -> int:
        """Writes several down together, or none; how many were new.

        Raises:
            Refused: 403, 422.
        """
        with self._changing() as session:
            forms = [
                parse(
                    CalendarForm,
                    _document(each.kind, each.name, each.first, each.last, each.experiment, each.factor),
                )
                for each in marks
            ]
            return sum(calendar.add(session, form, actor(person))[1] for form in forms)

    def change_mark(self, person: Person, ident: int, document: dict[str, Any]) -> CalendarMark:
        """Puts what the API's `PUT /api/v1/calendar/{id}` takes in an entry's place.

        Raises:
            Refused: 403, 404; 422 naming fields.
        """
        with self._changing() as session:
            return calendar_mark(
                calendar.change(session, ident, parse(CalendarForm, document), actor(person))
            )

    def remove_mark(self, person: Person, ident: int) -> None:
        """Takes an entry out.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            calendar.remove(session, ident, actor(person))


def _document(
    kind: str, name: str, first: date, last: date | None, experiment: str | None, factor: float | None
) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "starts_on": first.isoformat(),
        "ends_on": None if last is None else last.isoformat(),
        "experiment": experiment,
        "factor": factor,
    }


def calendar_mark(row: CalendarEntry) -> CalendarMark:
    """A stored entry as the screens show it."""
    return CalendarMark(
        id=row.id or 0,
        kind=row.kind,
        name=row.name,
        first=row.starts_on,
        last=row.ends_on,
        experiment=row.experiment_key,
        factor=row.factor,
        actor=row.actor,
    )
