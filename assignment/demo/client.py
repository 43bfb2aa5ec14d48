"""Speaks HTTP with the platform over one connection that stays open."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any, Self
from urllib.parse import urlsplit

_TIMEOUT = 30.0


class PlatformError(Exception):
    """The platform answered with an error that a repetition would not change."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


class Client:
    """One connection with one key; not for use by several threads.

    Args:
        url: Where the platform listens.
        key: Sent with every request.
        patience: Seconds to go on trying while the platform is away or busy.
    """

    def __init__(self, url: str, key: str, patience: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"'{url}' is not an address such as http://127.0.0.1:8000")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT)
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._patience = patience

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str) -> Any:
        """The document at a path.

        Raises:
            PlatformError: It answered 4xx.
            ConnectionError: It did not answer, or 5xx, for longer than the patience.
        """
        return self._repeat("GET", path, None)

    def post(self, path: str, document: object = None) -> Any:
        """The answer to a document, with the errors of `get`."""
        return self._repeat("POST", path, None if document is None else json.dumps(document).encode())

    def _repeat(self, method: str, path: str, body: bytes | None) -> Any:
        deadline = time.monotonic() + self._patience
        pause = 0.1
        while True:
            try:
                status, answer = self._once(method, path, body)
                if status < 400:
                    return json.loads(answer) if answer else None
                if status < 500 and status != 429:
                    raise PlatformError(status, _detail(answer))
                reason = f"it answers {status}"
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                reason = str(error) or type(error).__name__
            if time.monotonic() + pause > deadline:
                raise ConnectionError(f"the platform is not there: {reason}")
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        self._connection.request(method, self._prefix + path, body, self._headers)
        response = self._connection.getresponse()
        return response.status, response.read()


def _detail(answer: bytes) -> str:
    try:
        document = json.loads(answer)
        errors = "; ".join(f"{item['field']}: {item['message']}" for item in document.get("errors", []))
        return f"{document['detail']} {errors}".strip()
    except (ValueError, TypeError, KeyError, AttributeError):
        return answer[:200].decode(errors="replace")
