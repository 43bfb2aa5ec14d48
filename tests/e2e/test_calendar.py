"""The shop's calendar and the builder of audiences, by keyboard, in a browser."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import open_page
from tests.e2e.test_accessibility import findings

pytestmark = pytest.mark.browser
YEAR = 2031
"""So far ahead that no planned run of another test meets it."""


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.focus()
    page.keyboard.press("Enter")


def test_a_year_is_started_from_holidays_added_to_changed_and_cleared(signed_in: Page) -> None:
    page = signed_in
    open_page(page, f"/ui/calendar?year={YEAR}")
    expect(page.get_by_text(f"Nothing is in the calendar of {YEAR} yet.")).to_be_visible()
    press(page, f"Add public holidays of {YEAR} and {YEAR + 1}")
    expect(page.locator("#calendar-answer")).to_have_text("22 entries were added.")
    expect(page.get_by_role("row", name="King's Day")).to_contain_text("26 Apr 2031")
    press(page, "Add")
    expect(page.locator("#calendar-problem")).to_contain_text("Say what it is.")
    page.get_by_label("What", exact=True).fill("Garden campaign")
    page.get_by_label("First day").fill(f"{YEAR}-05-05")
    page.get_by_label("Last day").fill(f"{YEAR}-05-18")
    page.get_by_label("Expected traffic").fill("1.5")
    press(page, "Add")
    row = page.get_by_role("row", name="Garden campaign")
    expect(row).to_contain_text("5–18 May 2031")
    expect(row).to_contain_text("1.5 times the traffic")
    row.get_by_role("link", name="Change").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Change Garden campaign")).to_be_visible()
    expect(page.get_by_label("Last day")).to_have_value(f"{YEAR}-05-18")
    assert findings(Axe(), page) == []
    page.get_by_label("Last day").fill(f"{YEAR}-05-11")
    press(page, "Save")
    expect(row).to_contain_text("5–11 May 2031")
    expect(page.get_by_role("heading", name="Add to the calendar")).to_be_visible()
    press(page, "Remove Garden campaign")
    expect(row).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_an_audience_is_built_of_groups_and_read_back_as_a_sentence(signed_in: Page) -> None:
    page = signed_in
    open_page(page, "/ui/new?draft=recommendation-also-bought&step=who")
    press(page, "Add a rule")
    page.get_by_role("textbox", name="Property of the shopper").fill("country")
    page.get_by_role("textbox", name="Value").fill("NL")
    reach = page.locator("#reach")
    expect(reach).to_contain_text("Shoppers for whom this holds: country is NL.")
    page.wait_for_timeout(500)
    press(page, "Add a group of rules")
    group = page.get_by_role("group", name="Group 2 of 2")
    group.get_by_role("textbox", name="Property of the shopper").fill("visits")
    group.get_by_role("textbox", name="Value").fill("3")
    expect(reach).to_contain_text("country is NL and visits is 3")
    page.get_by_label("Of the groups").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("option", name="one is enough").click()
    expect(reach).to_contain_text("Shoppers for whom this holds: country is NL or visits is 3.")
    expect(reach).to_contain_text("shoppers a week")
    assert findings(Axe(), page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
