"""Every error as RFC 9457 problem+json, in one place."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from assignment.api.answer import CORS, NO_STORE, STATUS_LINES, Answer, Header
from assignment.errors import STATUS_TITLES, ProefwerkError

if TYPE_CHECKING:
    from flask import Flask, Response
    from werkzeug.exceptions import HTTPException

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 1
_READABLE = ("Access-Control-Expose-Headers", "Retry-After")
_log = logging.getLogger(__name__)


def problem(error: ProefwerkError, **more: object) -> Answer:
    """The error as an answer; `more` are further members of the document."""
    document: dict[str, object] = {
        "type": f"urn:proefwerk:problem:{error.code}",
        "title": STATUS_TITLES.get(error.status) or HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        **more,
    }
    if error.fields:
        document["errors"] = [{"field": item.field, "message": item.message} for item in error.fields]
    return Answer(error.status, msgspec.json.encode(document), PROBLEM_JSON, error_headers(error.status))


def error_headers(status: int) -> tuple[Header, ...]:
    """What an error's status calls for beside the body."""
    if status == HTTPStatus.UNAUTHORIZED:
        return (CORS, NO_STORE, ("WWW-Authenticate", 'Bearer realm="proefwerk"'))
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return (CORS, NO_STORE, ("Retry-After", str(RETRY_SECONDS)), _READABLE)
    return (CORS, NO_STORE)


def unexpected(error: Exception) -> ProefwerkError:
    """Log what nobody foresaw; what the caller learns of it is nothing of the inside."""
    _log.error("unexpected error", exc_info=error)
    return ProefwerkError(500, "internal", "Something went wrong on our side; it has been logged.")


def register(app: Flask) -> None:
    """Render every error of the app's views as a problem."""
    from werkzeug.exceptions import HTTPException

    app.register_error_handler(ProefwerkError, _on_refusal)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_surprise)


def as_response(answer: Answer) -> Response:
    """The answer as a Flask response."""
    from flask import Response

    body = answer.body if answer.stream is None else answer.stream
    return Response(body, STATUS_LINES[answer.status], answer.all_headers())


def _on_refusal(error: ProefwerkError) -> Response:
    return as_response(problem(error))


def _on_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    answer = problem(ProefwerkError(status, code, _sentence(error)))
    extra = [item for item in error.get_headers() if item[0].lower() in {"allow", "retry-after", "location"}]
    return as_response(answer._replace(headers=(*answer.headers, *extra)))


def _sentence(error: HTTPException) -> str:
    return (error.description or error.name).split("\n")[0]


def _on_surprise(error: Exception) -> Response:
    return as_response(problem(unexpected(error)))
