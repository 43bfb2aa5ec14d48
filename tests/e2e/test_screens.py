"""Finding one's way: signing in, the list, languages, themes, a phone, keys and metrics."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.dash_ui.shop import ADMIN, ANALYST, PASSWORD
from tests.e2e.conftest import open_page, sign_in

pytestmark = pytest.mark.browser


def test_signing_in_leads_to_the_page_that_was_asked_for(page: Page) -> None:
    page.goto("/ui/?status=ready")
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/ui/?status=ready")
    expect(page.locator("#list-results tbody tr")).to_have_count(2)


def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(site: str, page: Page) -> None:
    answer = page.request.get(f"{site}/login")
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text())
    assert token is not None
    for email in (ADMIN, "nobody@shop.example"):
        form = {"csrf_token": token.group(1), "email": email, "password": "wrong"}
        refused = page.request.post(f"{site}/login", form=form)
        assert refused.status == 401
        assert "do not belong together" in refused.text()


def test_the_list_keeps_search_and_status_in_the_address(signed_in: Page) -> None:
    page = signed_in
    open_page(page, "/ui/?status=ready")
    rows = page.locator("#list-results tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("textbox", name="Search experiments").fill("carousel")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=carousel&status=ready$"))
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("textbox", name="Search experiments").fill("nothing like this")
    expect(page.get_by_role("heading", name="No experiment matches")).to_be_visible()


def test_what_needs_somebody_stands_on_top(signed_in: Page) -> None:
    states = signed_in.locator("#list-results tbody tr .pw-badge").all_inner_texts()
    assert states[:3] == ["Needs attention", "Ready to decide", "Ready to decide"]


def test_language_and_theme_stay_with_the_person_until_they_follow_the_browser(page: Page) -> None:
    sign_in(page, ANALYST)
    page.get_by_role("button", name="Nederlands").click()
    page.get_by_role("heading", level=1, name="Experimenten").wait_for()
    assert page.locator("html").get_attribute("lang") == "nl"
    with page.expect_response("**/ui/preferences"):
        page.get_by_role("button", name="Wissel tussen licht en donker").click()
    page.context.clear_cookies()
    sign_in(page, ANALYST)
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    open_page(page, "/ui/settings")
    for label, choice in (("Licht of donker", "Zoals het systeem"), ("Taal", "Zoals de browser")):
        page.get_by_role("textbox", name=label).click()
        with page.expect_event("load"):
            page.get_by_role("option", name=choice).click()
        page.locator("#page h1").wait_for()
    page.get_by_role("heading", level=1, name="Settings").wait_for()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")


def test_a_session_that_ended_leads_to_signing_in_and_back(context: BrowserContext) -> None:
    page = context.new_page()
    sign_in(page)
    context.clear_cookies(name="pw_session")
    page.get_by_role("textbox", name="Search experiments").fill("loyalty")
    page.wait_for_url(re.compile(r"/login\?next=%2Fui%2F"))
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1, name="Experiments").wait_for()


def test_navigation_moves_the_focus_to_the_heading_and_names_the_page(signed_in: Page) -> None:
    page = signed_in
    page.get_by_role("link", name="Metrics").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Metrics")).to_be_focused()
    expect(page).to_have_title("Metrics · Proefwerk")
    expect(page.get_by_role("link", name="Metrics")).to_have_attribute("aria-current", "page")


def test_the_skip_link_is_the_first_stop_of_the_keyboard(signed_in: Page) -> None:
    page = signed_in
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_a_metric_is_made_changed_and_deleted_in_words(signed_in: Page) -> None:
    page = signed_in
    open_page(page, "/ui/metrics?new")
    page.get_by_role("button", name="Save metric").click()
    expect(page.get_by_text("Give it a name.")).to_be_visible()
    page.get_by_label("Name").fill("Newsletter sign-ups")
    page.get_by_label("Event").fill("signup")
    page.get_by_role("button", name="Save metric").click()
    page.get_by_role("heading", level=1, name="Newsletter sign-ups").wait_for()
    expect(page.locator("#page")).to_contain_text("Share of shoppers with at least one 'signup'.")
    page.get_by_role("link", name="Copy").click()
    page.get_by_role("textbox", name="Event").fill("order")
    expect(page.locator("#metric-preview")).to_contain_text("3.12% of 41,000 shoppers")
    page.get_by_role("textbox", name="What do you want to know?").click()
    page.get_by_role("option", name="Amount per shopper").click()
    expect(page.locator("#metric-preview")).to_contain_text("per shopper, over 41,000 shoppers")
    open_page(page, "/ui/metrics?show=newsletter-sign-ups")
    page.get_by_role("button", name="Certify").click()
    expect(page.get_by_text("Certified", exact=True)).to_be_visible()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete metric").click()
    page.get_by_role("heading", level=1, name="Metrics").wait_for()
    expect(page.get_by_role("row").filter(has_text="Newsletter sign-ups")).to_have_count(0)


def test_a_key_is_shown_once_replaced_and_revoked(signed_in: Page) -> None:
    page = signed_in
    open_page(page, "/ui/keys")
    page.get_by_label("Name of the key").fill("Web shop")
    page.get_by_role("button", name="Create key").click()
    secret = page.locator("#secret")
    secret.wait_for()
    assert secret.inner_text().startswith("pw_client_")
    hint = secret.inner_text()[-4:]
    open_page(page, "/ui/keys")
    assert page.get_by_text("pw_client_").count() == 0
    rows = page.get_by_role("row").filter(has_text="Web shop")
    expect(rows).to_contain_text(hint)
    rows.get_by_text("Replace", exact=True).click()
    page.get_by_role("button", name="Make the new key of Web shop").click()
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("Replaced, still works")
    rows.nth(1).get_by_text("Revoke", exact=True).click()
    expect(rows.nth(1)).to_contain_text("Pages that use it get no variants")
    rows.nth(1).get_by_role("button", name="Revoke Web shop now").click()
    expect(rows.nth(1)).to_contain_text("Revoked on")


def test_a_phone_shows_every_page_without_scrolling_sideways(signed_in: Page) -> None:
    page = signed_in
    page.set_viewport_size({"width": 390, "height": 800})
    for path in ("/ui/", "/ui/new", "/ui/metrics", "/ui/metrics?new", "/ui/settings"):
        open_page(page, path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, path
    page.get_by_role("button", name="Navigation").click()
    page.get_by_role("link", name="Experiments").click()
    page.get_by_role("heading", level=1, name="Experiments").wait_for()


def test_pages_without_charts_load_at_most_500_kb_of_scripts(page: Page) -> None:
    sizes: list[int] = []
    page.on(
        "response",
        lambda answer: (
            sizes.append(int(answer.headers.get("content-length", "0")))
            if "javascript" in answer.headers.get("content-type", "")
            else None
        ),
    )
    sign_in(page)
    assert len(sizes) > 5
    assert sum(sizes) <= 500_000


def test_a_lost_connection_is_told_keeps_the_page_and_mends_itself(context: BrowserContext) -> None:
    page = context.new_page()
    sign_in(page)
    context.set_offline(True)
    page.get_by_role("link", name="Metrics", exact=True).click()
    banner = page.get_by_text("The connection is lost.")
    expect(banner).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="Experiments")).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_role("heading", level=1, name="Metrics")).to_be_visible()
    expect(banner).to_be_hidden()
