"""The small pieces of which an OpenAPI description is put together."""

from __future__ import annotations

from typing import Any

PROBLEMS = {
    400: "The body is malformed.",
    401: "The key is missing or unknown.",
    403: "A key of this kind may not do this.",
    404: "There is nothing with this key.",
    409: "Not possible in the present state.",
    413: "The body is too large.",
    415: "The body has an unsupported media type.",
    422: "A field is invalid; `errors` names each.",
    501: "Not possible in this installation; `detail` says what is missing.",
    503: "Not available now; try again.",
}

BY_ANY_KEY: list[dict[str, Any]] = [{"bearer": []}, {"header": []}, {"address": []}]
"""What a request may be let in by that pages send too."""


def reference(name: str) -> dict[str, Any]:
    """A reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def body(schema: dict[str, Any], *media_types: str, required: bool = True) -> dict[str, Any]:
    """A request body of this schema; JSON unless media types are named."""
    types = media_types or ("application/json",)
    return {"required": required, "content": {name: {"schema": schema} for name in types}}


def answer(
    description: str, schema: dict[str, Any] | None = None, media_type: str = "application/json"
) -> Any:
    """A response."""
    if schema is None:
        return {"description": description}
    return {"description": description, "content": {media_type: {"schema": schema}}}


def problems(*statuses: int) -> dict[str, Any]:
    """Responses for these errors."""
    return {
        str(status): answer(PROBLEMS[status], reference("Problem"), "application/problem+json")
        for status in statuses
    }


def operation(
    ident: str,
    tag: str,
    summary: str,
    answers: dict[str, Any],
    *errors: int,
    **more: Any,
) -> dict[str, Any]:
    """One operation; `more` are further members, such as `requestBody`."""
    return {
        "operationId": ident,
        "tags": [tag],
        "summary": summary,
        "responses": {**answers, **problems(*errors)},
        **more,
    }


def path_parameter(name: str, description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A parameter in the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema or {"type": "string"},
    }


def query_parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An optional parameter in the query."""
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def header_parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An optional request header."""
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}
