"""Paths of the management API."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_bots import bot_paths
from experiments.api.openapi_calendar import calendar_paths
from experiments.api.openapi_erasures import erasure_paths
from experiments.api.openapi_files import report_file_paths
from experiments.api.openapi_library import library_paths
from experiments.api.openapi_parts import answer, body, operation, path_parameter, query_parameter, reference
from experiments.api.openapi_rates import rate_paths
from experiments.api.openapi_reconciling import reconciliation_paths
from experiments.api.openapi_sources import source_paths
from experiments.api.openapi_types import lists, objects
from experiments.forms import KEY_PATTERN
from experiments.lifecycle import Status

_DAY_SCHEMA = {"type": "string", "format": "date"}
_KEY_SCHEMA = {"type": "string", "pattern": KEY_PATTERN.pattern}
_ACCESS = (401, 403, 503)
_BODY = (400, 413, 415, 422)
_PAGING = [
    query_parameter("page", "Which page, from 1.", {"type": "integer", "minimum": 1, "default": 1}),
    query_parameter("per_page", "How many a page.", {"type": "integer", "minimum": 1, "maximum": 200}),
]
_SEARCH = query_parameter("search", "Text to look for, in any case of letters.", {"type": "string"})
_ACTIONS = {
    "start": "Freeze the plan and start; with `start_at` in the future, schedule.",
    "pause": "Give everyone the control for now.",
    "resume": "Split traffic again as before.",
    "archive": "Put away; the doors no longer know it.",
}


def management_paths() -> dict[str, Any]:
    """Every path that needs an admin key."""
    return {
        **_metrics(),
        **_experiments(),
        **_layers(),
        **_actions(),
        **_reports(),
        **_planning(),
        **bot_paths(_PAGING),
        **calendar_paths(),
        **library_paths(),
        **reconciliation_paths(_experiment_key()),
        **rate_paths(_PAGING),
        **erasure_paths(),
        **source_paths(),
    }


def _metrics() -> dict[str, Any]:
    one, form = reference("MetricForm"), body(reference("MetricForm"))
    return {
        "/api/v1/metrics": {
            "get": operation(
                "listMetrics",
                "metrics",
                "List metrics.",
                {"200": answer("One page.", reference("MetricList"))},
                *_ACCESS,
                422,
                parameters=[_SEARCH, *_PAGING],
            ),
            "post": operation(
                "createMetric",
                "metrics",
                "Define a metric.",
                {"201": answer("Defined; `Location` names it.", one)},
                *_ACCESS,
                *_BODY,
                409,
                requestBody=form,
            ),
        },
        "/api/v1/metrics/{key}": {
            "parameters": [path_parameter("key", "The metric's key.", _KEY_SCHEMA)],
            "get": operation(
                "getMetric", "metrics", "Show a metric.", {"200": answer("The metric.", one)}, *_ACCESS, 404
            ),
            "put": operation(
                "replaceMetric",
                "metrics",
                "Replace a metric's definition; refused while an experiment is measured by it.",
                {"200": answer("The metric.", one)},
                *_ACCESS,
                *_BODY,
                404,
                409,
                requestBody=form,
            ),
            "delete": operation(
                "deleteMetric",
                "metrics",
                "Delete a metric that no experiment uses.",
                {"204": answer("Deleted.")},
                *_ACCESS,
                404,
                409,
            ),
        },
    }


def _experiments() -> dict[str, Any]:
    one = reference("Experiment")
    status = query_parameter("status", "Only those in this state.", {"enum": list(Status)})
    patch = body(reference("ExperimentPatch"), "application/merge-patch+json", "application/json")
    return {
        "/api/v1/experiments": {
            "get": operation(
                "listExperiments",
                "experiments",
                "List experiments, newest first.",
                {"200": answer("One page.", reference("ExperimentList"))},
                *_ACCESS,
                422,
                parameters=[status, _SEARCH, *_PAGING],
            ),
            "post": operation(
                "createExperiment",
                "experiments",
                "Make a draft.",
                {"201": answer("Made; `Location` names it.", one)},
                *_ACCESS,
                *_BODY,
                409,
                requestBody=body(reference("ExperimentForm")),
            ),
        },
        "/api/v1/experiments/{key}": {
            "parameters": [_experiment_key()],
            "get": operation(
                "getExperiment",
                "experiments",
                "Show an experiment.",
                {"200": answer("The experiment.", one)},
                *_ACCESS,
                404,
            ),
            "patch": operation(
                "changeExperiment",
                "experiments",
                "Change an experiment; after its start, words, its end, and growth that moves nobody; another"
                " split with `new_phase` only.",
                {"200": answer("The experiment.", one)},
                *_ACCESS,
                *_BODY,
                404,
                409,
                requestBody=patch,
            ),
            "delete": operation(
                "deleteExperiment",
                "experiments",
                "Delete a draft.",
                {"204": answer("Deleted.")},
                *_ACCESS,
                404,
                409,
            ),
        },
    }


def _layers() -> dict[str, Any]:
    found = objects({"layers": {"type": "array", "items": reference("Layer")}})
    return {
        "/api/v1/layers": {
            "get": operation(
                "listLayers",
                "experiments",
                "Show who holds which slice of each layer, and what is free.",
                {"200": answer("Every layer of which a slice is held.", found)},
                *_ACCESS,
            )
        }
    }


def _actions() -> dict[str, Any]:
    one = reference("Experiment")
    empty = body({"type": "object", "maxProperties": 0}, required=False)
    paths = {
        f"/api/v1/experiments/{{key}}/{name}": _post(
            f"{name}Experiment", "experiments", summary, {"200": answer("The experiment.", one)}, empty, 409
        )
        for name, summary in _ACTIONS.items()
    }
    paths["/api/v1/experiments/{key}/stop"] = _post(
        "stopExperiment",
        "experiments",
        "Stop with a decision.",
        {"200": answer("The experiment.", one)},
        body(reference("StopForm")),
        409,
    )
    paths["/api/v1/experiments/{key}/refine"] = _post(
        "refineExperiment",
        "experiments",
        "Draft the follow-up.",
        {"201": answer("The draft; `Location` names it.", one)},
        empty,
    )
    entry = reference("JournalEntry")
    comments = _post(
        "commentExperiment",
        "experiments",
        "Add a comment.",
        {"201": answer("The entry.", entry)},
        body(reference("CommentForm")),
    )
    comments["get"] = operation(
        "getJournal",
        "experiments",
        "Show the story so far, oldest first.",
        {"200": answer("The journal.", objects({"journal": {"type": "array", "items": entry}}))},
        *_ACCESS,
        404,
    )
    paths["/api/v1/experiments/{key}/journal"] = comments
    paths["/api/v1/experiments/{key}/analyze"] = _post(
        "analyzeExperiment",
        "reports",
        "Run the analysis now.",
        {"200": answer("The report.", reference("Report"))},
        empty,
        409,
    )
    rehearsal = {"200": answer("What was found.", reference("Rehearsal"))}
    paths["/api/v1/experiments/{key}/aa"] = _post(
        "rehearseExperiment",
        "reports",
        "Draw fake assignments of this experiment's own units, read each as the plan says, and count alarms.",
        rehearsal,
        empty,
        409,
    )
    paths["/api/v1/experiments/{key}/aa"]["get"] = operation(
        "getRehearsal", "reports", "Show the newest rehearsal.", rehearsal, *_ACCESS, 404
    )
    return paths


def _reports() -> dict[str, Any]:
    report = {"200": answer("The report.", reference("Report"))}
    filters = [
        query_parameter("kind", "Only objects of this kind.", {"type": "string"}),
        query_parameter("key", "Only the object with this key.", {"type": "string"}),
        query_parameter("actor", "Only changes by this person or key.", {"type": "string"}),
        query_parameter("since", "Changes from this day on, in UTC.", _DAY_SCHEMA),
        query_parameter("until", "Changes up to this day, inclusive.", _DAY_SCHEMA),
    ]
    page = answer("One page.", lists("reports", reference("ReportSummary")))
    return {
        "/api/v1/experiments/{key}/results": {
            "parameters": [_experiment_key()],
            "get": operation("getResults", "reports", "Show the newest report.", report, *_ACCESS, 404),
        },
        "/api/v1/experiments/{key}/reports": {
            "parameters": [_experiment_key()],
            "get": operation(
                "listReports",
                "reports",
                "List every report, newest first.",
                {"200": page},
                *_ACCESS,
                404,
                422,
                parameters=_PAGING,
            ),
        },
        "/api/v1/experiments/{key}/reports/{id}": {
            "parameters": [_experiment_key(), path_parameter("id", "The report's id.")],
            "get": operation("getReport", "reports", "Show a report.", report, *_ACCESS, 404),
        },
        **report_file_paths(),
        "/api/v1/audit": {
            "get": operation(
                "listAudit",
                "experiments",
                "List every change, newest first.",
                {"200": answer("One page.", lists("audit", reference("AuditEntry")))},
                *_ACCESS,
                422,
                parameters=[*filters, *_PAGING],
            )
        },
    }


def _planning() -> dict[str, Any]:
    return {
        "/api/v1/plan": {
            "post": operation(
                "planExperiment",
                "experiments",
                "Tell the size, duration, expected end and detectable effects of a plan, or what it lacks.",
                {"200": answer("The plan; nothing is kept.", reference("Plan"))},
                *_ACCESS,
                *_BODY,
                404,
                requestBody=body(reference("PlanRequest")),
            )
        },
        "/api/v1/reach": {
            "post": operation(
                "reachOfAudience",
                "experiments",
                "Tell how many shoppers an audience has a week, by past exposures, or why that is unknown.",
                {"200": answer("The reach; nothing is kept.", reference("Reach"))},
                *_ACCESS,
                *_BODY,
                requestBody=body(reference("ReachRequest")),
            )
        },
    }


def _post(
    ident: str, tag: str, summary: str, answers: dict[str, Any], request: dict[str, Any], *errors: int
) -> dict[str, Any]:
    return {
        "parameters": [_experiment_key()],
        "post": operation(ident, tag, summary, answers, *_ACCESS, *_BODY, 404, *errors, requestBody=request),
    }


def _experiment_key() -> dict[str, Any]:
    return path_parameter("key", "The experiment's key.", _KEY_SCHEMA)
