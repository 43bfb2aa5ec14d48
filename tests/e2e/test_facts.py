"""Exchange rates and sources as people keep them, in a browser."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.dash_ui.shop import ANALYST, MARKETER
from tests.e2e.conftest import open_page, sign_in
from tests.e2e.test_accessibility import findings

pytestmark = pytest.mark.browser


def test_a_marketer_enters_corrects_and_pastes_rates(page: Page) -> None:
    sign_in(page, MARKETER)
    page.get_by_role("link", name="Settings").first.click()
    page.get_by_role("link", name="To the exchange rates").click()
    page.get_by_role("heading", level=1, name="Exchange rates").wait_for()
    rates = page.locator("#rates-table")
    for label, text in (("Of one", "EUR"), ("UTC day", "2026-11-02"), ("Rate", "1.0842")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("In", exact=True).fill("usd")
    page.get_by_role("button", name="Enter rate").click()
    expect(page.locator("#rate-answer")).to_contain_text("The rate is entered.")
    expect(rates).to_contain_text("1.0842 USD for one EUR")

    page.get_by_label("Rate", exact=True).fill("1.09")
    page.get_by_role("button", name="Enter rate").click()
    expect(page.locator("#rate-answer")).to_contain_text("1.09 differs from 1.0842")
    page.get_by_label("Reason, to correct a rate that is locked").fill("A typing error")
    page.get_by_role("button", name="Enter rate").click()
    expect(rates).to_contain_text("1.09 USD for one EUR")

    page.get_by_label("Table in CSV").fill("Date,USD,GBP\n2026-11-03,1.1,0.88\n2026-11-02,1.2,N/A")
    page.get_by_role("button", name="Enter table").click()
    expect(page.locator("#rates-answer")).to_contain_text("2 rates are new, 0 were known")
    expect(page.locator("#rates-answer")).to_contain_text("Line 3: 1.2 differs from 1.09")
    expect(rates).to_contain_text("0.88 GBP for one EUR")
    assert findings(Axe(), page) == []


def test_an_analyst_only_sees_rates_and_no_sources(page: Page) -> None:
    sign_in(page, ANALYST)
    open_page(page, "/ui/rates")
    expect(page.get_by_role("button", name="Enter rate")).to_have_count(0)
    open_page(page, "/ui/sources")
    expect(page.locator("#page")).to_contain_text("Sources are managed by admins.")
    expect(page.get_by_role("button", name="Save source")).to_have_count(0)


def test_an_admin_declares_tests_edits_and_ends_a_source(signed_in: Page, tmp_path: Path) -> None:
    page = signed_in
    times = pa.array(["2026-11-01T12:00:00Z", "soon"])
    table = pa.table({"id": [1, 2], "customer": ["a", "b"], "at": times, "total": ["9.95", "1"]})
    pq.write_table(table, tmp_path / "orders.parquet")
    open_page(page, "/ui/sources")
    sources, answer = page.locator("#sources-table"), page.locator("#source-answer")
    expect(sources).to_contain_text("There are no sources yet.")
    page.get_by_role("button", name="Save source").click()
    expect(answer).to_contain_text("orders.id this field is required")

    page.get_by_label("Key", exact=True).fill("exports")
    page.get_by_label("Name", exact=True).fill("Nightly exports")
    page.get_by_role("textbox", name="Read through").click()
    page.get_by_role("option", name="Parquet").click()
    for label, text in (
        ("Name of its events", "order"),
        ("Table, query or path of the orders", str(tmp_path)),
        ("Column with the id of the order", "id"),
        ("Column with the shopper", "customer"),
        ("Column with the time", "at"),
        ("Column with the amount", "total"),
    ):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Save source").click()
    expect(answer).to_contain_text("Nightly exports is saved")
    expect(sources).to_contain_text("Not pulled yet")

    page.get_by_role("button", name="Test the connection of Nightly exports").click()
    rows = page.locator("#sources-rows")
    expect(rows).to_contain_text("9.95")
    expect(rows).to_contain_text("at: 'soon' is not a time")
    page.get_by_role("button", name="Pull Nightly exports now").click()
    expect(page.locator("#sources-answer")).to_contain_text("exports is pulled within seconds.")
    page.get_by_role("button", name="Test the connection of Nightly exports").click()
    expect(rows).to_contain_text("9.95")
    assert findings(Axe(), page) == []

    page.get_by_role("link", name="Edit Nightly exports").click()
    page.get_by_role("heading", name="Edit Nightly exports").wait_for()
    expect(page.get_by_label("Column with the shopper")).to_have_value("customer")
    page.get_by_label("Minutes between pulls").fill("60")
    page.get_by_role("button", name="Save source").click()
    expect(page.locator("#source-answer")).to_contain_text("Nightly exports is saved")
    page.get_by_role("button", name="End the source Nightly exports").click()
    expect(page.locator("#sources-table")).to_contain_text("There are no sources yet.")


def test_the_pages_speak_dutch(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, locale="nl-NL")
    context.add_cookies([{"name": "pw_language", "value": "nl", "url": site}])
    tab = context.new_page()
    sign_in(tab)
    open_page(tab, "/ui/rates")
    expect(tab.get_by_role("heading", level=1, name="Wisselkoersen")).to_be_visible()
    open_page(tab, "/ui/sources")
    expect(tab.get_by_role("heading", level=1, name="Bronnen")).to_be_visible()
    context.close()
