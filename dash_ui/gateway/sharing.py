"""How experiments share the shoppers: layers, the holdout, and what builds on what."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from dash_ui.gateway.base import Base, actor
from dash_ui.records import Person
from dash_ui.sharing_records import FreePart, HeldSlice, Holdout, LayerPicture, Named, Parent
from experiments.forms import ExperimentForm
from experiments.lifecycle import LIVE
from experiments.models import Experiment
from experiments.participation import ExperimentRole
from experiments.service import definitions
from experiments.service.layers import Layer, layers, suggest
from experiments.service.relations import members
from experiments.validation import parse

_STARTED = ("running", "paused")


class Sharing(Base):
    """Who meets what, as the page of layers and the wizard show it."""

    def layer_pictures(self) -> tuple[LayerPicture, ...]:
        """Every layer of which a slice is held."""
        with self._reading() as session:
            return tuple(_picture(layer) for layer in layers(session))

    def free_slice(self, layer: str, width: float, without: str | None = None) -> FreePart | None:
        """A free slice of a layer, of this width if there is one; what `without` holds counts as free."""
        with self._reading() as session:
            found = [item for item in layers(session, without) if item.name == layer]
        part = suggest(found[0].free if found else ((0.0, 1.0),), width)
        return None if part is None else FreePart(*part)

    def holdouts(self) -> tuple[Holdout, ...]:
        """Every holdout that is not archived, those that run first."""
        with self._reading() as session:
            rows = session.exec(
                select(Experiment)
                .where(Experiment.role == ExperimentRole.HOLDOUT.value, Experiment.status != "archived")
                .order_by(col(Experiment.created_at).desc())
            ).all()
            found = [_holdout(session, row) for row in rows]
        return tuple(sorted(found, key=lambda item: item.status != "running"))

    def running_holdout(self, hash_attribute: str) -> Holdout | None:
        """The holdout that an experiment on this unit would belong to if it started now."""
        for item in self.holdouts():
            if item.status == "running" and item.hash_attribute == hash_attribute:
                return item
        return None

    def parents(self, key: str | None) -> tuple[Parent, ...]:
        """Experiments that another may build on, but not itself: those in use and those that shipped."""
        with self._reading() as session:
            rows = session.exec(
                select(Experiment)
                .where(Experiment.role == ExperimentRole.EXPERIMENT.value, Experiment.status != "archived")
                .order_by(Experiment.name)
            ).all()
        usable = [
            row
            for row in rows
            if row.key != key
            and row.fallback_attribute is None
            and (row.status in LIVE or row.decision == "ship")
        ]
        return tuple(
            Parent(
                row.key,
                row.name,
                row.status,
                tuple(Named(item.key, item.name or item.key) for item in row.variants),
            )
            for row in usable
        )

    def create_holdout(self, person: Person, document: dict[str, Any]) -> str:
        """A draft of a holdout; its key.

        Raises:
            Refused: 403; 409 when the key is taken; 422 naming fields.
        """
        with self._changing() as session:
            form = parse(ExperimentForm, document)
            return definitions.create_experiment(session, form, actor(person)).key

    def say_page(self, person: Person, key: str, address: str | None) -> None:
        """Remembers the page of the shop on which an experiment's variants can be looked at.

        Raises:
            Refused: 403, 404; 422 for what is no address.
        """
        with self._changing() as session:
            definitions.update_experiment(session, key, {"preview_url": address}, actor(person))


def _picture(layer: Layer) -> LayerPicture:
    held = tuple(
        HeldSlice(Named(item.experiment, item.name), item.status, item.start, item.end) for item in layer.held
    )
    return LayerPicture(layer.name, held, tuple(FreePart(*part) for part in layer.free))


def _holdout(session: Session, row: Experiment) -> Holdout:
    inside = [item for item in members(session, row.key) if item.status != "archived"]
    outside = session.exec(
        select(Experiment)
        .where(
            col(Experiment.status).in_(_STARTED),
            Experiment.role == ExperimentRole.EXPERIMENT.value,
        )
        .order_by(Experiment.name)
    ).all()
    return Holdout(
        key=row.key,
        name=row.name,
        status=row.status,
        hash_attribute=row.hash_attribute,
        share=row.variants[0].weight,
        inside=tuple(Named(item.key, item.name) for item in inside),
        outside=tuple(Named(item.key, item.name) for item in outside if item.holdout != row.key),
    )
