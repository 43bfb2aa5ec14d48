"""Crawlers are known by their user agent; browsers, apps and libraries are not taken for them."""

from __future__ import annotations

import re

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from assignment.agents import crawler, list_size

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)"
BROWSERS = (
    f"{WINDOWS} {KIT} Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.5 Safari/605.1.15",
    f"{IPHONE} {APPLE} Version/18.5 Mobile/15E148 Safari/604.1",
    f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/500.0]",
    f"Mozilla/5.0 (Linux; Android 15; SM-S921B) {KIT} SamsungBrowser/28.0 Chrome/130.0.0.0",
    f"Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A; wv) {KIT} Chrome/130.0.0.0 Instagram 350.0",
    f"Mozilla/5.0 (Linux; Android 9; KFTRWI) {KIT} Silk/138.4.1 like Chrome/138.0.0.0 Safari/537.36",
    f"{WINDOWS} {KIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    f"Mozilla/5.0 (X11; Linux x86_64) {KIT} Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Shop/3.1 CFNetwork/1568.300.101 Darwin/24.2.0",
)  # fmt: skip
LIBRARIES = (
    "python-requests/2.32.3", "curl/8.14.1", "okhttp/4.12.0", "node-fetch/1.0", "axios/1.7.2", "undici",
    "python-httpx/0.28.1", "Go-http-client/1.1", "Dart/3.5 (dart:io)", "Java/21.0.2", "node", "",
)  # fmt: skip


@pytest.mark.parametrize("agent", BROWSERS)
def test_browsers_and_apps_are_no_crawlers(agent: str) -> None:
    assert crawler(agent) is None


@pytest.mark.parametrize("agent", LIBRARIES)
def test_a_library_that_sends_requests_is_no_crawler_because_apps_use_it_for_shoppers(agent: str) -> None:
    assert crawler(agent) is None


@pytest.mark.parametrize(
    ("agent", "rule"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bingbot"),
        ("Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", "GPTBot"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/141.0.0.0 Safari/537.36", "HeadlessChrome"),
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "Ahrefs(Bot|SiteAudit)"),
    ],
)  # fmt: skip
def test_a_crawler_is_known_by_the_name_of_its_rule(agent: str, rule: str) -> None:
    assert crawler(agent) == rule


def test_every_rule_of_the_list_but_libraries_finds_its_own_examples() -> None:
    taken = [entry for entry in CRAWLER_USER_AGENTS_DATA if "http-library" not in entry["tags"]]
    assert list_size() == len(taken) > 1_000
    lost = [agent for entry in taken for agent in entry["instances"]
            if crawler(agent) is None and re.search(entry["pattern"], agent[:300])]  # fmt: skip
    assert lost == []


def test_an_endless_user_agent_costs_no_more_than_a_long_one() -> None:
    assert crawler("x" * 1_000_000 + "Googlebot/2.1") is None
