"""Component schemas: those of the forms, and what the API answers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from experiments.api.openapi_bots import bot_schemas
from experiments.api.openapi_calendar import calendar_schemas
from experiments.api.openapi_clients import client_schemas
from experiments.api.openapi_cuts import report_cuts
from experiments.api.openapi_definitions import definition_schemas
from experiments.api.openapi_erasures import erasure_schemas
from experiments.api.openapi_events import event_schemas
from experiments.api.openapi_library import library_schemas
from experiments.api.openapi_looks import comparison_looks, report_looks
from experiments.api.openapi_plan import planning_schemas
from experiments.api.openapi_rates import rate_schemas, report_rates
from experiments.api.openapi_reconciling import reconciliation_schemas
from experiments.api.openapi_sources import source_schemas
from experiments.api.openapi_trigger import report_trigger
from experiments.api.openapi_types import (
    ADJUSTMENTS,
    FLAG,
    MOMENT,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    nullable,
    objects,
)
from experiments.forms import ExperimentForm, MetricForm
from experiments.requests import (
    AudienceForm,
    BotForm,
    BotLimitForm,
    CalendarForm,
    CommentForm,
    ErasureForm,
    MetricMarksForm,
    PlanRequest,
    RatesForm,
    ReachRequest,
    StopForm,
)
from experiments.sources.forms import SourceForm
from stats.alternatives import PROMISES

_FORMS: tuple[type[BaseModel], ...] = (
    ExperimentForm,
    MetricForm,
    StopForm,
    CommentForm,
    PlanRequest,
    ReachRequest,
    BotForm,
    BotLimitForm,
    CalendarForm,
    AudienceForm,
    MetricMarksForm,
    RatesForm,
    ErasureForm,
    SourceForm,
)


def component_schemas() -> dict[str, Any]:
    """Every schema that the paths refer to, by name."""
    _, top = models_json_schema(
        [(form, "validation") for form in _FORMS], ref_template="#/components/schemas/{model}"
    )
    forms: dict[str, Any] = top["$defs"]
    own = {
        **_errors(),
        **definition_schemas(forms["ExperimentForm"]),
        **_results(),
        **_delivery(),
        **client_schemas(),
        **planning_schemas(),
        **bot_schemas(),
        **calendar_schemas(),
        **library_schemas(),
        **reconciliation_schemas(),
        **rate_schemas(),
        **erasure_schemas(),
        **source_schemas(forms["SourceForm"]),
    }
    return {**forms, **own}


def _errors() -> dict[str, Any]:
    field = objects({"field": TEXT, "message": TEXT})
    return {
        "Problem": objects(
            {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT},
            {"errors": {"type": "array", "items": field}},
        )
    }


def _results() -> dict[str, Any]:
    verdicts = ["ship", "rollback", "keep_running", "no_difference", "not_enough_data", "unhealthy"]
    reasons = {"type": "array", "items": TEXT}
    interval = objects({"estimate": nullable(NUMBER), "lower": nullable(NUMBER), "upper": nullable(NUMBER)})
    way = {
        "way": {"enum": list(PROMISES)},
        "promise": {"enum": sorted(set(PROMISES.values()))},
        "assumes": {"type": "array", "items": TEXT},
    }
    comparison = objects(
        {
            "variant": TEXT,
            "control": TEXT,
            "absolute": interval,
            "relative": interval,
            "p_value": nullable(NUMBER),
            "significant": FLAG,
            "preliminary": FLAG,
            "at_planned_size": FLAG,
            "probability_better": nullable(NUMBER),
            "expected_loss": nullable(NUMBER),
            "method": TEXT,
            "adjustment": {"enum": ADJUSTMENTS},
            "variance_reduction": nullable(NUMBER),
            "covariates": {
                "type": "array",
                "items": {"enum": ["pre_value", "pre_ratio", "pre_count", "seen_before"]},
            },
            "undetermined": nullable(TEXT),
        },
        {
            "own_p_value": nullable(NUMBER),
            "method_reasons": {"type": "array", "items": objects({"code": TEXT, "params": OBJECT})},
            "level": NUMBER,
            "looks": nullable(comparison_looks()),
            "log_e_value": nullable(NUMBER),
            **way,
            "assumptions": {
                "type": "array",
                "items": objects({"code": TEXT, "met": FLAG, "value": nullable(NUMBER), "needed": NUMBER}),
            },
            "alternatives": {
                "type": "array",
                "items": objects(
                    {
                        **way,
                        "absolute": interval,
                        "relative": interval,
                        "p_value": nullable(NUMBER),
                        "significant": FLAG,
                        "preliminary": FLAG,
                        "probability_better": nullable(NUMBER),
                        "expected_loss": nullable(NUMBER),
                        "method": TEXT,
                        "level": NUMBER,
                        "undetermined": nullable(TEXT),
                    }
                ),
            },
        },
    )
    metric = objects(
        {
            "metric": TEXT,
            "role": TEXT,
            "kind": TEXT,
            "direction": TEXT,
            "variants": {"type": "array", "items": OBJECT},
            "comparisons": {"type": "array", "items": comparison},
        }
    )
    health = objects(
        {"status": {"enum": ["ok", "warning", "failed"]}},
        {
            "code": TEXT,
            "detail": TEXT,
            "p_value": nullable(NUMBER),
            "method": nullable(TEXT),
            "origin": nullable(_origin()),
        },
    )
    return {
        "Report": objects(
            {
                "id": TEXT,
                "experiment": TEXT,
                "status": TEXT,
                "as_of": MOMENT,
                "alpha": NUMBER,
                "method": TEXT,
                "plan_hash": nullable(TEXT),
                "data_hash": TEXT,
                "variants": {"type": "array", "items": OBJECT},
                "health": {"type": "object", "additionalProperties": health},
                "metrics": {"type": "array", "items": metric},
                "segments": {"type": "array", "items": OBJECT},
                "decision": objects(
                    {"verdict": {"enum": verdicts}, "variant": nullable(TEXT), "reasons": reasons}
                ),
            },
            {
                "reach": nullable(_reach()),
                "looks": nullable(report_looks()),
                "trigger": report_trigger(metric),
                "cuts": report_cuts(),
                "phases": {"type": "array", "items": OBJECT},
                "splits": {"type": "array", "items": OBJECT},
                "rates": report_rates(),
                "software": OBJECT,
                "registered": OBJECT,
                "events": OBJECT,
            },
        ),
        "Rehearsal": _rehearsal(),
        "ReportSummary": objects(
            {
                "id": TEXT,
                "experiment": TEXT,
                "as_of": MOMENT,
                "created_at": MOMENT,
                "plan_hash": nullable(TEXT),
                "data_hash": TEXT,
            }
        ),
    }


def _rehearsal() -> dict[str, Any]:
    metric = objects(
        {
            "metric": TEXT,
            "name": TEXT,
            "role": {"enum": ["primary", "guardrail", "secondary"]},
            "kind": TEXT,
            "promised": NUMBER,
            "false_alarms": nullable(NUMBER),
            "lower": nullable(NUMBER),
            "upper": nullable(NUMBER),
            "kept": nullable(FLAG),
            "every_look": nullable(NUMBER),
            "determined": nullable(NUMBER),
            "undetermined": nullable(TEXT),
            "undetermined_code": nullable(TEXT),
        }
    )
    return objects(
        {
            "experiment": TEXT,
            "as_of": MOMENT,
            "data_hash": TEXT,
            "method": TEXT,
            "alpha": NUMBER,
            "replicates": WHOLE,
            "looks": WHOLE,
            "units": WHOLE,
            "units_in_all": WHOLE,
            "metrics": {"type": "array", "items": metric},
        }
    )


def _origin() -> dict[str, Any]:
    schema = objects(
        {
            "kind": {"enum": ["segment", "day", "since"]},
            "segment": nullable(TEXT),
            "values": {"type": "array", "items": TEXT},
            "units": {"type": "array", "items": WHOLE},
        }
    )
    return {**schema, "description": "The part of the units that explains a broken split."}


def _reach() -> dict[str, Any]:
    schema = objects(
        {
            "metric": TEXT,
            "name": TEXT,
            "smallest": NUMBER,
            "units": WHOLE,
            "detectable": nullable(NUMBER),
            "needed_units": WHOLE,
            "needed_days": nullable(WHOLE),
            "horizon_units": nullable(WHOLE),
            "horizon_detectable": nullable(NUMBER),
        }
    )
    return {
        **schema,
        "description": "Which relative effect this traffic can find, and what the planned one needs.",
    }


def _delivery() -> dict[str, Any]:
    assignment = objects(
        {
            "variant": TEXT,
            "payload": OBJECT,
            "in_experiment": FLAG,
            "reason": {"enum": ["SPLIT", "TARGETING_MATCH", "DISABLED", "STATIC"]},
        },
        {
            "version": {**WHOLE, "description": "Phase of the experiment's randomisation."},
            "hash_attribute": {**TEXT, "description": "Whose value is split, so the unit of its exposures."},
            "fallback_attribute": {**TEXT, "description": "Whose value is the unit where that one has none."},
            "holdout": {**TEXT, "description": "The running holdout it belongs to: expose to that too."},
            "role": {"const": "holdout", "description": "It is a holdout: expose both sides alike."},
        },
    )
    return {
        "Context": {
            **objects({"targetingKey": {**TEXT, "description": "The unit; `id` means the same."}}),
            "description": "The unit with its attributes.",
        },
        "Assignments": objects(
            {"revision": TEXT, "assignments": {"type": "object", "additionalProperties": assignment}}
        ),
        **event_schemas(),
        "EventAnswer": objects(
            {
                "accepted": WHOLE,
                "duplicates": WHOLE,
                "rejected": {"type": "array", "items": objects({"index": WHOLE, "error": TEXT})},
            }
        ),
    }
