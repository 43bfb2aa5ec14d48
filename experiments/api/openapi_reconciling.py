"""What the API's description says of reconciliations."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, operation, path_parameter, query_parameter, reference
from experiments.api.openapi_types import FLAG, MOMENT, TEXT, WHOLE, nullable, objects

_CLASSES = (
    "duplicate", "counted", "differs", "refused_consent", "unknown_unit", "not_exposed", "set_aside", "bot",
    "several_variants", "before_exposure", "outside_window", "after_stop", "no_value", "currency", "late",
    "missing", "unexplained",
)  # fmt: skip
_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_MONEY = {**TEXT, "description": "An amount as decimal text, such as `1234.50`."}
_COLUMNS = {
    "order": "Column with the number of the order.",
    "unit": "Column with the shopper's id.",
    "time": "Column with the moment of the order.",
    "value": "Column with the amount.",
    "currency": "Column with the currency.",
    "consent": "Column that says whether the shopper may be measured.",
}


def reconciliation_paths(key: dict[str, Any]) -> dict[str, Any]:
    """The paths.

    Args:
        key: The parameter that names an experiment.
    """
    one = {"200": answer("How far it is, and what came of it.", reference("Reconciliation"))}
    many = objects({"reconciliations": {"type": "array", "items": reference("Reconciliation")}})
    ident = path_parameter("id", "The reconciliation's number.", {"type": "integer"})
    path = "/api/v1/experiments/{key}/reconciliations"
    file = {"schema": {"type": "string", "format": "binary"}}
    kinds = ("text/csv", "application/x-ndjson", "application/vnd.apache.parquet")
    return {
        "/api/v1/experiments/{key}/reconcile": {
            "parameters": [key, *_options()],
            "post": operation(
                "reconcileOrders",
                "reports",
                "Reconcile a file of the shop's own orders with the newest report, to the cent.",
                one,
                400, 401, 403, 404, 409, 413, 415, 422, 503,
                requestBody={"required": True, "content": dict.fromkeys(kinds, file)},
            ),
        },
        path: {
            "parameters": [key],
            "get": operation(
                "listReconciliations",
                "reports",
                "List the latest reconciliations of an experiment, newest first.",
                {"200": answer("The latest.", many)},
                401, 403, 404, 503,
            ),
        },
        f"{path}/{{id}}": {
            "parameters": [key, ident],
            "get": operation(
                "getReconciliation", "reports", "Show a reconciliation.", one, 401, 403, 404, 503
            ),
        },
        f"{path}/{{id}}/rows": {
            "parameters": [key, ident],
            "get": operation(
                "getReconciledOrders",
                "reports",
                "Download what became of each order, as CSV; it is kept for a day.",
                {"200": answer("One row for each order.", TEXT, "text/csv")},
                401, 403, 404, 503,
            ),
        },
    }  # fmt: skip


def _options() -> list[dict[str, Any]]:
    return [
        query_parameter("metric", "Key of a metric; else the first that sums money.", _NAME),
        query_parameter("file", "Name of the file, by which people know it.", TEXT),
        query_parameter(
            "match",
            "Property of events with the order's number, or `id`; else `order_id`, or the id without it.",
            {"type": "string", "minLength": 1, "maxLength": 100},
        ),
        query_parameter(
            "timezone", "Of moments without an offset.", {"type": "string", "default": "UTC", "maxLength": 60}
        ),
        *(query_parameter(name, words, _NAME) for name, words in _COLUMNS.items()),
    ]


def reconciliation_schemas() -> dict[str, Any]:
    """The schemas."""
    amount = objects({"currency": TEXT, "orders": WHOLE, "amount": _MONEY, "counted": _MONEY})
    row = objects(
        {
            "class": {"enum": list(_CLASSES)},
            "orders": WHOLE,
            "amounts": {"type": "array", "items": amount},
            "counted": _MONEY,
            "reason": TEXT,
            "remedy": nullable(TEXT),
        }
    )
    variant = objects(
        {
            "variant": TEXT,
            "orders": WHOLE,
            "counted": _MONEY,
            "only_here": _MONEY,
            "capped": _MONEY,
            "capped_units": WHOLE,
            "report": _MONEY,
            "unexplained": _MONEY,
        }
    )
    extra = objects(
        {
            "reason": {"enum": ["again", "outside_export", "not_in_export"]},
            "events": WHOLE,
            "amount": _MONEY,
            "detail": TEXT,
        }
    )
    total = objects({"currency": TEXT, "orders": WHOLE, "amount": _MONEY, "unexplained": _MONEY})
    result = objects(
        {
            "experiment": TEXT,
            "metric": TEXT,
            "name": TEXT,
            "report": TEXT,
            "as_of": MOMENT,
            "event": TEXT,
            "currency": nullable(TEXT),
            "match": nullable(TEXT),
            "explained": FLAG,
            "orders": WHOLE,
            "totals": {"type": "array", "items": total},
            "classes": {"type": "array", "items": row},
            "counted_without_consent": WHOLE,
            "only_here": {"type": "array", "items": extra},
            "variants": {"type": "array", "items": variant},
        }
    )
    whole = objects(
        {
            "id": WHOLE,
            "experiment": TEXT,
            "file": TEXT,
            "actor": TEXT,
            "requested_at": MOMENT,
            "finished_at": nullable(MOMENT),
            "has_rows": FLAG,
            "error": nullable(TEXT),
            "result": nullable(reference("ReconciledOrders")),
        }
    )
    return {"Reconciliation": whole, "ReconciledOrders": result}
