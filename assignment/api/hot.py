"""Answers the requests of every page view without a framework, and hands on the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from assignment.api.answer import STATUS_LINES
from assignment.api.doors import Doors
from assignment.api.ofrep import SINGLE_PREFIX
from assignment.api.reading import Environ
from assignment.api.serve import ONE_FLAG, POSTED, serve

StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class HotDoor:
    """A WSGI application round another one, `app.wsgi_app`; both give the same answers.

    Args:
        application: What gets everything else than assignment, OFREP evaluation and events.
        doors: As the views of `application` have them.
    """

    def __init__(self, application: Application, doors: Doors) -> None:
        self._application = application
        self._doors = doors

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ["REQUEST_METHOD"] != "POST":
            return self._application(environ, start_response)
        path: str = environ["PATH_INFO"]
        found = POSTED.get(path)
        if found is None:
            if not path.startswith(SINGLE_PREFIX):
                return self._application(environ, start_response)
            found = ONE_FLAG
        answer = serve(*found, self._doors, environ)
        start_response(STATUS_LINES[answer.status], answer.all_headers())
        return [answer.body]
