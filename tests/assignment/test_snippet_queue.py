"""What the snippet keeps and sends: nothing lost, nothing counted twice, nothing without consent."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from assignment.events import Conversion

from .platform import Platform
from .snippet import assign, drained, init

pytestmark = pytest.mark.browser


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


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_says_when_to_come_back_is_left_alone_until_then(
    platform: Platform, page: Page, status: int
) -> None:
    platform.busy = (status, 2)
    init(page)
    page.evaluate("proefwerk.track('order', {value: 1}); proefwerk.flush()")
    page.wait_for_timeout(300)
    page.evaluate("proefwerk.track('order', {value: 2}); void proefwerk.flush()")
    page.wait_for_timeout(900)
    assert platform.asked("/api/v1/events") == 1
    platform.busy = None
    assert len(platform.wait_for(2)) == 2
    drained(page)
    assert platform.asked("/api/v1/events") == 2


def test_the_queue_is_bounded_and_forgets_the_oldest(platform: Platform, page: Page) -> None:
    platform.refuse = True
    init(page)
    page.evaluate("for (let n = 0; n < 520; n++) proefwerk.track('view', {value: n, id: 'v' + (1000 + n)})")
    kept = page.evaluate("Object.keys(localStorage).filter(key => key.includes('event.')).length")
    assert kept == 500
    platform.refuse = False
    page.evaluate("dispatchEvent(new Event('online'))")
    values = {event.value for event in platform.wait_for(500, 30) if isinstance(event, Conversion)}
    assert max(values) == 519
    assert len(values) == 500


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
    platform.wait_for(60)
    drained(page)
    drained(other)
    # A tab may send again what the other is still sending; an event counts once by its id.
    events = {event.id: event for event in platform.wait_for(60)}.values()
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
