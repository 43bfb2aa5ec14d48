"""A browser, and a shop's page that uses the snippet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from .browser import chromium
from .examples import experiment
from .platform import Platform, serve

PAGE = """<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">
<script src="%s/proefwerk.js"></script></head>
<body style="height:5000px">
<div id="place" data-proefwerk>Default</div><a href="/other">on</a></body></html>"""

# A shopper's; the browser's own says that nobody looks at its screen, as crawlers' do.
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    experiments = (
        experiment("bar"),
        experiment("nobody", coverage=0.0),
        experiment("phones", condition={"device": "mobile"}),
    )
    running = Platform(tmp_path, experiments)
    yield running
    running.close()


@pytest.fixture
def shop(platform: Platform) -> Iterator[str]:
    """A page on an origin of its own, as a shop is."""

    def page(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [(PAGE % platform.url).encode()]

    server = serve(page)
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    fresh = browser.new_context(user_agent=AGENT)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext, shop: str) -> Page:
    opened = context.new_page()
    opened.goto(shop)
    return opened
