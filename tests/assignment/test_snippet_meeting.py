"""Shoppers are counted when they meet a variant: on screen, or when a trigger fires, alike in every arm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from assignment.engine import decide
from assignment.events import Exposure

from .examples import CLIENT_KEY, compiled, experiment, shopper
from .platform import Platform
from .snippet import assign, drained, init, pages

pytestmark = pytest.mark.browser

UNITS = {
    decide(compiled(experiment("bar")), "bar", shopper(unit)).variant: unit
    for unit in (f"shopper-{number}" for number in range(20))
}
LEAVE = """document.documentElement.dispatchEvent(
    new MouseEvent('mouseout', {bubbles: true, clientY: -1, relatedTarget: null}))"""


def exposures(platform: Platform, count: int) -> list[tuple[str, str, str]]:
    """Who met what, once so many are logged; counted once by id, as everything that is read."""
    events = {event.id: event for event in platform.wait_for(count)}.values()
    return [(event.unit, event.experiment, event.variant) for event in events if isinstance(event, Exposure)]


def shop_page(platform: Platform, body: str, *, draw: str = "") -> Callable[[str], str]:
    return lambda path: (
        f"""<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">
<script src="{platform.url}/proefwerk.js"></script></head><body>{body}
<script>
var unit = new URLSearchParams(location.search).get("unit");
proefwerk.init({{key: "{CLIENT_KEY}", timeout: 15000, unit: unit}});
proefwerk.render("bar", function (element, variant, payload) {{ window.drawn = variant; {draw} }});
</script></body></html>"""
    )


@pytest.mark.parametrize("variant", UNITS)
def test_an_element_is_met_when_it_is_on_screen(
    platform: Platform, context: BrowserContext, variant: str
) -> None:
    body = '<div style="height: 3000px"></div><div data-proefwerk="bar">x</div>'
    with pages(shop_page(platform, body)) as shop:
        page = context.new_page()
        page.goto(f"{shop}/?unit={UNITS[variant]}")
        page.wait_for_function("window.drawn")
        page.wait_for_timeout(500)
        assert platform.logged() == []
        page.evaluate("scrollTo(0, 3000)")
        assert exposures(platform, 1) == [(UNITS[variant], "bar", variant)]
        page.evaluate("scrollTo(0, 0); scrollTo(0, 3000)")
        page.wait_for_timeout(400)
        assert len(platform.logged()) == 1


@pytest.mark.parametrize("variant", UNITS)
def test_what_a_variant_takes_away_is_met_where_it_would_have_been(
    platform: Platform, context: BrowserContext, variant: str
) -> None:
    body = '<div><div data-proefwerk="bar" hidden>x</div></div>'
    with pages(shop_page(platform, body, draw="element.hidden = variant === 'control'")) as shop:
        page = context.new_page()
        page.goto(f"{shop}/?unit={UNITS[variant]}")
        assert exposures(platform, 1) == [(UNITS[variant], "bar", variant)]
        assert page.locator("[data-proefwerk]").is_visible() == (variant != "control")


def test_tabs_and_visits_count_once(platform: Platform, browser: Browser, shop: str) -> None:
    ids = set()
    for _ in range(2):
        context = browser.new_context()
        for _ in range(2):
            tab = context.new_page()
            tab.goto(shop)
            init(tab, unit="shopper-1")
            assign(tab)
            assert tab.evaluate("proefwerk.expose('bar')") is True
            ids.add(
                tab.evaluate("JSON.parse(Object.entries(localStorage).find(e => /event/.test(e[0]))[1]).id")
            )
            drained(tab)
        context.close()
    assert len(ids) == 1
    assert len(platform.logged()) == 1


def test_the_next_phase_counts_again(platform: Platform, page: Page) -> None:
    for version in (1, 2):
        platform.publish(experiment("bar", version=version))
        page.reload()
        page.evaluate("localStorage.clear()")
        init(page, unit="shopper-1")
        assign(page)
        assert page.evaluate("proefwerk.expose('bar')") is True
        drained(page)
    assert len(platform.logged()) == 2


def test_a_long_id_has_a_short_event_id(platform: Platform, page: Page) -> None:
    for unit in ("x" * 199 + "1", "x" * 199 + "2"):
        init(page, unit=unit)
        assign(page)
        page.evaluate("proefwerk.expose('bar')")
        drained(page)
    ids = [event.id for event in platform.wait_for(2)]
    assert len(set(ids)) == 2
    assert max(map(len, ids)) <= 100


def test_the_holdout_is_met_with_every_experiment_that_it_holds_from(platform: Platform, page: Page) -> None:
    platform.publish(
        experiment("all", role="holdout"),
        experiment("bar", holdout="all"),
        experiment("closed", holdout="all", coverage=0.0),
    )
    init(page, unit="shopper-1")
    found = assign(page)
    assert found["all"]["role"] == "holdout"
    assert page.evaluate("proefwerk.expose('closed')") is False
    assert page.evaluate("proefwerk.expose('bar')") is True
    expected = [("shopper-1", key, found[key]["variant"]) for key in ("all", "bar")]
    assert exposures(platform, 2) == expected
    drained(page)
    assert len(platform.logged()) == 2


def test_an_experiment_by_company_is_met_by_the_company(platform: Platform, page: Page) -> None:
    platform.publish(experiment("team", hash_attribute="company"))
    init(page, unit="shopper-1", attributes={"company": 7})
    found = assign(page)["team"]
    assert page.evaluate("proefwerk.expose('team')") is True
    assert exposures(platform, 1) == [("7", "team", found["variant"])]


def test_who_has_no_company_is_met_under_the_fallback(platform: Platform, page: Page) -> None:
    platform.publish(experiment("team", hash_attribute="company", fallback_attribute="id"))
    init(page, unit="shopper-1")
    found = assign(page)["team"]
    assert page.evaluate("proefwerk.expose('team')") is found["in_experiment"] is True
    assert exposures(platform, 1) == [("shopper-1", "team", found["variant"])]


@pytest.mark.parametrize("trigger", ["exit-intent", "inactivity"])
@pytest.mark.parametrize("variant", UNITS)
def test_a_trigger_counts_both_arms_when_it_fires_and_never_before(
    platform: Platform, page: Page, variant: str, trigger: str
) -> None:
    when = """trigger => { window.called = []; void proefwerk.when(trigger, 'bar', {seconds: 0.5},
        (variant, payload) => called.push([variant, payload.threshold])) }"""
    for visit in ("first", "second"):
        init(page, unit=UNITS[variant])
        assign(page)
        page.evaluate(when, trigger)
        if visit == "first":
            assert platform.logged() == []
        page.evaluate("void 0" if trigger == "inactivity" else LEAVE)
        if visit == "first":
            page.wait_for_function("called.length")
            page.evaluate(LEAVE)
            assert page.evaluate("called") == [[variant, 0 if variant == "control" else 10]]
            assert exposures(platform, 1) == [(UNITS[variant], "bar", variant)]
            drained(page)
            page.reload()
    page.wait_for_timeout(700)
    assert page.evaluate("called") == []
    assert len(platform.logged()) == 1


def test_a_trigger_calls_back_who_is_not_in_the_experiment_and_does_not_count_them(
    platform: Platform, page: Page
) -> None:
    init(page)
    assign(page)
    page.evaluate("void proefwerk.when('exit-intent', 'nobody', {}, variant => { window.called = variant; })")
    page.evaluate(LEAVE)
    page.wait_for_function("window.called === 'control'")
    page.wait_for_timeout(400)
    assert platform.logged() == []


def test_a_trigger_that_fires_before_the_answer_waits_for_it(platform: Platform, page: Page) -> None:
    platform.slow_paths["/api/v1/assign"] = 0.8
    init(page, unit=UNITS["control"], timeout=100)
    assert assign(page) == {}
    page.evaluate("void proefwerk.when('exit-intent', 'bar', {}, variant => { window.called = variant; })")
    page.evaluate(LEAVE)
    page.wait_for_function("window.called === 'control'")
    assert exposures(platform, 1) == [(UNITS["control"], "bar", "control")]


def test_a_pointer_that_really_leaves_over_the_top_is_an_exit(page: Page) -> None:
    init(page)
    page.mouse.move(200, 200)
    page.evaluate("void proefwerk.onExitIntent(() => { window.left = true; })")
    page.mouse.move(200, 2)
    assert page.evaluate("window.left") is None
    page.mouse.move(200, -20)
    page.wait_for_function("window.left", timeout=3_000)


def test_a_finger_that_scrolls_up_fast_is_an_exit(platform: Platform, browser: Browser, shop: str) -> None:
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 700})
    page = context.new_page()
    page.goto(shop)
    init(page, unit=UNITS["control"])
    assign(page)
    page.evaluate("scrollTo(0, 3000)")
    page.wait_for_timeout(300)
    page.evaluate("void proefwerk.when('exit-intent', 'bar', {}, variant => { window.called = variant; })")
    page.evaluate("scrollTo(0, 2990)")
    page.wait_for_timeout(300)
    assert page.evaluate("window.called") is None
    page.evaluate("scrollTo(0, 2900)")
    page.wait_for_timeout(50)
    page.evaluate("scrollTo(0, 2300)")
    page.wait_for_function("window.called === 'control'", timeout=3_000)
    assert exposures(platform, 1) == [(UNITS["control"], "bar", "control")]
    context.close()


def test_a_trigger_that_does_not_exist_is_told_to_the_developer(page: Page) -> None:
    init(page)
    told: Any = page.evaluate(
        "() => { try { proefwerk.when('exit', 'bar', {}, () => {}) } catch (error) { return error.message } }"
    )
    assert "no trigger 'exit'" in told
