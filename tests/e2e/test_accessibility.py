"""Every page in both languages and themes: nothing for axe, no sideways scrolling, no chart without words."""

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
# Charts are drawn anew a moment after the window changes.
NEEDED = """async width => {
  const needed = () => document.documentElement.scrollWidth
  for (let turn = 0; turn < 30 && needed() > width; turn++) await new Promise(done => setTimeout(done, 100))
  return needed()
}"""


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
        if theme == "light":  # a theme changes colours only
            found[path] += unsaid_charts(page) + too_wide(page)
    assert {path: findings for path, findings in found.items() if findings} == {}


def findings(axe: Axe, page: Page) -> list[str]:
    """What axe finds wrong with a page."""
    results: dict[str, Any] = axe.run(page).response
    return [
        f"{item['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for item in results["violations"]
        for node in item["nodes"][:3]
    ]


def unsaid_charts(page: Page) -> list[str]:
    """Charts that say nothing to whoever does not see them."""
    unsaid = page.locator(".js-plotly-plot").evaluate_all(
        "all => all.filter(each => !each.closest('[role=img][aria-label]')).map(each => each.id)"
    )
    return [f"chart without a conclusion: {each}" for each in unsaid]


def too_wide(page: Page) -> list[str]:
    """Widths of windows, in CSS pixels, that a page does not fit in: a phone, and a laptop at 400 %."""
    before = page.viewport_size
    assert before is not None
    wide = []
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": before["height"]})
        needed = page.evaluate(NEEDED, width)
        if needed > width:
            wide.append(f"{needed} px in a window of {width} px")
    page.set_viewport_size(before)
    return wide
