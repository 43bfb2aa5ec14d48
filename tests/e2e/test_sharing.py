"""Sharing the shoppers as a marketer does: a holdout, a slice of a layer, and a link to look at a variant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import open_page, running_site, sign_in

pytestmark = pytest.mark.browser

DRAFT = "product-page-trust-badges"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Screens of their own, for what is made here must not show in other tests."""
    with running_site(tmp_path_factory.mktemp("sharing")) as url:
        yield url


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def _step(page: Page, title: str) -> None:
    expect(page.locator("#wizard-title")).to_have_text(title)
    # Inputs that have just appeared make a call of their own; nobody clicks in that very moment.
    page.wait_for_timeout(1_000)


def _start_a_holdout(page: Page) -> None:
    open_page(page, "/ui/layers")
    page.get_by_label("Name").fill("Holdout of autumn")
    page.get_by_label("Share that is held out (%)").fill("4")
    _press(page, "Make a draft of a holdout")
    _step(page, "Measured by")
    open_page(page, "/ui/new?draft=holdout-of-autumn&step=review")
    expect(page.get_by_text("Held out (4%)")).to_be_visible()
    _press(page, "Start experiment")
    page.wait_for_url("**/ui/e/holdout-of-autumn")
    open_page(page, "/ui/layers")
    expect(page.get_by_text("4% of shoppers meet none of its experiments")).to_be_visible()
    expect(page.get_by_role("link", name="Two-column checkout")).to_be_visible()


def _take_a_free_slice(page: Page) -> None:
    open_page(page, f"/ui/new?draft={DRAFT}&step=traffic")
    expect(page.get_by_text("keeps 4% of shoppers away from experiments")).to_be_visible()
    page.get_by_label("Keep it apart from other experiments").check(force=True)
    page.get_by_role("textbox", name="Layer").fill("checkout")
    page.get_by_label("From (%)").fill("0")
    page.get_by_label("To (%)").fill("30")
    _press(page, "Next")
    _step(page, "Measured by")
    open_page(page, "/ui/layers")
    expect(page.get_by_text("30% to 100% is free.")).to_be_visible()


def test_a_holdout_and_a_layer_are_set_up_and_seen(page: Page) -> None:
    sign_in(page)
    _start_a_holdout(page)
    _take_a_free_slice(page)
    page.get_by_role("link", name="New experiment here").click()
    page.get_by_label("Name").first.fill("Badge at checkout")
    page.get_by_text("Free text", exact=True).click()
    page.get_by_role("textbox", name="Hypothesis").fill(
        "If we show a badge, then more people order, as they trust it."
    )
    _press(page, "Next")
    _step(page, "Where and what")
    page.get_by_label("Page of the shop").fill("https://shop.example/checkout?step=2")
    _press(page, "Next")
    _step(page, "Who")
    page.get_by_role("textbox", name="Only who takes part").click()
    page.get_by_role("option", name="Two-column checkout · Variant B").click()
    page.keyboard.press("Escape")
    _press(page, "Next")
    expect(page.get_by_label("From (%)")).to_have_value("30")
    expect(page.get_by_label("To (%)")).to_have_value("100")
    page.get_by_label("From (%)").fill("0")
    page.get_by_label("To (%)").fill("20")
    _press(page, "Suggest a free slice of this width")
    expect(page.get_by_label("From (%)")).to_have_value("30")
    expect(page.get_by_label("To (%)")).to_have_value("50")
    _press(page, "Next")
    _step(page, "Measured by")
    open_page(page, "/ui/new?draft=badge-at-checkout&step=review")
    expect(page.get_by_text("Only who takes part in two-column-checkout with b takes part.")).to_be_visible()
    open_page(page, "/ui/e/badge-at-checkout")
    links = page.get_by_role("link", name="proefwerk=badge-at-checkout:b")
    expect(links).to_have_text("https://shop.example/checkout?step=2&proefwerk=badge-at-checkout:b")
    expect(links).to_have_attribute("href", "/ui/look/badge-at-checkout/b")


def test_a_link_to_a_variant_is_copied_and_its_page_can_be_named_while_it_runs(page: Page) -> None:
    sign_in(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_page(page, "/ui/e/two-column-checkout")
    expect(page.get_by_text("?proefwerk=two-column-checkout:b")).to_be_visible()
    page.get_by_label("Page of the shop").fill("no address")
    page.locator("#preview-save").click()
    expect(page.locator("#preview-answer")).to_contain_text("not the address of a page")
    page.get_by_label("Page of the shop").fill("https://shop.example/cart")
    page.locator("#preview-save").click()
    expect(page.get_by_role("link", name="https://shop.example/cart?proefwerk")).to_have_count(2)
    page.get_by_role("button", name="Copy the link to Variant B").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "https://shop.example/cart?proefwerk=two-column-checkout:b"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_what_was_set_up_has_no_barrier(page: Page, site: str, theme: str, language: str) -> None:
    page.context.add_cookies(
        [
            {"name": "pw_theme", "value": theme, "url": site},
            {"name": "pw_language", "value": language, "url": site},
        ]
    )
    sign_in(page)
    found = {}
    for path in (
        "/ui/layers",
        "/ui/e/two-column-checkout",
        "/ui/e/holdout-of-autumn",
        f"/ui/new?draft={DRAFT}&step=who",
        f"/ui/new?draft={DRAFT}&step=traffic",
    ):
        open_page(page, path)
        violations = Axe().run(page).response["violations"]
        found[path] = [f"{item['id']}: {node['target']}" for item in violations for node in item["nodes"][:3]]
    assert {path: findings for path, findings in found.items() if findings} == {}
