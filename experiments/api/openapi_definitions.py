"""Component schemas of what people define and of what is remembered about it."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import reference
from experiments.api.openapi_types import MOMENT, NUMBER, OBJECT, TEXT, WHOLE, lists, nullable, objects
from experiments.lifecycle import Status
from experiments.models import JournalKind
from experiments.requests import Decision


def definition_schemas(form: dict[str, Any]) -> dict[str, Any]:
    """By name: what is answered of experiments, layers, metrics, journals and the audit log.

    Args:
        form: The schema of the form of an experiment.
    """
    decision = objects(
        {"decision": {"enum": list(Decision)}, "variant": nullable(TEXT), "note": nullable(TEXT)}
    )
    state: dict[str, Any] = {
        "status": {"enum": list(Status)},
        "version": WHOLE,
        "owner": TEXT,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "started_at": nullable(MOMENT),
        "stopped_at": nullable(MOMENT),
        "plan_hash": nullable(TEXT),
        "phases": {"type": "array", "items": _phase()},
        "decision": nullable(decision),
    }
    return {
        "Experiment": objects({**form["properties"], **state}),
        "ExperimentPatch": {
            "type": "object",
            "description": "A JSON merge patch (RFC 7396); null takes a field back to its default.",
            "properties": {**dict.fromkeys(form["properties"], True), **_asked()},
        },
        "ExperimentList": lists("experiments", reference("Experiment")),
        "Layer": _layer(),
        "MetricList": lists("metrics", reference("MetricForm")),
        "JournalEntry": objects(
            {
                "at": MOMENT,
                "actor": TEXT,
                "kind": {"enum": list(JournalKind)},
                "text": TEXT,
                "data": nullable(OBJECT),
            }
        ),
        "AuditEntry": objects(
            {
                "id": WHOLE,
                "at": MOMENT,
                "actor": objects({"kind": TEXT, "name": TEXT}),
                "action": TEXT,
                "object": objects({"kind": TEXT, "key": TEXT}),
                "before": nullable(OBJECT),
                "after": nullable(OBJECT),
            }
        ),
    }


def _phase() -> dict[str, Any]:
    """A time under one seed, with every split in it."""
    weights = {"type": "array", "items": objects({"key": TEXT, "weight": NUMBER})}
    split = objects({"from": MOMENT, "traffic": NUMBER, "variants": weights})
    return objects(
        {
            "version": WHOLE,
            "started_at": MOMENT,
            "ended_at": nullable(MOMENT),
            "opened_by": TEXT,
            "reason": TEXT,
            "plan_hash": TEXT,
            "splits": {"type": "array", "items": split},
        }
    )


def _asked() -> dict[str, Any]:
    """What a patch says beside the fields that it changes."""
    return {
        "new_phase": {
            "type": "boolean",
            "default": False,
            "description": "Lets the change begin a new phase, in which all shoppers are divided anew.",
        },
        "phase_reason": {"type": "string", "maxLength": 4000, "description": "Why, for the journal."},
        "carry_over": {
            "enum": ["keep", "exclude", None],
            "description": "What becomes of shoppers who met an earlier phase; null keeps the plan's rule.",
        },
    }


def _layer() -> dict[str, Any]:
    ends = {"from": NUMBER, "to": NUMBER}
    held = objects({"experiment": TEXT, "name": TEXT, "status": {"enum": list(Status)}, **ends})
    return objects(
        {
            "name": TEXT,
            "hash_attribute": TEXT,
            "slices": {"type": "array", "items": held},
            "free": {"type": "array", "items": objects(ends)},
        }
    )
