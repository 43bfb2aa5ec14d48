"""The screens on a Flask server, without a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dash_ui.app import create_dash
from dash_ui.gateway import Gateway
from dash_ui.i18n import set_language
from experiments.db import Database
from tests.dash_ui.shop import ADMIN, PASSWORD, open_shop


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Every test starts and ends in English, whatever language a request had."""
    set_language("en")
    yield
    set_language("en")


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a shop's control database, to be copied."""
    folder = tmp_path_factory.mktemp("shop")
    open_shop(folder).close()
    return folder / "proefwerk.db"


@pytest.fixture
def database(shop_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A shop's control database of this test alone."""
    shutil.copy(shop_file, tmp_path / "proefwerk.db")
    opened = Database(f"sqlite:///{tmp_path / 'proefwerk.db'}")
    yield opened
    opened.close()


@pytest.fixture
def gateway(database: Database) -> Gateway:
    """The gateway to it; nobody analyses here."""
    return Gateway(database, _no_analysis, lambda: None)


@pytest.fixture
def server(gateway: Gateway) -> Flask:
    """A server with the screens."""
    made = Flask("screens")
    create_dash(made, gateway, secret="secret-of-the-tests")
    return made


@pytest.fixture
def client(server: Flask) -> FlaskClient:
    """Somebody who is not signed in."""
    return server.test_client()


@pytest.fixture
def admin(client: FlaskClient) -> FlaskClient:
    """Somebody who is."""
    sign_in(client)
    return client


def sign_in(client: FlaskClient, email: str = ADMIN, password: str = PASSWORD) -> Any:
    """Signs in by the form; its answer."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert found is not None
    form = {"csrf_token": found.group(1), "email": email, "password": password}
    return client.post("/login", data=form)


def _no_analysis(key: str) -> dict[str, Any]:
    raise RuntimeError(f"nobody analyses {key} here")
