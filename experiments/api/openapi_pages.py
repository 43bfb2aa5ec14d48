"""Paths of the delivery side that pages and e-mails use by themselves."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import BY_ANY_KEY, answer, body, operation, path_parameter, query_parameter
from experiments.api.openapi_types import TEXT, nullable, objects

_OPEN: dict[str, Any] = {"security": []}
_UNIT: dict[str, Any] = {**TEXT, "minLength": 1, "maxLength": 200}


def page_paths() -> dict[str, Any]:
    """The snippet, its cookie, and what e-mails show and lead to."""
    return {
        "/proefwerk.js": {
            "get": operation(
                "snippet",
                "delivery",
                "The browser snippet.",
                {"200": answer("The script.", TEXT, "text/javascript"), "304": answer("Unchanged.")},
                **_OPEN,
            )
        },
        "/api/v1/unit": {
            "post": operation(
                "keepUnit",
                "delivery",
                "Keep the shopper's id in a cookie for 400 days: the id given, else the one in the cookie,"
                " else a new one. Only for pages whose `Origin` is in `PROEFWERK_SHOP_ORIGINS`.",
                {
                    "200": answer(
                        "The id; with `Set-Cookie`.", objects({"unit": _UNIT, "domain": nullable(TEXT)})
                    )
                },
                *(400, 401, 403, 413, 415, 422, 503),
                requestBody=body(objects({}, {"unit": nullable(_UNIT)}), required=False),
                security=BY_ANY_KEY,
            )
        },
        "/e/{client_key}/{name}": _mail(
            "openImage",
            "An e-mail's image: logs the exposure of who opens it, once, and leads to the image in the"
            " payload of their variant. Mistakes are answered by an image too.",
            "An experiment's key, with or without `.gif`, `.png` or `.jpg`.",
            {
                "302": answer("To the image, an address of https."),
                "200": answer("A transparent pixel.", {"type": "string"}, "image/gif"),
            },
        ),
        "/r/{client_key}/{name}": _mail(
            "followLink",
            "An e-mail's link: logs the exposure as its image does, and leads to the address in the payload"
            " of the variant, else of the control.",
            "An experiment's key.",
            {
                "302": answer("To the address, one of https."),
                "404": answer("There is none.", TEXT, "text/html"),
            },
        ),
    }


_FILE_NAME = {"type": "string", "pattern": "^[A-Za-z0-9._-]+$"}


def _mail(ident: str, summary: str, name: str, answers: dict[str, Any]) -> dict[str, Any]:
    asked = {
        "unit": "The person's id. Further parameters are attributes, such as `country`.",
        "token": "First 32 hexadecimal digits of HMAC-SHA-256 over `mail:` and the unit, its key the SHA-256"
        " in hexadecimal of one of your server keys. Without it: the control, and nothing is logged.",
        "field": "Member of the payload that has the address; else `image` or `link`.",
        "variant": "Show this variant and log nothing, for a look beforehand.",
    }
    parameters = [query_parameter(word, meaning, TEXT) for word, meaning in asked.items()]
    key = path_parameter("client_key", "A client key.")
    return {
        "parameters": [key, path_parameter("name", name, _FILE_NAME), *parameters],
        "get": operation(ident, "delivery", summary, answers, **_OPEN),
    }
