"""What the API's description says of exchange rates."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, body, operation, query_parameter, reference
from experiments.api.openapi_types import FLAG, MOMENT, TEXT, WHOLE, lists, nullable, objects

_DAY = {"type": "string", "format": "date"}
_CODE = {"type": "string", "pattern": "^[A-Z]{3}$"}


def rate_paths(paging: list[dict[str, Any]]) -> dict[str, Any]:
    """The path."""
    return {
        "/api/v1/rates": {
            "get": operation(
                "listRates",
                "reports",
                "List the exchange rates that stand, newest day first.",
                {"200": answer("One page.", reference("RateList"))},
                401,
                403,
                422,
                503,
                parameters=[
                    query_parameter("base", "Only rates of one of these.", _CODE),
                    query_parameter("currency", "Only rates in this currency.", _CODE),
                    query_parameter("since", "From this UTC day on.", _DAY),
                    query_parameter("until", "Up to this UTC day.", _DAY),
                    *paging,
                ],
            ),
            "put": operation(
                "enterRates",
                "reports",
                "Enter rates, all or none; one of a day that has begun is changed only with a `correction`.",
                {"200": answer("What became of them.", reference("RatesKept"))},
                400,
                401,
                403,
                409,
                413,
                415,
                422,
                503,
                requestBody=body(reference("RatesForm")),
            ),
        }
    }


def rate_schemas() -> dict[str, Any]:
    """The schemas."""
    rate = objects(
        {
            "base": TEXT,
            "currency": TEXT,
            "day": _DAY,
            "rate": {**TEXT, "description": "How many of `currency` make one of `base`, as decimal text."},
            "locked": {**FLAG, "description": "Whether its day has begun."},
            "actor": TEXT,
            "created_at": MOMENT,
            "reason": {**TEXT, "description": "Why it took the place of another; empty for a first one."},
        }
    )
    kept = objects({"added": WHOLE, "unchanged": WHOLE, "changed": WHOLE, "corrected": WHOLE})
    return {"Rate": rate, "RateList": lists("rates", reference("Rate")), "RatesKept": kept}


def report_rates() -> dict[str, Any]:
    """The `rates` of a report."""
    row = objects({"metric": TEXT, "unit": TEXT, "currency": TEXT, "converted": WHOLE, "left_out": WHOLE})
    schema = objects(
        {
            "hash": nullable(TEXT),
            "count": WHOLE,
            "first_day": nullable(_DAY),
            "last_day": nullable(_DAY),
            "currencies": {"type": "array", "items": row},
        }
    )
    return {**schema, "description": "Which amounts were converted, and the SHA-256 of the rates used."}
