"""The OpenFeature web package in a real browser, on a page of another origin than the platform's."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from assignment.events import Conversion, Event, Exposure
from assignment.snapshot import Status
from tests.assignment.browser import chromium
from tests.assignment.examples import CLIENT_KEY, experiment
from tests.assignment.platform import Platform, serve
from tests.contract.test_exposures import JAVASCRIPT, node

MODULES = "/node_modules/@openfeature"
IMPORTS = {
    "@proefwerk/openfeature/web": "/src/web.js",
    "@openfeature/web-sdk": f"{MODULES}/web-sdk/dist/esm/index.js",
    "@openfeature/core": f"{MODULES}/core/dist/esm/index.js",
    "@openfeature/ofrep-web-provider": f"{MODULES}/ofrep-web-provider/index.esm.js",
    "@openfeature/ofrep-core": f"{MODULES}/ofrep-web-provider{MODULES}/ofrep-core/index.esm.js",
}
PAGE = """<!doctype html><title>Shop</title><link rel="icon" href="data:,">
<script type="importmap">{"imports": %s}</script><p id="shown"></p>
<script type="module">
  import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
  import { ProefwerkWebProvider } from "@proefwerk/openfeature/web";
  await OpenFeature.setContext({ targetingKey: "s-1", country: "NL" });
  await OpenFeature.setProviderAndWait(new ProefwerkWebProvider({ url: "%s", key: "%s" }));
  const client = window.client = OpenFeature.getClient();
  const show = () => {
    document.getElementById("shown").textContent = client.getObjectValue("bar", { variant: "none" }).variant;
  };
  client.addHandler(ProviderEvents.ConfigurationChanged, show);
  show();
</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    node()  # tells how to get what the page loads
    with chromium() as running:
        yield running


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    running = Platform(tmp_path, (experiment("bar"),), streams=5)
    yield running
    running.close()


@pytest.fixture
def page(browser: Browser, platform: Platform) -> Iterator[Page]:
    def shop(environ: dict[str, Any], start: Any) -> list[bytes]:
        path: str = environ["PATH_INFO"]
        if path in {"/", "/elsewhere"}:
            start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            filled = PAGE % (json.dumps(IMPORTS), platform.url, CLIENT_KEY)
            return [(filled if path == "/" else "<!doctype html><title>Elsewhere</title>").encode()]
        start("200 OK", [("Content-Type", mimetypes.guess_type(path)[0] or "text/plain")])
        return [(JAVASCRIPT / path.lstrip("/")).read_bytes()]

    server = serve(shop)
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(f"http://127.0.0.1:{server.server_port}/")
    opened.wait_for_function("document.getElementById('shown').textContent")
    yield opened
    context.close()
    server.shutdown()


def exposures(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.unit, event.experiment) for event in events if isinstance(event, Exposure)]


def orders(events: list[Event]) -> list[str]:
    return [event.id for event in events if isinstance(event, Conversion)]


def test_a_change_reaches_the_page_within_a_second(page: Page, platform: Platform) -> None:
    shown = page.text_content("#shown")
    other = "control" if shown == "treatment-1" else "treatment-1"
    page.wait_for_timeout(300)  # its stream is opened beside the first evaluation
    platform.publish(experiment("bar", status=Status.STOPPED, shipped=other))
    page.wait_for_function(
        "other => document.getElementById('shown').textContent === other", arg=other, timeout=1_000
    )
    platform.wait_for(1)
    page.wait_for_timeout(700)
    assert exposures(platform.logged()) == [("s-1", "bar")]


def test_what_happens_just_before_the_page_is_left_arrives(page: Page, platform: Platform) -> None:
    page.evaluate("client.track('order', { value: 5, id: 'order-1' }); location.href = '/elsewhere'")
    page.wait_for_url("**/elsewhere")
    events = platform.wait_for(2)
    assert (exposures(events), orders(events)) == ([("s-1", "bar")], ["order-1"])


def test_what_a_page_could_not_send_the_next_page_of_the_shop_sends(page: Page, platform: Platform) -> None:
    platform.refuse = True
    page.evaluate("client.track('order', { value: 5, id: 'order-1' })")
    page.goto(page.url + "elsewhere")
    assert platform.logged() == []
    platform.refuse = False
    page.goto(page.url.removesuffix("elsewhere"))
    events = platform.wait_for(2)
    assert (exposures(events), orders(events)) == ([("s-1", "bar")], ["order-1"])
    page.wait_for_timeout(700)
    assert len(platform.logged()) == 2
