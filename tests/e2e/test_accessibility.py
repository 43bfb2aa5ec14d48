"""Every page in both languages and themes without a finding of axe."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import open_page, sign_in

pytestmark = pytest.mark.browser

DRAFT = "product-page-trust-badges"
STEPS = ("idea", "variants", "who", "traffic", "measures", "plan", "review")
PATHS = (
    "/ui/",
    "/ui/?q=nothing-like-this",
    "/ui/new",
    *(f"/ui/new?draft={DRAFT}&step={step}" for step in STEPS),
    "/ui/programme",
    "/ui/layers",
    "/ui/calendar",
    "/ui/metrics",
    "/ui/metrics?edit=revenue",
    "/ui/metrics?show=revenue",
    "/ui/metrics?new",
    "/ui/audiences",
    "/ui/audiences?new",
    "/ui/people",
    "/ui/keys",
    "/ui/audit",
    "/ui/reconcile",
    "/ui/trust",
    "/ui/settings",
    "/ui/bots",
    "/ui/rates",
    "/ui/sources",
    "/ui/sources?edit=shop",
    "/ui/nowhere",
)


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(page: Page, site: str, theme: str, language: str) -> None:
    page.context.add_cookies(
        [
            {"name": "pw_theme", "value": theme, "url": site},
            {"name": "pw_language", "value": language, "url": site},
        ]
    )
    axe = Axe()
    page.goto("/login")
    found = {"/login": findings(axe, page)}
    sign_in(page)
    for path in PATHS:
        open_page(page, path)
        assert page.locator("h1").count() == 1, path
        found[path] = findings(axe, page)
    assert {path: findings for path, findings in found.items() if findings} == {}


def findings(axe: Axe, page: Page) -> list[str]:
    """What axe finds wrong with a page."""
    results: dict[str, Any] = axe.run(page).response
    return [
        f"{item['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for item in results["violations"]
        for node in item["nodes"][:3]
    ]
