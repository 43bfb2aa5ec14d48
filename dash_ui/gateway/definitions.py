"""Drafts of experiments: saving, reading back, starting."""

from __future__ import annotations

from typing import Any

from dash_ui.gateway.base import Base, actor
from dash_ui.i18n import _
from dash_ui.records import FieldProblem, Person, Refused
from experiments.db import utc_now
from experiments.forms import ExperimentForm
from experiments.lifecycle import start_refusals
from experiments.service import definitions, journal, transitions
from experiments.service.records import form_of, metrics_named
from experiments.validation import parse


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
            Refused: 409 when somebody changed it meanwhile or the key is taken; 422 naming fields.
        """
        with self._changing() as session:
            if key is None:
                saved = definitions.create_experiment(session, parse(ExperimentForm, document), actor(person))
            else:
                before = definitions.experiment_document(definitions.get_experiment(session, key))
                if seen is not None and before["updated_at"] != seen:
                    raise Refused(409, "stale", _stale())
                patch = merge_patch_of(before, document)
                saved = definitions.update_experiment(session, key, patch, actor(person))
            return definitions.experiment_document(saved)

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

    def obstacles(self, key: str) -> tuple[FieldProblem, ...]:
        """What keeps a draft from starting; empty when it may start."""
        with self._reading() as session:
            form = form_of(definitions.get_experiment(session, key))
            found = start_refusals(form, metrics_named(session, form), utc_now())
            return tuple(FieldProblem(item.field, item.message) for item in found)


def merge_patch_of(before: Any, after: Any) -> Any:
    """The JSON merge patch (RFC 7396) that makes `after` of `before`, for the fields that `after` has."""
    return {name: _patched(before.get(name), value) for name, value in after.items()}


def _patched(before: Any, after: Any) -> Any:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    gone = {name: None for name in before if name not in after}
    return {**gone, **{name: _patched(before.get(name), value) for name, value in after.items()}}


def _stale() -> str:
    return _("Somebody else changed this draft meanwhile. Nothing was overwritten; reload to see it.")
