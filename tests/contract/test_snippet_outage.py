"""The browser snippet through a power cut of the server: nothing lost, nothing counted twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from assignment.events import Conversion
from tests.assignment.api.conftest import logged
from tests.assignment.browser import chromium
from tests.assignment.snippet import drained, init, pages
from tests.contract.conftest import serving_doors
from tests.serving import free_port

pytestmark = pytest.mark.browser


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def test_a_killed_server_costs_no_event_and_doubles_none(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    script = f'<script src="http://127.0.0.1:{port}/proefwerk.js"></script>'
    with pages(lambda path: f"<!doctype html><title>Shop</title>{script}<body>Shop</body>") as shop:
        page = browser.new_context().new_page()
        with serving_doors(tmp_path, port) as doors:
            page.goto(shop)
            init(page)
            page.evaluate(
                """() => { let n = 0; window.trickle = setInterval(() => {
                    if (n < 60) proefwerk.track('view', {value: n++, id: 'view-' + n}); }, 25); }"""
            )
            page.wait_for_timeout(700)
            doors.kill()
        page.wait_for_timeout(1_200)
        waiting = page.evaluate("Object.keys(localStorage).filter(key => key.includes('event.')).length")
        assert waiting > 0
        with serving_doors(tmp_path, port):
            page.reload()
            init(page)
            drained(page)
    # Two pages may send the same event at the same moment; whatever reads the log counts it once by its id.
    counted = {event.id: event for event in logged(tmp_path)}.values()
    values = sorted(event.value for event in counted if isinstance(event, Conversion))
    assert values == list(range(60))
