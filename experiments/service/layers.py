"""Who holds which slice of each layer, and what is free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from experiments.lifecycle import LIVE
from experiments.models import Experiment

_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Held:
    """The slice `[start, end)` of a layer that an experiment holds."""

    experiment: str
    name: str
    status: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its slices in order, and the free parts between them as `(start, end)`."""

    name: str
    hash_attribute: str
    held: tuple[Held, ...]
    free: tuple[tuple[float, float], ...]


def layers(session: Session, without: str | None = None) -> tuple[Layer, ...]:
    """Every layer of which a slice is held, ordered by name; `without` as if that experiment held none."""
    rows = session.exec(
        select(Experiment)
        .where(
            col(Experiment.layer_name).is_not(None),
            Experiment.key != (without or ""),
            col(Experiment.status).in_([status.value for status in LIVE]),
        )
        .order_by(Experiment.layer_name, Experiment.layer_from)  # type: ignore[arg-type]
    ).all()
    names = dict.fromkeys(row.layer_name or "" for row in rows)
    return tuple(_layer(name, [row for row in rows if row.layer_name == name]) for name in names)


def suggest(free: Sequence[tuple[float, float]], width: float) -> tuple[float, float] | None:
    """A free slice of this width where it fits most tightly; else the widest free one, if there is any."""
    fitting = [part for part in free if part[1] - part[0] >= width - _SMALLEST]
    if fitting:
        start, _ = min(fitting, key=lambda part: part[1] - part[0])
        return start, round(start + width, 9)
    return max(free, key=lambda part: part[1] - part[0], default=None)


def layer_document(layer: Layer) -> dict[str, object]:
    """The layer as JSON."""
    return {
        "name": layer.name,
        "hash_attribute": layer.hash_attribute,
        "slices": [
            {
                "experiment": held.experiment,
                "name": held.name,
                "status": held.status,
                "from": held.start,
                "to": held.end,
            }
            for held in layer.held
        ],
        "free": [{"from": start, "to": end} for start, end in layer.free],
    }


def _layer(name: str, rows: Sequence[Experiment]) -> Layer:
    held = [Held(row.key, row.name, row.status, row.layer_from or 0.0, row.layer_to or 0.0) for row in rows]
    free, reached = [], 0.0
    for item in held:
        if item.start - reached > _SMALLEST:
            free.append((reached, item.start))
        reached = max(reached, item.end)
    if 1.0 - reached > _SMALLEST:
        free.append((reached, 1.0))
    return Layer(name, rows[0].hash_attribute, tuple(held), tuple(free))
