"""Rules that the tests of assignment decide by."""

from __future__ import annotations

from typing import Any

from assignment.api.keys import digest
from assignment.engine import CompiledSnapshot
from assignment.snapshot import Experiment, Gate, Key, LayerSlice, Slot, Status, Variant, build

CLIENT_KEY = "client-key-of-the-tests"
SERVER_KEY = "server-key-of-the-tests"
ADMIN_KEY = "admin-key-of-the-tests"
KEYS = (
    Key(digest(CLIENT_KEY), "client"),
    Key(digest(SERVER_KEY), "server"),
    Key(digest(ADMIN_KEY), "admin"),
)


def variants(*weights: float) -> tuple[Variant, ...]:
    """A control and treatments of the given weights, each with a payload that names it."""
    names = ("control", *(f"treatment-{number}" for number in range(1, len(weights))))
    return tuple(
        Variant(name, name.title(), weight, {"variant": name, "threshold": index * 10})
        for index, (name, weight) in enumerate(zip(names, weights, strict=True))
    )


def experiment(key: str = "bar", **changes: Any) -> Experiment:
    """A running experiment of two equal variants for everyone, changed as told."""
    rule: dict[str, Any] = {
        "key": key,
        "version": 1,
        "status": Status.RUNNING,
        "seed": f"{key}:1",
        "hash_attribute": "id",
        "variants": variants(0.5, 0.5),
        "coverage": 1.0,
        "condition": {},
    }
    return Experiment(**(rule | changes))


def several() -> tuple[Experiment, ...]:
    """One experiment of every kind that a door may meet."""
    held_in = Gate("programme:1", "id", ((0.1, 1.0),))
    bar_treated = Gate("bar:1", "id", ((0.5, 0.6), (0.7, 1.0)))
    some_companies = Gate("bedrijf-€", "company", ((0.2, 0.9),))
    return (
        experiment("bar"),
        experiment("dutch", condition={"country": "NL", "visits": {"$gte": 2}}, coverage=0.8),
        experiment("left", layer=LayerSlice("checkout", 0.0, 0.5)),
        experiment("right", layer=LayerSlice("checkout", 0.5, 1.0), variants=variants(0.2, 0.3, 0.5)),
        experiment("by-company", hash_attribute="company"),
        experiment("paused", status=Status.PAUSED),
        experiment("draft", status=Status.DRAFT),
        experiment("shipped", status=Status.STOPPED, shipped="treatment-1"),
        experiment("rolled-back", status=Status.STOPPED),
        experiment("programme", role="holdout", variants=variants(0.1, 0.9)),
        experiment("held", gates=(held_in,), holdout="programme"),
        experiment(
            "held-in-a-layer",
            condition={"country": "NL"},
            layer=LayerSlice("checkout", 0.2, 0.7),
            gates=(held_in, bar_treated, some_companies),
        ),
        experiment("after-bar", gates=(bar_treated,), slots=(Slot(0, 0.0, 0.3), Slot(1, 0.4, 0.8))),
        experiment("by-gated-company", hash_attribute="company", gates=(held_in, bar_treated)),
        experiment("closed", gates=(Gate("bar:1", "id", ()),)),
        experiment("shipped-but-held", status=Status.STOPPED, shipped="treatment-1", gates=(held_in,)),
        experiment(
            "shipped-to-companies",
            status=Status.STOPPED,
            shipped="treatment-1",
            gates=(some_companies, held_in),
        ),
    )


def live_keys() -> list[str]:
    """Keys of those of the several that storefronts get without naming them, in order."""
    return sorted(rule.key for rule in several() if rule.key not in ("draft", "rolled-back"))


def compiled(*experiments: Experiment) -> CompiledSnapshot:
    """The experiments made ready to decide, with the three keys."""
    return CompiledSnapshot(build(experiments or several(), KEYS))


def shopper(unit: str, **attributes: object) -> dict[str, object]:
    """Attributes as the engine gets them."""
    return {"id": unit, **attributes}
