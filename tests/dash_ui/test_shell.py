"""The frame: which page an address opens, and what stands there when none can be drawn."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, g

from dash_ui import shell
from dash_ui.gateway import Gateway
from dash_ui.page import Page
from dash_ui.routes import PAGES
from tests.dash_ui.shop import ADMIN, PASSWORD


def _draw(server: Flask, gateway: Gateway, path: str, search: str = "") -> tuple[str, str]:
    with server.test_request_context(path):
        g.person = gateway.sign_in(ADMIN, PASSWORD)
        children, title = shell.draw(gateway, path, search)
    return str(children), title


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/ui/", "Experiments"),
        ("/ui", "Experiments"),
        ("/ui/new", "New experiment"),
        ("/ui/layers", "Layers and holdout"),
        ("/ui/metrics", "Metrics"),
        ("/ui/trust", "Can I trust this?"),
        ("/ui/settings", "Settings"),
        ("/ui/bots", "Bots"),
        ("/ui/nowhere", "Page not found"),
    ],
)
def test_an_address_opens_its_page(server: Flask, gateway: Gateway, path: str, title: str) -> None:
    assert _draw(server, gateway, path)[1] == title


def test_a_draft_that_does_not_exist_is_told_in_words(server: Flask, gateway: Gateway) -> None:
    assert "There is no experiment" in _draw(server, gateway, "/ui/new", "?draft=gone")[0]


def test_a_page_that_fails_gives_a_number_to_ask_about(
    server: Flask, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(view: object) -> Any:
        raise ZeroDivisionError("a secret of the inside")

    page = Page("/ui/broken", lambda: "Broken", broken, PAGES[0].register)
    monkeypatch.setattr(shell, "PAGES", (page,))
    drawn, title = _draw(server, gateway, "/ui/broken")
    assert title == "Something went wrong"
    assert "error" in drawn
    assert "secret" not in drawn
