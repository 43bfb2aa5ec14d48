"""Who the snippet says it is: a lasting id, a person who logs in, a tester who looks, or nobody yet."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from assignment.api import Site
from assignment.engine import decide
from assignment.events import Conversion, Exposure, Link

from .examples import CLIENT_KEY, compiled, experiment, shopper
from .platform import Platform
from .snippet import HEAD, STYLE, assign, drained, init, pages

pytestmark = pytest.mark.browser
FORBID_SCRIPT_COOKIES = """Object.defineProperty(document, 'cookie', {
    get: Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').get,
    set: function () { throw new Error('a script may set no cookie here'); }})"""


def questions(page: Page) -> list[dict[str, Any]]:
    """The bodies of all that is asked of `assign` from now on, as they are sent."""
    found: list[dict[str, Any]] = []

    def take(request: Request) -> None:
        if "/assign" in request.url:
            found.append(json.loads(request.post_data or "{}"))

    page.on("request", take)
    return found


@pytest.fixture
def two_hosts(tmp_path: Path) -> Iterator[tuple[Platform, str]]:
    """The experiments on exp.shop.test, and a page of the shop on www.shop.test."""
    with pages(lambda path: html(platform)) as address:
        port = address.rpartition(":")[2]
        shop = f"http://www.shop.test:{port}"
        site = Site(frozenset((shop,)), "shop.test")
        platform = Platform(tmp_path, (experiment("bar"),), site)
        yield platform, shop
        platform.close()


def html(platform: Platform) -> str:
    src = platform.url.replace("127.0.0.1", "exp.shop.test")
    return f"""<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">
<script src="{src}/proefwerk.js"></script></head><body>Shop</body></html>"""


def test_the_server_sets_the_cookie_for_the_whole_domain(
    two_hosts: tuple[Platform, str], context: BrowserContext
) -> None:
    platform, shop = two_hosts
    page = context.new_page()
    page.add_init_script(FORBID_SCRIPT_COOKIES)
    page.goto(shop)
    init(page, serverCookie=True)
    page.wait_for_function("document.cookie.includes('proefwerk_unit')")
    unit = page.evaluate("proefwerk.unit()")
    (cookie,) = context.cookies()
    assert (cookie["name"], cookie["value"], cookie["domain"]) == ("proefwerk_unit", unit, ".shop.test")
    assert (cookie["sameSite"], cookie["httpOnly"]) == ("Lax", False)
    assert cookie["expires"] - time.time() == pytest.approx(400 * 86_400, abs=3_600)
    page.wait_for_function("sessionStorage['proefwerk.cookie']")
    page.reload()
    page.evaluate("localStorage.clear()")
    init(page, serverCookie=True)
    assert page.evaluate("proefwerk.unit()") == unit
    assert platform.asked("/api/v1/unit") == 1


def test_withdrawal_erases_the_cookie_that_the_server_set(
    two_hosts: tuple[Platform, str], context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(two_hosts[1])
    init(page, serverCookie=True)
    page.wait_for_function("localStorage['proefwerk.domain']")
    assert len(context.cookies()) == 1
    page.evaluate("proefwerk.consent(false)")
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_a_cookie_that_comes_after_the_withdrawal_is_erased_too(
    two_hosts: tuple[Platform, str], context: BrowserContext
) -> None:
    platform, shop = two_hosts
    platform.slow_paths["/api/v1/unit"] = 0.5
    page = context.new_page()
    page.goto(shop)
    with page.expect_response("**/api/v1/unit*"):
        init(page, serverCookie=True)
        page.evaluate("proefwerk.consent(false)")
    page.wait_for_timeout(200)
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_a_spoiled_cookie_is_replaced(page: Page, context: BrowserContext) -> None:
    page.evaluate("document.cookie = 'proefwerk_unit=%'")
    init(page)
    assert len(page.evaluate("proefwerk.unit()")) == 36
    assert [cookie["value"] for cookie in context.cookies()] == [page.evaluate("proefwerk.unit()")]


def test_a_page_that_is_not_the_shops_gets_no_cookie(
    platform: Platform, page: Page, context: BrowserContext
) -> None:
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    init(page, serverCookie=True)
    assert "bar" in assign(page)
    deadline = time.monotonic() + 10
    while not any("proefwerk:" in text for text in warnings) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert any("proefwerk:" in text for text in warnings)
    assert context.cookies() == []


def test_a_person_who_logs_in_is_asked_for_with_the_anonymous_id(platform: Platform, page: Page) -> None:
    asked = questions(page)
    init(page)
    first = assign(page)
    anonymous = page.evaluate("proefwerk.unit()")
    page.evaluate("proefwerk.identify('customer-7')")
    assert page.evaluate("proefwerk.unit()") == "customer-7"
    assert page.evaluate("proefwerk.variant('bar')") == first["bar"]["variant"]
    page.evaluate("proefwerk.track('order', {value: 1}); proefwerk.expose('bar')")
    by_type = {type(event).__name__: event.unit for event in platform.wait_for(2)}
    # What the page shows was decided for the anonymous id, so that is who met it.
    assert by_type == {"Conversion": "customer-7", "Exposure": anonymous}
    page.wait_for_function("localStorage['proefwerk.assigned.']")
    drained(page)
    page.reload()
    init(page, person="customer-7")
    assign(page)
    contexts = [question["context"] for question in asked]
    assert [context["targetingKey"] for context in contexts] == [anonymous, "customer-7", "customer-7"]
    assert [context.get("anonymousId") for context in contexts] == [None, anonymous, anonymous]
    assert "customer-7" not in page.evaluate(
        "JSON.stringify([localStorage, sessionStorage]) + document.cookie"
    )
    page.evaluate("proefwerk.identify(null)")
    assert page.evaluate("proefwerk.unit()") == anonymous


def test_a_person_keeps_the_variant_they_had_before_they_logged_in(platform: Platform, page: Page) -> None:
    rule = experiment("bar", fallback_attribute="anonymousId")
    platform.publish(rule)
    init(page)
    variant = assign(page)["bar"]["variant"]
    anonymous = page.evaluate("proefwerk.unit()")
    person = next(
        unit
        for unit in (f"customer-{number}" for number in range(100))
        if decide(compiled(rule), "bar", shopper(unit)).variant != variant
    )
    page.evaluate("person => proefwerk.identify(person)", person)
    assert assign(page)["bar"]["variant"] == variant
    page.evaluate("proefwerk.expose('bar')")
    events = platform.wait_for(2)
    assert [(event.unit, event.person) for event in events if isinstance(event, Link)] == [
        (anonymous, person)
    ]
    exposures = [(event.unit, event.variant) for event in events if isinstance(event, Exposure)]
    assert exposures == [(person, variant)]


def test_a_preview_is_shown_kept_for_the_tab_and_never_counted(
    platform: Platform, context: BrowserContext, page: Page, shop: str
) -> None:
    for variant in ("control", "treatment-1"):
        page.goto(f"{shop}?proefwerk=bar:{variant}&x=1")
        init(page)
        assign(page)
        assert page.evaluate("proefwerk.variant('bar')") == variant
    page.goto(f"{shop}other")
    init(page)
    assign(page)
    assert page.evaluate("proefwerk.variant('bar')") == "treatment-1"
    assert page.evaluate("[proefwerk.expose('bar'), proefwerk.track('order')]") == [False, None]
    page.wait_for_timeout(400)
    assert platform.logged() == []
    other = context.new_page()
    other.goto(shop)
    init(other)
    assert "bar" in assign(other)
    assert other.locator("button").count() == 0
    badge = page.get_by_role("button", name="Preview: bar:treatment-1")
    assert badge.is_visible()
    with page.expect_navigation():
        badge.click()
    init(page)
    assign(page)
    assert page.locator("button").count() == 0
    assert page.evaluate("proefwerk.expose('bar')") is True


def test_the_link_of_a_preview_is_gone_from_the_address_when_it_is_switched_off(
    page: Page, shop: str
) -> None:
    page.goto(f"{shop}?proefwerk=bar:control&x=1#part")
    init(page)
    with page.expect_navigation():
        page.locator("button").click()
    assert page.url == f"{shop}?x=1#part"


def test_a_preview_of_what_does_not_exist_shows_the_default(page: Page, shop: str) -> None:
    page.goto(f"{shop}?proefwerk=bar:nothing")
    init(page)
    assert assign(page) == {}
    assert page.get_by_role("button", name="Preview: bar:nothing").is_visible()


def test_before_consent_the_default_page_is_there_at_once_and_later_pages_decide(
    platform: Platform, context: BrowserContext
) -> None:
    page_html = f"""<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">
<style>{STYLE}</style><script>{HEAD.replace("400", "15000")}
proefwerk.push(function (proefwerk) {{
  proefwerk.init({{key: "{CLIENT_KEY}", timeout: 15000, consent: /yes/.test(location.search)}});
  proefwerk.render("bar", function (element, variant) {{ element.textContent = variant; }});
}});</script><script async src="{platform.url}/proefwerk.js"></script></head>
<body><div id="place" data-proefwerk="bar">default</div></body></html>"""
    with pages(lambda path: page_html) as shop:
        page = context.new_page()
        page.goto(shop)
        page.wait_for_function("!document.documentElement.className")
        assert page.locator("#place").is_visible()
        assert page.evaluate("document.cookie + localStorage.length + sessionStorage.length") == "00"
        assert [line for line in platform.requests if "proefwerk.js" not in line] == []
        page.evaluate("proefwerk.consent(true)")
        page.wait_for_function("localStorage['proefwerk.assigned.']")
        # What was painted stays as it was: no part of the page changes under the shopper's eyes.
        assert page.inner_text("#place") == "default"
        page.goto(f"{shop}/?yes")
        page.wait_for_function("document.getElementById('place').textContent !== 'default'")
        assert len(platform.wait_for(1)) == 1


@pytest.mark.parametrize("extra", ["", "?proefwerk=bar:control"])
def test_a_strict_content_security_policy_breaks_nothing(
    platform: Platform, context: BrowserContext, extra: str
) -> None:
    policy = (
        f"default-src 'none'; script-src 'self' {platform.url}; style-src 'self'; connect-src {platform.url};"
        " img-src data:; require-trusted-types-for 'script'"
    )
    files = {
        "/head.css": STYLE,
        "/head.js": HEAD.replace("400", "15000")
        + f"""proefwerk.push(function (proefwerk) {{
            proefwerk.init({{key: "{CLIENT_KEY}", timeout: 15000}});
            proefwerk.render("bar", function (element, variant) {{ element.textContent = variant; }});
        }});""",
    }
    page_html = f"""<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/head.css"><script src="/head.js"></script>
<script async src="{platform.url}/proefwerk.js"></script></head>
<body><div id="place" data-proefwerk="bar">default</div></body></html>"""
    said: list[str] = []
    with pages(lambda path: files.get(path, page_html), ("Content-Security-Policy", policy)) as shop:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{shop}/{extra}")
        page.locator("#place", has_text=re.compile("control|treatment")).wait_for()
        if extra:
            badge = page.locator("button")
            assert badge.evaluate("element => getComputedStyle(element).position") == "fixed"
        else:
            assert len(platform.wait_for(1)) == 1
            page.wait_for_timeout(300)
    assert said == []


def test_no_request_asks_for_permission_first(platform: Platform, page: Page) -> None:
    init(page)
    assign(page)
    page.evaluate("proefwerk.expose('bar'); proefwerk.flush()")
    platform.wait_for(1)
    assert [line for line in platform.requests if line.startswith("OPTIONS")] == []


def test_an_order_counts_once_however_often_the_page_after_it_is_loaded(
    platform: Platform, browser: Browser, shop: str
) -> None:
    for _ in range(2):
        context = browser.new_context()
        page = context.new_page()
        for _ in range(2):
            page.goto(shop)
            init(page)
            details = {"value": 49.95, "currency": "EUR", "properties": {"order_id": "A-1001", "items": 3}}
            ident = page.evaluate("details => proefwerk.track('order', details)", details)
            assert ident == "order-A-1001"
            page.evaluate("proefwerk.track('view', {properties: {order_id: 'A-1001'}})")
            drained(page)
        context.close()
    events = [event for event in platform.logged() if isinstance(event, Conversion)]
    assert sorted(event.name for event in events) == ["order", "view", "view", "view", "view"]


def test_an_older_browser_is_enough() -> None:
    """The syntax is that of 2017; what the browser adds beyond it is asked for before it is used."""
    text = (Path(__file__).parents[2] / "assignment" / "static" / "proefwerk.js").read_text()
    code = re.sub(r"(?s)/\*.*?\*/|//[^\n]*", "", text)
    for later in (
        "?.",
        "??",
        "...",
        "async ",
        "await ",
        "import ",
        "export ",
        "=> {}.",
        "replaceAll",
        ".flat(",
    ):
        assert later not in code, later
