"""What people type into the wizard outlives a reload, another's edit, a lost connection and the session."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.dash_ui.shop import ADMIN, PASSWORD
from tests.e2e.conftest import open_page, sign_in

pytestmark = pytest.mark.browser
NOTICE = "#wizard-notice"


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    """A tab whose lost connections are meant, so that complaints in the console are none."""
    return context.new_page()


def test_answers_outlive_a_reload_a_lost_connection_the_session_and_the_draft_itself(tab: Page) -> None:
    page = tab
    sign_in(page)
    open_page(page, "/ui/new")
    page.get_by_role("button", name=re.compile("^Gift from an amount")).click()
    expect(page.get_by_label("Name").first).to_have_value("Gift from an amount")
    page.get_by_label("because …").fill("it is a surprise")
    page.reload()
    expect(page.get_by_label("because …")).to_have_value("it is a surprise")
    expect(page.locator(NOTICE)).to_contain_text("Your answers from before are back")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#wizard-title")).to_be_focused()
    expect(page.locator(NOTICE)).to_be_empty()
    _lose_the_connection(page)
    _lose_the_session(page)
    _lose_the_draft(page)


def _lose_the_connection(page: Page) -> None:
    saved = page.locator("#wizard-saved")
    expect(saved).to_contain_text("Saved at")
    page.context.set_offline(True)
    page.get_by_label("Where?").fill("cart.top")
    expect(saved).to_contain_text("No connection.")
    page.context.set_offline(False)
    expect(saved).to_contain_text("Saved at")
    other = page.context.new_page()
    open_page(other, page.url)
    expect(other.get_by_label("Where?")).to_have_value("cart.top")
    other.close()


def _lose_the_session(page: Page) -> None:
    page.get_by_label("Where?").fill("cart.middle")
    page.context.clear_cookies()
    page.wait_for_url("**/login?next=*")
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Where?")).to_have_value("cart.middle")


def _lose_the_draft(page: Page) -> None:
    other = page.context.new_page()
    open_page(other, page.url)
    other.get_by_role("button", name="Delete draft").click()
    other.wait_for_url("**/ui/")
    other.close()
    page.get_by_label("Where?").fill("cart.bottom")
    expect(page.locator(NOTICE)).to_contain_text("Sanne Adema deleted this draft at")
    page.get_by_role("button", name="Save my answers as a new draft").click()
    expect(page.locator(NOTICE)).to_be_empty()
    open_page(page, page.url)
    expect(page.get_by_label("Where?")).to_have_value("cart.bottom")
