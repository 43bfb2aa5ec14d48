"""The browser snippet, in a real browser, against the real doors and the real log."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

import assignment
from assignment.events import Conversion, Exposure

from .browser import chromium
from .examples import CLIENT_KEY, experiment
from .platform import Platform, serve

pytestmark = pytest.mark.browser
SCRIPT = Path(assignment.__file__).parent / "static" / "proefwerk.js"


PAGE = """<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">
<script src="%s/proefwerk.js"></script></head>
<body style="height:5000px">
<div id="place" data-proefwerk>Default</div><a href="/other">on</a></body></html>"""


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
    fresh = browser.new_context()
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext, shop: str) -> Page:
    opened = context.new_page()
    opened.goto(shop)
    return opened


def init(page: Page, **options: object) -> None:
    page.evaluate("options => proefwerk.init(options)", {"key": CLIENT_KEY, **options})


def assign(page: Page, keys: list[str] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate("keys => proefwerk.assign(keys)", keys)
    return answer


def drained(page: Page) -> None:
    """Wait until every event has left the queue."""
    page.wait_for_function("Object.keys(localStorage).filter(key => key.includes('event.')).length === 0")


def test_the_snippet_is_small_enough_for_every_page() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) < 6_000


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
    assert len(platform.logged()) == 1


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


def test_events_wait_for_the_server_and_arrive_once(platform: Platform, page: Page) -> None:
    platform.refuse = True
    init(page)
    page.evaluate("for (let n = 0; n < 120; n++) proefwerk.track('view', {value: n})")
    page.wait_for_timeout(600)
    assert platform.logged() == []
    page.reload()
    platform.refuse = False
    init(page)
    events = platform.wait_for(120)
    values = [event.value for event in events if isinstance(event, Conversion)]
    assert sorted(values) == list(range(120))
    drained(page)
    assert len(platform.logged()) == 120


def test_an_answer_lost_on_the_way_counts_nothing_twice(platform: Platform, page: Page) -> None:
    platform.lose_answers = True
    init(page)
    page.evaluate("proefwerk.track('order', {value: 1})")
    platform.wait_for(1)
    page.wait_for_timeout(300)
    platform.lose_answers = False
    drained(page)
    assert platform.asked("/api/v1/events") >= 2
    assert len(platform.logged()) == 1


def test_an_event_that_can_never_be_taken_does_not_hold_up_the_rest(platform: Platform, page: Page) -> None:
    init(page)
    page.evaluate("proefwerk.track('order', {value: 'much'}); proefwerk.flush()")
    drained(page)
    page.evaluate("proefwerk.track('order', {value: 2})")
    (event,) = platform.wait_for(1)
    assert isinstance(event, Conversion)
    assert event.value == 2


def test_two_tabs_share_the_queue_and_lose_nothing(
    platform: Platform, context: BrowserContext, page: Page, shop: str
) -> None:
    other = context.new_page()
    other.goto(shop)
    platform.refuse = True
    for tab in (page, other):
        init(tab)
    for number in range(30):
        for tab in (page, other):
            tab.evaluate("n => proefwerk.track('view', {value: n})", number)
    platform.refuse = False
    other.evaluate("proefwerk.flush()")
    events = platform.wait_for(60)
    drained(page)
    counts = Counter(event.value for event in events if isinstance(event, Conversion))
    assert counts == dict.fromkeys(map(float, range(30)), 2)


def test_an_event_of_the_last_moment_leaves_with_the_page(platform: Platform, page: Page) -> None:
    init(page)
    page.evaluate("addEventListener('click', () => proefwerk.track('leave', {value: 7}))")
    page.click("a")
    (event,) = platform.wait_for(1)
    assert isinstance(event, Conversion)
    assert event.value == 7


def test_nothing_is_stored_or_sent_before_consent(platform: Platform, page: Page) -> None:
    before = len(platform.requests)
    init(page, consent=False)
    assert assign(page) == {}
    assert page.evaluate("[proefwerk.track('order'), proefwerk.expose('bar')]") == [None, False]
    page.wait_for_timeout(500)
    assert platform.requests[before:] == []
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.evaluate("proefwerk.unit()") is None
    page.evaluate("proefwerk.consent(true)")
    assert "bar" in assign(page)
    page.evaluate("proefwerk.expose('bar'); proefwerk.track('order'); proefwerk.flush()")
    assert len(platform.wait_for(2)) == 2


def test_withdrawn_consent_forgets_the_shopper(platform: Platform, page: Page) -> None:
    init(page)
    assign(page)
    page.evaluate("proefwerk.expose('bar'); proefwerk.flush()")
    platform.wait_for(1)
    platform.refuse = True
    page.evaluate("proefwerk.track('order'); proefwerk.consent(false)")
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    asked = platform.asked("/api/v1/events")
    platform.refuse = False
    page.wait_for_timeout(600)
    assert platform.asked("/api/v1/events") == asked


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
            proefwerk.init({key});
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
    platform.delay = 1.5
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
    assert 390 <= took < 900
    assert (assigned, visibility, exposed) == ({}, "visible", False)


def test_a_dead_server_shows_the_default(platform: Platform, page: Page) -> None:
    init(page, host="http://127.0.0.1:9")
    assert assign(page) == {}
    assert page.evaluate("proefwerk.variant('bar')") is None


def test_a_browser_without_storage_still_takes_part(platform: Platform, browser: Browser, shop: str) -> None:
    context = browser.new_context()
    context.add_init_script(
        """for (const name of ['localStorage', 'sessionStorage'])
            Object.defineProperty(window, name, {get() { throw new DOMException('refused'); }});"""
    )
    page = context.new_page()
    page.goto(shop)
    init(page)
    assert "bar" in assign(page)
    assert page.evaluate("[proefwerk.expose('bar'), proefwerk.expose('bar')]") == [True, False]
    page.evaluate("proefwerk.track('order')")
    assert len(platform.wait_for(2)) == 2
    page.wait_for_timeout(500)
    assert len(platform.logged()) == 2
    context.close()


def test_a_clock_that_is_years_off_does_not_cost_an_event(
    platform: Platform, browser: Browser, shop: str
) -> None:
    context = browser.new_context()
    context.add_init_script("const now = Date.now; Date.now = () => now() + 5 * 365 * 86400000;")
    page = context.new_page()
    page.goto(shop)
    init(page)
    page.evaluate("proefwerk.track('order')")
    (event,) = platform.wait_for(1)
    assert event.time is None
    context.close()


def test_an_event_that_waited_tells_when_it_happened(platform: Platform, page: Page) -> None:
    init(page)
    at = int(time.time() * 1000) - 3_600_000
    stored = '{"type":"conversion","name":"order","id":"old","unit":"u"}'
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [f"proefwerk.event.{at}.old", stored])
    page.evaluate("localStorage.setItem('proefwerk.event.1.x', 'spoiled'); proefwerk.flush()")
    (event,) = platform.wait_for(1)
    assert event.time == datetime.fromtimestamp(at / 1000, UTC)


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


def test_a_missing_key_is_told_to_the_developer(page: Page) -> None:
    assert "'key' is missing" in page.evaluate(
        "() => { try { proefwerk.init({}) } catch (error) { return error.message } }"
    )
    assert "comes first" in page.evaluate("proefwerk.assign().catch(error => error.message)")
