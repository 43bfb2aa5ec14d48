"""An answer as a value, so that every kind of web server can send the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple

JSON = "application/json"
CORS = ("Access-Control-Allow-Origin", "*")
NO_STORE = ("Cache-Control", "no-store")

Header = tuple[str, str]


class Answer(NamedTuple):
    """Status, body, and headers but for the content's length.

    Attributes:
        stream: What follows after the body, for as long as it lasts.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[Header, ...] = (CORS, NO_STORE)
    stream: Iterable[bytes] | None = None

    def all_headers(self) -> list[Header]:
        """The headers to send."""
        if self.status in _BODILESS:
            return list(self.headers)
        if self.stream is not None:
            return [("Content-Type", self.content_type), *self.headers]
        return [("Content-Type", self.content_type), ("Content-Length", str(len(self.body))), *self.headers]


_BODILESS = frozenset((HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED))
STATUS_LINES = {int(status): f"{status.value} {status.phrase}" for status in HTTPStatus}
