"""A crawler at a running shop: served like everybody, left out of the report, and let in again by hand."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.serving import CLIENT_KEY, SERVER_KEY, Server, serving

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
CRAWLER = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
EXPERIMENT = {
    "key": "bar",
    "name": "Bar",
    "hypothesis": "If we show a bar, then more people order, because they see it.",
    "variants": [{"key": "control", "weight": 0.5}, {"key": "bar", "weight": 0.5}],
    "metrics": {"primary": ["conversion"]},
}
METRIC = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("crawlers") / "var") as running:
        manage(running, "POST", "/metrics", METRIC)
        manage(running, "POST", "/experiments", EXPERIMENT)
        manage(running, "POST", "/experiments/bar/start")
        yield running


def manage(server: Server, method: str, path: str, body: Any = None) -> Any:
    answer = requests.request(
        method, f"{server.url}/api/v1{path}", json=body, headers=server.headers(), timeout=60
    )
    answer.raise_for_status()
    return answer.json() if answer.content else None


def send(server: Server, path: str, body: Any, agent: str, key: str = CLIENT_KEY) -> Any:
    headers = server.headers(key) | {"User-Agent": agent}
    answer = requests.post(f"{server.url}/api/v1{path}", json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return answer.json()


def exposure(unit: str, days_ago: float = 0.0, **attributes: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return {"type": "exposure", "id": uuid.uuid4().hex, "unit": unit, "experiment": "bar",
            "variant": "control", "time": at.isoformat(), "attributes": attributes}  # fmt: skip


def counted(server: Server) -> int:
    report = manage(server, "POST", "/experiments/bar/analyze")
    return sum(variant["units"] for variant in report["variants"])


def test_a_crawler_is_served_left_out_inspected_and_let_in_again(server: Server) -> None:
    context = {"context": {"targetingKey": "u-1"}}
    assert send(server, "/assign", context, CRAWLER) == send(server, "/assign", context, BROWSER)
    send(server, "/assign", context | {"expose": True}, BROWSER)
    send(server, "/assign", {"context": {"targetingKey": "crawl-1"}, "expose": True}, CRAWLER)
    send(server, "/events", [exposure("crawl-2")], CRAWLER)
    send(server, "/events", [exposure("u-2")], CRAWLER, SERVER_KEY)
    send(server, "/events", [exposure("crawl-3", userAgent=CRAWLER)], "okhttp/4.12.0", SERVER_KEY)
    assert counted(server) == 2
    deadline = time.monotonic() + 30
    found: Any = {"units": []}
    while len(found["units"]) < 3 and time.monotonic() < deadline:
        time.sleep(0.5)
        found = manage(server, "GET", "/bots")
    assert {each["unit"] for each in found["units"]} == {"crawl-1", "crawl-2", "crawl-3"}
    assert {(each["rule"], each["source"]) for each in found["rules"]} == {
        ("bingbot", "agent"),
        ("bingbot", "attribute"),
    }
    verdict = manage(server, "POST", "/bots", {"rule": "bingbot", "says": "shopper"})
    assert counted(server) == 5
    manage(server, "DELETE", f"/bots/{verdict['id']}")
    assert counted(server) == 2


def test_the_reach_of_an_audience_is_known_soon_after_its_exposures(server: Server) -> None:
    events = [exposure(f"v-{unit}", unit / 10, country=("NL", "BE")[unit % 2]) for unit in range(200)]
    send(server, "/events", events, "shop/1.0", SERVER_KEY)
    deadline, found = time.monotonic() + 90, None
    while time.monotonic() < deadline:
        found = manage(server, "POST", "/reach", {"audience": {"country": "NL"}, "traffic": 0.5})
        if found["undetermined"] is None and found["weeks"]:
            break
        time.sleep(1)
    assert found is not None
    assert found["undetermined"] is None
    assert found["weeks"] == 2
    assert found["audience"]["units"] == pytest.approx(35, abs=1)
    assert found["units"] == pytest.approx(17, abs=1)
