"""What the API's description says of bots."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, body, operation, path_parameter, query_parameter, reference
from experiments.api.openapi_types import FLAG, MOMENT, TEXT, WHOLE, lists, nullable, objects

_SOURCES = {"enum": ["hand", "flag", "agent", "attribute", "behaviour"]}


def bot_paths(paging: list[dict[str, Any]]) -> dict[str, Any]:
    """The paths."""
    verdict = reference("BotVerdict")
    sent = (400, 401, 403, 413, 415, 422, 503)
    return {
        "/api/v1/bots": {
            "get": operation(
                "listBots",
                "reports",
                "Show who is left out as a bot: rules with counts, units, and what was said by hand.",
                {"200": answer("The rules, the verdicts, and one page of the units.", reference("Bots"))},
                401,
                403,
                422,
                503,
                parameters=[
                    query_parameter("rule", "Only units that this rule knows.", TEXT),
                    query_parameter("search", "Text in the unit's id or user agent.", TEXT),
                    *paging,
                ],
            ),
            "post": operation(
                "judgeBot",
                "reports",
                "Say of a unit that it is a bot or a shopper, or of a rule that its bots are shoppers.",
                {"201": answer("The verdict; it holds from the next report on.", verdict)},
                *sent,
                requestBody=body(reference("BotForm")),
            ),
        },
        "/api/v1/bots/limit": {
            "put": operation(
                "limitBots",
                "reports",
                "Say how many events an hour are too many for a shopper.",
                {"200": answer("The verdict.", verdict)},
                *sent,
                requestBody=body(reference("BotLimitForm")),
            )
        },
        "/api/v1/bots/{id}": {
            "parameters": [path_parameter("id", "The verdict's number.", {"type": "integer"})],
            "delete": operation(
                "takeBackVerdict",
                "reports",
                "Take a verdict back; reports from before keep it.",
                {"204": answer("Taken back.")},
                401,
                403,
                404,
                503,
            ),
        },
    }


def bot_schemas() -> dict[str, Any]:
    """The schemas."""
    verdict = objects(
        {"id": WHOLE, "note": TEXT, "actor": TEXT, "created_at": MOMENT},
        {
            "unit": TEXT,
            "rule": TEXT,
            "says": {"enum": ["bot", "shopper"]},
            "events_per_hour": nullable(WHOLE),
        },
    )
    rule = objects(
        {
            "rule": TEXT,
            "source": _SOURCES,
            "units": WHOLE,
            "seen_at": nullable(MOMENT),
            "list": nullable(TEXT),
            "verdict": nullable(WHOLE),
        }
    )
    unit = objects(
        {
            "unit": TEXT,
            "rule": TEXT,
            "source": _SOURCES,
            "agent": nullable(TEXT),
            "seen_at": MOMENT,
            "excluded": FLAG,
            "verdict": nullable(WHOLE),
        }
    )
    page = lists("units", unit)
    known = objects({"name": TEXT, "version": TEXT, "url": TEXT, "rules": WHOLE})
    whole = objects(
        {
            "list": known,
            "events_per_hour": nullable(WHOLE),
            "as_of": nullable(MOMENT),
            "rules": {"type": "array", "items": rule},
            "verdicts": {"type": "array", "items": reference("BotVerdict")},
            **page["properties"],
        }
    )
    return {"Bots": whole, "BotVerdict": verdict}
