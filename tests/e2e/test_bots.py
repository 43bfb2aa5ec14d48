"""Bots as an analyst inspects and corrects them, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dash_ui.shop import ANALYST
from tests.e2e.conftest import open_page, sign_in

pytestmark = pytest.mark.browser


def test_who_is_left_out_is_found_acquitted_and_left_out_by_hand(page: Page) -> None:
    sign_in(page, ANALYST)
    page.get_by_role("link", name="Settings").first.click()
    page.get_by_role("link", name="To the list of bots").click()
    page.get_by_role("heading", level=1, name="Bots").wait_for()
    rules, units = page.locator("#bot-rules-table"), page.locator("#bot-units-table")
    expect(rules.get_by_role("row").filter(has_text="Googlebot")).to_contain_text("60")
    expect(units).to_contain_text("Page 1 of 3, 62 shoppers")
    units.get_by_role("button", name="Next").click()
    expect(units).to_contain_text("Page 2 of 3")

    page.get_by_label("Find by id or user agent").fill("tester")
    expect(units).to_contain_text("Page 1 of 1, 1 shopper")
    row = units.get_by_role("row").filter(has_text="tester-1")
    row.get_by_role("button", name="Acquit tester-1").click()
    expect(page.locator("#bot-answer")).to_contain_text("tester-1 counts as a shopper.")
    expect(row).to_contain_text("Counts")
    row.get_by_role("button", name="Take back what was said of tester-1").click()
    expect(row).to_contain_text("Left out")

    page.get_by_label("Find by id or user agent").fill("")
    expect(units).to_contain_text("62 shoppers")
    page.get_by_label("Id of a shopper").fill("scraper-of-prices")
    page.get_by_label("Why").fill("Reads every price each night")
    page.get_by_role("button", name="Leave out").click()
    expect(page.locator("#bot-answer")).to_contain_text("scraper-of-prices is left out.")
    expect(units).to_contain_text("scraper-of-prices")
    expect(rules.get_by_role("row").filter(has_text="by hand")).to_contain_text("1")

    page.get_by_role("button", name="Acquit the rule Googlebot").click()
    expect(rules.get_by_role("row").filter(has_text="Googlebot")).to_contain_text("Counts")
    page.get_by_role("button", name="Take back the acquittal of Googlebot").click()
    expect(rules.get_by_role("row").filter(has_text="Googlebot")).to_contain_text("Left out")
    open_page(page, "/ui/bots")
    expect(units).to_contain_text("scraper-of-prices")


def test_what_cannot_be_is_refused_in_words(signed_in: Page) -> None:
    page = signed_in
    open_page(page, "/ui/bots")
    page.get_by_role("button", name="Leave out").click()
    expect(page.locator("#bot-answer .pw-problems")).to_be_visible()
    page.get_by_label("Most events an hour of a shopper").fill("2000")
    page.get_by_role("button", name="Set limit").click()
    expect(page.locator("#bot-answer")).to_contain_text("The limit is set.")


def test_the_page_speaks_dutch(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, locale="nl-NL")
    context.add_cookies([{"name": "pw_language", "value": "nl", "url": site}])
    tab = context.new_page()
    sign_in(tab)
    open_page(tab, "/ui/bots")
    expect(tab.locator("#page")).to_contain_text("tellen in geen rapport mee")
    expect(tab.get_by_role("button", name="Spreek de regel Googlebot vrij")).to_be_visible()
    context.close()
