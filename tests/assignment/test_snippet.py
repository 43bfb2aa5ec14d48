"""The browser snippet decides and shows, in a real browser against the real doors and the real log."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Page

from assignment.events import Conversion, Exposure

from .examples import CLIENT_KEY
from .platform import Platform
from .snippet import assign, drained, init

pytestmark = pytest.mark.browser


def test_a_shopper_gets_the_variant_of_the_server_and_it_is_reported_once_shown(
    platform: Platform, page: Page
) -> None:
    init(page)
    assigned = assign(page)
    assert sorted(assigned) == ["bar", "nobody", "phones"]
    assert page.evaluate("proefwerk.variant('bar')") == assigned["bar"]["variant"]
    assert page.evaluate("proefwerk.payload('bar')") == assigned["bar"]["payload"]
    assert platform.logged() == []
    assert page.evaluate("[proefwerk.expose('bar'), proefwerk.expose('bar')]") == [True, False]
    (event,) = platform.wait_for(1)
    assert isinstance(event, Exposure)
    assert (event.experiment, event.variant) == ("bar", assigned["bar"]["variant"])
    assert event.unit == page.evaluate("proefwerk.unit()")
    assert event.attributes["device"] == "desktop"


def test_two_shoppers_meet_both_variants(platform: Platform, browser: Browser, shop: str) -> None:
    found = set()
    for number in range(8):
        context = browser.new_context()
        page = context.new_page()
        page.goto(shop)
        init(page, unit=f"shopper-{number}")
        found.add(assign(page)["bar"]["variant"])
        context.close()
    assert found == {"control", "treatment-1"}


def test_a_session_reports_an_exposure_once_over_many_pages(platform: Platform, page: Page) -> None:
    for _ in range(3):
        init(page)
        assign(page)
        page.evaluate("proefwerk.expose('bar'); proefwerk.flush()")
        platform.wait_for(1)
        page.reload()
    time.sleep(0.4)
    (event,) = platform.logged()
    assert isinstance(event, Exposure)
    init(page)
    assert event.version == assign(page)["bar"]["version"]


def test_who_is_not_in_the_experiment_is_never_reported(platform: Platform, page: Page) -> None:
    init(page)
    assigned = assign(page)
    assert assigned["nobody"]["in_experiment"] is False
    keys = ["nobody", "phones", "unknown"]
    assert page.evaluate("keys => keys.map(proefwerk.expose)", keys) == [False, False, False]
    assert page.evaluate("[proefwerk.variant('unknown'), proefwerk.payload('unknown')]") == [None, {}]


def test_attributes_of_the_shop_decide_the_audience(platform: Platform, page: Page) -> None:
    init(page, attributes={"device": "mobile"})
    assert assign(page, ["phones"])["phones"]["reason"] == "SPLIT"


def test_the_id_outlives_pages_cookies_and_storage_but_not_all_of_them(page: Page) -> None:
    def unit() -> str:
        page.reload()
        init(page)
        found: str = page.evaluate("proefwerk.unit()")
        return found

    first = unit()
    assert len(first) == 36
    assert unit() == first
    page.context.clear_cookies()
    assert unit() == first
    page.evaluate("localStorage.clear()")
    assert unit() == first
    page.evaluate("localStorage.clear()")
    page.context.clear_cookies()
    assert unit() != first


def test_the_shops_own_id_is_used_and_not_stored(platform: Platform, page: Page) -> None:
    init(page, unit="customer-7")
    page.evaluate("proefwerk.track('order', {value: 49.95, currency: 'EUR', properties: {items: 3}})")
    (event,) = platform.wait_for(1)
    assert isinstance(event, Conversion)
    assert (event.unit, event.name, event.value, event.currency) == ("customer-7", "order", 49.95, "EUR")
    assert event.properties == {"items": 3}
    drained(page)
    assert "customer-7" not in page.evaluate("JSON.stringify(localStorage) + document.cookie")


def test_the_place_is_hidden_until_the_variant_is_known_and_never_after(
    platform: Platform, page: Page
) -> None:
    platform.delay = 0.15
    visibility = "getComputedStyle(document.getElementById('place')).visibility"
    states = page.evaluate(
        """async key => {
            const place = document.getElementById('place');
            const look = () => getComputedStyle(place).visibility;
            const states = [look()];
            proefwerk.init({key, timeout: 15000});
            states.push(look());
            await proefwerk.assign().then(() => { place.textContent = proefwerk.variant('bar'); });
            await new Promise(resolve => setTimeout(resolve));
            states.push(look(), place.textContent);
            return states;
        }""",
        CLIENT_KEY,
    )
    assert states[:3] == ["visible", "hidden", "visible"]
    assert states[3] in ("control", "treatment-1")
    assert page.evaluate(visibility) == "visible"


def test_a_slow_server_costs_at_most_the_bound_and_shows_the_default(platform: Platform, page: Page) -> None:
    platform.delay = 5
    took, assigned, visibility, exposed = page.evaluate(
        """async key => {
            const began = performance.now();
            proefwerk.init({key});
            const assigned = await proefwerk.assign();
            const took = performance.now() - began;
            await new Promise(resolve => setTimeout(resolve, 50));
            const place = document.getElementById('place');
            return [took, assigned, getComputedStyle(place).visibility, proefwerk.expose('bar')];
        }""",
        CLIENT_KEY,
    )
    assert 390 <= took < 4_000
    assert (assigned, visibility, exposed) == ({}, "visible", False)


def test_a_dead_server_shows_the_default(platform: Platform, page: Page) -> None:
    init(page, host="http://127.0.0.1:9")
    assert assign(page) == {}
    assert page.evaluate("proefwerk.variant('bar')") is None


def test_leaving_over_the_top_calls_back_once(page: Page) -> None:
    init(page)
    page.evaluate("window.left = 0; void proefwerk.onExitIntent(() => window.left++)")
    page.mouse.move(200, 200)
    assert page.evaluate("window.left") == 0
    leave = """document.documentElement.dispatchEvent(
        new MouseEvent('mouseout', {bubbles: true, clientY: %d, relatedTarget: null}))"""
    page.evaluate(leave % 300)
    assert page.evaluate("window.left") == 0
    page.evaluate(leave % -1)
    page.evaluate(leave % -1)
    assert page.evaluate("window.left") == 1


def test_inactivity_calls_back_once_and_only_when_nothing_happens(page: Page) -> None:
    init(page)
    page.evaluate("window.idle = 0; void proefwerk.onInactivity(400, () => window.idle++)")
    for step in range(4):
        page.wait_for_timeout(150)
        page.mouse.move(step * 10, 20)
    assert page.evaluate("window.idle") == 0
    page.wait_for_timeout(900)
    assert page.evaluate("window.idle") == 1
    page.mouse.move(5, 5)
    page.wait_for_timeout(600)
    assert page.evaluate("window.idle") == 1


def test_loading_the_script_twice_changes_nothing(page: Page) -> None:
    init(page, unit="shopper-1")
    before = assign(page)
    page.add_script_tag(url=page.locator("script").first.get_attribute("src"))
    assert page.evaluate("proefwerk.variant('bar')") == before["bar"]["variant"]


def test_a_missing_key_is_told_to_the_developer(page: Page) -> None:
    assert "'key' is missing" in page.evaluate(
        "() => { try { proefwerk.init({}) } catch (error) { return error.message } }"
    )
    assert "comes first" in page.evaluate("proefwerk.assign().catch(error => error.message)")
