"""The demo's shop shows what the experiments say, and its visitors count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from assignment.demo.effects import ALSO_BOUGHT, BAR, CHECKOUT, EXIT
from assignment.demo.shop import BESTSELLERS, PRODUCTS, create_shop
from assignment.events import Conversion, Exposure

from .examples import CLIENT_KEY
from .platform import Platform, serve
from .test_demo import demo_experiments


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    running = Platform(tmp_path, demo_experiments())
    yield running
    running.close()


@pytest.fixture
def page(platform: Platform, browser: Browser) -> Iterator[Page]:
    server = serve(create_shop(platform.url, CLIENT_KEY))
    context = browser.new_context(base_url=f"http://127.0.0.1:{server.server_port}")
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    server.shutdown()
    assert errors == []


def settled(page: Page, path: str) -> None:
    """Open a page until its variants came within the bound, which a busy machine may miss."""
    for _ in range(10):
        page.goto(path)
        page.wait_for_function("document.querySelector('[data-variants]').childElementCount === 4")
        if "not running" not in page.evaluate("document.querySelector('[data-variants]').textContent"):
            return
    raise AssertionError("the variants never came in time")


def shopper_with(page: Page, experiment: str, variant: str) -> None:
    """Become shoppers until one gets the variant."""
    for _ in range(60):
        settled(page, "/")
        if page.evaluate("key => proefwerk.variant(key)", experiment) == variant:
            return
        page.evaluate("proefwerk.consent(false)")
    raise AssertionError(f"nobody of 60 got {variant}")


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", "/shop", "/p/lamp", "/cart", "/checkout", "/thanks"])
def test_every_page_of_the_shop_opens_and_asks_no_other_host(
    page: Page, platform: Platform, path: str
) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(re.sub(r"(https?://[^/]+).*", r"\1", request.url)))
    settled(page, path)
    assert page.locator("h1").count() == 1
    assert {host for host in hosts if host.startswith("http")} == {
        page.url[: page.url.index("/", 8)],
        platform.url,
    }


@pytest.mark.browser
@pytest.mark.parametrize("variant", ["control", "bar"])
def test_the_cart_shows_the_bar_to_its_variant_alone(page: Page, platform: Platform, variant: str) -> None:
    shopper_with(page, BAR, variant)
    settled(page, "/p/teapot")
    page.click("[data-add]")
    settled(page, "/cart")
    bar = page.locator("[data-bar]")
    assert bar.is_visible() == (variant == "bar")
    if variant == "bar":
        assert "Only € 8.00 to go" in bar.inner_text()
    page.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('proefwerk.event.'))")
    met = [event for event in platform.logged() if isinstance(event, Exposure) and event.experiment == BAR]
    assert {event.variant for event in met} == {variant}


@pytest.mark.browser
@pytest.mark.parametrize(("variant", "columns"), [("control", 1), ("two-column", 2)])
def test_the_checkout_has_the_columns_of_its_variant(page: Page, variant: str, columns: int) -> None:
    page.set_viewport_size({"width": 1200, "height": 800})
    shopper_with(page, CHECKOUT, variant)
    settled(page, "/checkout")
    found = page.evaluate("getComputedStyle(document.querySelector('[data-checkout]')).gridTemplateColumns")
    assert (found.count("px") or 1) == columns


@pytest.mark.browser
@pytest.mark.parametrize("variant", ["control", "also-bought", "similar"])
def test_recommendations_follow_the_strategy(page: Page, variant: str) -> None:
    shopper_with(page, ALSO_BOUGHT, variant)
    settled(page, "/p/mug")
    links = page.locator("[data-recommendations] a")
    slugs = [
        str(links.nth(index).get_attribute("href")).removeprefix("/p/") for index in range(links.count())
    ]
    mug = next(product for product in PRODUCTS if product.slug == "mug")
    similar = [item.slug for item in PRODUCTS if item.kind == mug.kind and item.slug != "mug"]
    expected = {"control": list(BESTSELLERS), "also-bought": list(mug.goes_with), "similar": similar[:3]}
    assert slugs == expected[variant]


@pytest.mark.browser
@pytest.mark.parametrize("variant", ["control", "offer"])
def test_who_leaves_with_a_full_cart_is_in_the_test_of_the_offer_in_either_arm(
    page: Page, platform: Platform, variant: str
) -> None:
    shopper_with(page, EXIT, variant)
    settled(page, "/p/teapot")
    page.click("[data-add]")
    settled(page, "/cart")
    assert EXIT not in [event.experiment for event in platform.logged() if isinstance(event, Exposure)]
    page.evaluate(
        """document.documentElement.dispatchEvent(
            new MouseEvent('mouseout', {bubbles: true, clientY: -1, relatedTarget: null}))"""
    )
    dialog = page.locator("[data-exit]")
    if variant == "offer":
        dialog.wait_for()
        dialog.locator("input").fill("sanne@example.org")
        dialog.locator("[type=submit]").click()
    page.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('proefwerk.event.'))")
    assert dialog.is_visible() == (variant == "offer")
    events = platform.logged()
    met = [event for event in events if isinstance(event, Exposure) and event.experiment == EXIT]
    assert [event.variant for event in met] == [variant]
    signed = {
        event.id for event in events if isinstance(event, Conversion) and event.name == "newsletter_signup"
    }
    assert len(signed) == (variant == "offer")


@pytest.mark.browser
def test_the_shop_works_while_the_platform_is_away(page: Page) -> None:
    page.context.route("**/proefwerk.js", lambda route: route.abort())
    page.goto("/p/mug")
    page.click("[data-add]")
    assert page.locator("[data-recommendations] a").count() == 3
    page.locator("[data-recommendations] h2").wait_for()
    page.goto("/cart")
    assert "Morning mug" in page.locator("[data-lines]").inner_text()


@pytest.mark.browser
def test_a_purchase_by_hand_is_in_the_log(page: Page, platform: Platform) -> None:
    settled(page, "/p/lamp")
    page.click("[data-add]")
    settled(page, "/checkout")
    page.click("[data-order] button")
    page.wait_for_url("**/thanks")
    settled(page, "/thanks")
    page.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('proefwerk.event.'))")
    events = platform.logged()
    # A page may send what the page before it was still sending: the id makes it one order.
    orders = {event.id: event for event in events if isinstance(event, Conversion) and event.name == "order"}
    assert [(order.value, order.currency, order.properties["items"]) for order in orders.values()] == [
        (69.0, "EUR", 1)
    ]
    assert {event.unit for event in events} == {page.evaluate("proefwerk.unit()")}


def test_an_unknown_product_is_not_found() -> None:
    client = create_shop("http://127.0.0.1:1", "key").test_client()
    assert client.get("/p/nothing").status_code == 404
    assert client.get("/assets/../shop.py").status_code == 404
