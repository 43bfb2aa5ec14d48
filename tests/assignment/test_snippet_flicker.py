"""An element is never painted in a variant that is not the shopper's, and waits no longer than the bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from assignment.engine import decide
from assignment.snapshot import Status

from .examples import CLIENT_KEY, compiled, experiment, shopper
from .platform import Platform
from .snippet import HEAD, STYLE, pages

pytestmark = pytest.mark.browser

# Just before every paint: what is about to be painted. Texts report their first paint themselves.
RECORDER = """
window.frames_seen = []; window.painted = []; window.shifted = 0;
function watch(type, take) {
    new PerformanceObserver(list => list.getEntries().forEach(take)).observe({type, buffered: true});
}
watch('element', entry => window.painted.push(entry.renderTime));
watch('layout-shift', entry => { window.shifted += entry.value; });
(function look() {
    const place = document.getElementById('place');
    const visibility = place && getComputedStyle(place).visibility;
    if (place) window.frames_seen.push([performance.now(), visibility, place.textContent]);
    requestAnimationFrame(look);
})();
"""
TREATED = next(
    unit
    for unit in (f"shopper-{number}" for number in range(100))
    if decide(compiled(experiment("bar")), "bar", shopper(unit)).variant == "treatment-1"
)


def page_of(platform: Platform, *, bound: int = 15_000, late: str = "") -> str:
    """A page as the documentation says; its bound is long, unless a test is about it: machines are busy."""
    return f"""<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">
<style>{STYLE}</style>
<script>{HEAD.replace("400", str(bound))}
proefwerk.push(function (proefwerk) {{
  window.arrived = performance.now();
  proefwerk.init({{key: "{CLIENT_KEY}", unit: "{TREATED}", timeout: {bound}}});
  window.at_once = proefwerk.variant("bar");
  proefwerk.render("bar", function (element, variant, payload) {{
    window.drawn = performance.now();
    element.textContent = payload.variant;
  }});
}});</script>
<script async src="{platform.url}/proefwerk.js"></script></head>
<body><h1>Shop</h1>
{"" if late else '<div id="place" data-proefwerk="bar" elementtiming="place">default</div>'}
<p>After it</p><script>{late}</script></body></html>"""


@pytest.fixture
def opened(platform: Platform, context: BrowserContext) -> Callable[..., Page]:
    """Opens a page that records what it paints."""
    page = context.new_page()
    page.add_init_script(RECORDER)

    def open_page(
        url: str, settled: str = "frames_seen.filter(frame => frame[1] === 'visible').length > 5"
    ) -> Page:
        page.goto(url, wait_until="commit")
        page.wait_for_function(settled, timeout=20_000)
        return page

    return open_page


def begin(page: Page, **options: object) -> str | None:
    """Begin for a shopper; answers which variant is known at once."""
    known: str | None = page.evaluate(
        "options => { proefwerk.init(options); return proefwerk.variant('bar'); }",
        {"key": CLIENT_KEY, "timeout": 15_000, "unit": "u", **options},
    )
    return known


def frames(page: Page) -> list[list[Any]]:
    found: list[list[Any]] = page.evaluate("frames_seen")
    return found


def texts_seen(page: Page) -> list[str]:
    """What was visible, in order, each once."""
    return list(dict.fromkeys(text for _, visibility, text in frames(page) if visibility == "visible"))


@pytest.mark.parametrize("delay", [0, 0.3])
def test_only_the_variant_of_the_shopper_is_ever_painted(
    platform: Platform, opened: Callable[..., Page], delay: float
) -> None:
    platform.delay = delay
    with pages(lambda path: page_of(platform)) as shop:
        page = opened(shop)
        assert texts_seen(page) == ["treatment-1"]
        page.wait_for_function("painted.length > 0")
        drawn, painted, shifted = page.evaluate("[drawn, painted[0], shifted]")
        assert drawn <= painted
        assert shifted == 0
        if delay:
            assert frames(page)[0][1:] == ["hidden", "default"]
        assert [event.unit for event in platform.wait_for(1)] == [TREATED]


def test_an_element_that_comes_later_is_drawn_before_it_is_painted(
    platform: Platform, opened: Callable[..., Page]
) -> None:
    late = """setTimeout(function () {
        document.body.insertAdjacentHTML('beforeend', '<div id="place" data-proefwerk="bar">default</div>');
    }, 600)"""
    with pages(lambda path: page_of(platform, late=late)) as shop:
        page = opened(shop)
        assert page.evaluate("document.documentElement.className") == ""
        assert texts_seen(page) == ["treatment-1"]


@pytest.mark.parametrize("trouble", ["slow server", "dead server", "blocked script", "slow script"])
def test_whatever_happens_the_default_is_there_after_the_bound_and_stays(
    platform: Platform, opened: Callable[..., Page], context: BrowserContext, trouble: str
) -> None:
    if trouble.startswith("slow"):
        platform.slow_paths["/api/v1/assign" if trouble == "slow server" else "/proefwerk.js"] = 1.0
    else:
        context.route(
            "**/api/v1/assign*" if trouble == "dead server" else "**/proefwerk.js",
            lambda route: route.abort(),
        )
    with pages(lambda path: page_of(platform, bound=400)) as shop:
        page = opened(shop)
        page.wait_for_timeout(1_500 if trouble.startswith("slow") else 300)
        assert texts_seen(page) == ["default"]
        hidden = [moment for moment, visibility, _ in frames(page) if visibility == "hidden"]
        assert not hidden or max(hidden) - min(hidden) < 900
        assert platform.logged() == []


def test_the_second_page_has_no_wait_at_all(platform: Platform, opened: Callable[..., Page]) -> None:
    with pages(lambda path: page_of(platform)) as shop:
        page = opened(shop)
        assert page.evaluate("at_once") is None
        assert len(platform.wait_for(1)) == 1
        platform.slow_paths["/api/v1/assign"] = 3.0
        page = opened(shop)
        assert page.evaluate("at_once") == "treatment-1"
        assert texts_seen(page) == ["treatment-1"]
        drawn, arrived = page.evaluate("[drawn, arrived]")
        assert drawn - arrived < 50


def test_an_answer_that_came_too_late_serves_the_next_page(
    platform: Platform, opened: Callable[..., Page]
) -> None:
    platform.slow_paths["/api/v1/assign"] = 0.8
    with pages(lambda path: page_of(platform, bound=400)) as shop:
        page = opened(shop)
        page.wait_for_function("Object.keys(localStorage).some(key => key.startsWith('proefwerk.assigned'))")
        assert texts_seen(page) == ["default"]
        assert page.evaluate("[proefwerk.variant('bar'), proefwerk.expose('bar')]") == [None, False]
        # The script has to come from the browser's cache in time, which a busy machine may miss.
        for _ in range(10):
            page = opened(shop)
            if texts_seen(page) != ["default"]:
                break
        assert texts_seen(page) == ["treatment-1"]


def test_a_question_that_differs_is_asked_anew(platform: Platform, page: Page) -> None:
    for country, wait in (("NL", True), ("NL", False), ("BE", True)):
        page.reload()
        assert (begin(page, attributes={"country": country}) is None) == wait
        assert page.evaluate("proefwerk.assign().then(found => 'bar' in found)")


def test_an_old_answer_is_not_used(platform: Platform, page: Page) -> None:
    begin(page)
    page.evaluate("proefwerk.assign()")
    page.reload()
    page.evaluate("const now = Date.now; Date.now = () => now() + 31 * 60000")
    assert begin(page) is None


def test_what_a_page_shows_stays_when_the_rules_change_and_the_next_page_knows(
    platform: Platform, page: Page
) -> None:
    begin(page, unit=TREATED)
    page.evaluate("proefwerk.assign()")
    platform.publish(experiment("bar", status=Status.PAUSED))
    for variant in ("treatment-1", "control"):
        page.reload()
        assert begin(page, unit=TREATED) == variant
        page.wait_for_function("localStorage['proefwerk.assigned.'].includes('DISABLED')")
        assert page.evaluate("proefwerk.variant('bar')") == variant


def test_an_error_of_the_shop_does_not_keep_the_place_hidden(
    platform: Platform, opened: Callable[..., Page]
) -> None:
    broken = page_of(platform).replace("element.textContent = payload.variant", "throw new Error('shop')")
    with pages(lambda path: broken) as shop:
        assert texts_seen(opened(shop)) == ["default"]
