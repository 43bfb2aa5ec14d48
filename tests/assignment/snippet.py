"""What the tests of the snippet do on a page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from .examples import CLIENT_KEY


def init(page: Page, **options: object) -> None:
    """Begin, with patience for a busy machine unless the test is about the bound."""
    page.evaluate("options => proefwerk.init(options)", {"key": CLIENT_KEY, "timeout": 15_000, **options})


def assign(page: Page, keys: list[str] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate("keys => proefwerk.assign(keys)", keys)
    return answer


def drained(page: Page) -> None:
    """Wait until every event has left the queue."""
    page.wait_for_function("Object.keys(localStorage).filter(key => key.includes('event.')).length === 0")
