"""Drafts of experiments: saving, reading back, starting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from dash_ui.draft_words import changed_sentence, deleted_sentence, started_sentence
from dash_ui.gateway.base import Base, actor, names_of_people
from dash_ui.i18n import _
from dash_ui.records import FieldProblem, Person, Refused
from experiments.db import utc_now
from experiments.forms import ExperimentForm
from experiments.lifecycle import start_refusals
from experiments.models import AuditEntry, Experiment
from experiments.service import definitions, journal, looks, refine, transitions
from experiments.service.audit import AuditFilter, list_entries
from experiments.service.records import form_of, metrics_named
from experiments.service.references import check_references
from experiments.validation import parse

_LISTED = 200
"""Earlier experiments that a draft may name as its parent."""


class Definitions(Base):
    """What people do to an experiment before it runs."""

    def experiment(self, key: str) -> dict[str, Any]:
        """The contract's document of an experiment, with its state.

        Raises:
            Refused: 404.
        """
        with self._reading() as session:
            return definitions.experiment_document(definitions.get_experiment(session, key))

    def save_draft(
        self, person: Person, document: dict[str, Any], key: str | None, seen: str | None = None
    ) -> dict[str, Any]:
        """Makes a draft, or changes the one with this key to what `document` says.

        Args:
            document: The contract's fields; those left out stay as they are.
            seen: `updated_at` of the draft when this person read it.

        Raises:
            Refused: 409 `stale` when somebody changed it meanwhile, `started` when it runs, or for a key that
                is taken; 404 `deleted`; 422 naming fields.
        """
        with self._changing() as session:
            if key is None:
                saved = definitions.create_experiment(session, parse(ExperimentForm, document), actor(person))
            else:
                before = _as_left(session, key, seen)
                patch = merge_patch_of(before, document)
                saved = definitions.update_experiment(session, key, patch, actor(person))
            return definitions.experiment_document(saved)

    def free_key(self, wanted: str) -> str:
        """The key itself where no experiment has it, else the first free one with a number behind it."""
        with self._reading() as session:
            try:
                definitions.get_experiment(session, wanted)
            except ProefwerkError:
                return wanted
            return refine.next_key(session, wanted)[0]

    def followable(self, key: str | None) -> tuple[tuple[str, str], ...]:
        """Key and name of the experiments that a draft may follow, those that began last first."""
        query = select(Experiment.key, Experiment.name).where(
            col(Experiment.started_at).is_not(None), Experiment.key != (key or "")
        )
        with self._reading() as session:
            found = session.exec(query.order_by(col(Experiment.started_at).desc()).limit(_LISTED)).all()
            return tuple((row[0], row[1]) for row in found)

    def look(self, person: Person, key: str, variant: str) -> str | None:
        """Keeps that a person looks at a variant; the page of the shop, if there is one.

        Raises:
            Refused: 404.
        """
        with self._changing() as session:
            return looks.look(session, key, variant, actor(person))

    def looked(self, key: str) -> dict[str, tuple[str, datetime]]:
        """By variant that somebody looked at as it is now: who, and when.

        Raises:
            Refused: 404.
        """
        with self._reading() as session:
            names = names_of_people(session)
            return {
                each.variant: (names.get(each.actor) or each.actor, each.at)
                for each in looks.looks(session, key)
            }

    def start(self, person: Person, key: str, said: str = "") -> str:
        """Starts (or schedules) a draft; its new status.

        Args:
            said: What the person accepted, for the journal.

        Raises:
            Refused: 409 in the wrong state; 422 naming what is missing.
        """
        with self._changing() as session:
            status = transitions.start(session, key, actor(person)).status
            if said:
                journal.comment(session, key, said[: journal.MAX_COMMENT], actor(person))
        self.published()
        return status

    def delete_draft(self, person: Person, key: str) -> None:
        """Deletes a draft.

        Raises:
            Refused: 404; 409 when it is no draft or has follow-ups.
        """
        with self._changing() as session:
            definitions.delete_experiment(session, key, actor(person))

    def deleted(self, key: str) -> Refused | None:
        """Who deleted a draft and when; `None` while it is there."""
        with self._reading() as session:
            try:
                definitions.get_experiment(session, key)
            except ProefwerkError:
                return _deleted(session, key)
            return None

    def obstacles(self, key: str) -> tuple[FieldProblem, ...]:
        """What keeps a draft from starting; empty when it may start."""
        with self._reading() as session:
            form = form_of(definitions.get_experiment(session, key))
            found = start_refusals(form, metrics_named(session, form), utc_now())
            known = {item.field for item in found}
            try:
                check_references(session, form, starting=True)
            except ProefwerkError as error:
                found += tuple(item for item in error.fields if item.field not in known)
            return tuple(FieldProblem(item.field, item.message) for item in found)


def merge_patch_of(before: Any, after: Any) -> Any:
    """The JSON merge patch (RFC 7396) that makes `after` of `before`, for the fields that `after` has."""
    return {name: _patched(before.get(name), value) for name, value in after.items()}


def _patched(before: Any, after: Any) -> Any:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    gone = {name: None for name in before if name not in after}
    return {**gone, **{name: _patched(before.get(name), value) for name, value in after.items()}}


def _as_left(session: Session, key: str, seen: str | None) -> dict[str, Any]:
    """The draft, if it still is one, and still as it was when somebody read it."""
    try:
        before = definitions.experiment_document(definitions.get_experiment(session, key))
    except ProefwerkError as error:
        raise _deleted(session, key) or error from error
    if before["status"] not in ("draft", "scheduled"):
        raise Refused(409, "started", _started(session, key))
    if seen is not None and before["updated_at"] != seen:
        lines = " ".join(_changes(session, key, seen))
        words = _("Nothing was overwritten; your own answers are still here.")
        raise Refused(409, "stale", f"{lines} {words}")
    return before


def _changes(session: Session, key: str, seen: str) -> list[str]:
    names, since = names_of_people(session), datetime.fromisoformat(seen)
    lines = []
    for entry in reversed(_entries(session, key, "update")):
        before, after = entry.before or {}, entry.after or {}
        if datetime.fromisoformat(before["updated_at"]) >= since:
            fields = [name for name in after if name != "updated_at" and after[name] != before.get(name)]
            lines.append(changed_sentence(names.get(entry.actor) or entry.actor, entry.at, fields))
    return lines or [_("Somebody else changed this draft meanwhile.")]


def _started(session: Session, key: str) -> str:
    found = _entries(session, key, "start")
    if not found:
        return _("This experiment has started; its plan is locked.")
    return started_sentence(names_of_people(session).get(found[0].actor) or found[0].actor, found[0].at)


def _deleted(session: Session, key: str) -> Refused | None:
    found = _entries(session, key, "delete")
    if not found:
        return None
    name = names_of_people(session).get(found[0].actor) or found[0].actor
    return Refused(404, "deleted", deleted_sentence(name, found[0].at))


def _entries(session: Session, key: str, action: str) -> list[AuditEntry]:
    """The newest entries of the audit log in which an action was done to the experiment, newest first."""
    rows, _total = list_entries(session, AuditFilter(object_kind="experiment", object_key=key))
    return [row for row in rows if row.action == action]
