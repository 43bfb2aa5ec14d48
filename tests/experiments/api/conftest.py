"""The management API on a bare application, with a key of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from assignment.api import problems
from experiments.api import register
from experiments.auth import KeyKind
from experiments.db import Database
from experiments.service.keys import create_key
from tests.experiments.conftest import ALICE
from tests.experiments.examples import add_metrics


@dataclass
class Api:
    """A client that sends the admin key unless told otherwise, and counts what was published."""

    client: FlaskClient
    keys: dict[str, str]
    published: list[None] = field(default_factory=list)

    def send(self, method: str, path: str, json: Any = None, key: str | None = "admin") -> TestResponse:
        """Sends a request with the key of a kind."""
        headers = {"Authorization": f"Bearer {self.keys[key]}"} if key else {}
        return self.client.open(f"/api/v1{path}", method=method, json=json, headers=headers)

    def raw(self, method: str, path: str, body: bytes, media_type: str = "application/json") -> TestResponse:
        """Sends a body as it is."""
        headers = {"X-API-Key": self.keys["admin"], "Content-Type": media_type}
        return self.client.open(f"/api/v1{path}", method=method, data=body, headers=headers)


def make_api(database: Database, analyse: Callable[[str], dict[str, Any]] | None = None) -> Api:
    """The API of a database; without `analyse`, the answer is a report that only names its experiment."""
    app = Flask("management")
    problems.register(app)
    published: list[None] = []
    register(
        app,
        database,
        analyse=analyse or (lambda key: {"experiment": key}),
        published=lambda: published.append(None),
    )
    with database.session() as session:
        keys = {kind.value: create_key(session, kind.value, "", ALICE)[1] for kind in KeyKind}
        add_metrics(session)
    return Api(app.test_client(), keys, published)


@pytest.fixture
def api(database: Database) -> Api:
    """The API with the example's metrics defined."""
    return make_api(database)
