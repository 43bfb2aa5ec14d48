"""Defining an experiment as a marketer does: by keyboard and labels, step by step."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import open_page, sign_in

pytestmark = pytest.mark.browser


def _next(page: Page) -> None:
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")


def _step(page: Page, title: str) -> None:
    """The step is there, and what is pressed at once is not lost."""
    expect(page.locator("#wizard-title")).to_have_text(title)


def _expect(page: Page, change: str, effect: str, reason: str) -> None:
    for label, text in (("If we …", change), ("then …", effect), ("because …", reason)):
        page.get_by_label(label).fill(text)


def _choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(re.compile(f"^{re.escape(label)}")).first.focus()
    page.keyboard.press("Enter")
    choice = page.get_by_role("option", name=option, exact=True)
    choice.wait_for()
    choice.click()


def _say_why(page: Page) -> None:
    _next(page)
    expect(page.get_by_text("Give it a name.")).to_be_visible()
    expect(page.get_by_label("Name").first).to_be_focused()
    page.keyboard.type("Free gift above €60")
    _expect(page, "give a gift above €60", "baskets grow", "it is near")
    _next(page)


def _say_what(page: Page) -> None:
    _step(page, "Where and what")
    page.get_by_label("Where?").fill("cart.banner")
    _choose(page, "Kind of offer", "No offer")
    second = page.get_by_role("region", name="Variant B")
    second.get_by_label("Name").fill("Gift at 60")
    second.get_by_label("Key").fill("gift")
    second.get_by_label("Text that shoppers see").fill("A gift from €60")
    second.get_by_label("From a basket of (€)").fill("60")


def _split_traffic(page: Page) -> None:
    slider = page.get_by_role("slider").nth(1)
    slider.focus()
    for _press in range(10):
        slider.press("ArrowRight")
    shares = page.get_by_label("Traffic share")
    expect(shares.nth(1)).to_have_value("60%")
    expect(shares.nth(0)).to_have_value("40%")
    page.get_by_role("button", name="Even split").click()
    expect(shares.nth(0)).to_have_value("50%")
    _next(page)


def _say_who_and_how_many(page: Page) -> None:
    _step(page, "Who")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("textbox", name="Property of the shopper").fill("visits")
    _choose(page, "Comparison", "is at least")
    page.get_by_role("textbox", name="Value").fill("2")
    reach = page.locator("#reach")
    expect(reach).to_contain_text("About 10,500 shoppers a week, 60% of all.")
    page.get_by_role("textbox", name="Property of the shopper").fill("visit")
    expect(reach).to_contain_text("No shopper was seen with visit. Seen were: country, visits, code.")
    page.get_by_role("textbox", name="Property of the shopper").fill("visits")
    expect(reach).to_contain_text("About 10,500 shoppers a week")
    _next(page)
    _step(page, "How many")
    _next(page)


def _plan(page: Page) -> None:
    _step(page, "Measured by")
    expect(page.get_by_text("Suggested, as it counts money, and not only orders.")).to_be_visible()
    expect(page.get_by_text("Refunds may get at most 5.0% worse")).to_be_visible()
    page.get_by_label("Primary metric").first.fill("Orders")
    page.get_by_role("option", name="Orders", exact=True).click()
    expect(page.get_by_label("Primary metric").first).to_have_value("Orders")
    _next(page)
    _step(page, "How long")
    page.get_by_label("Current rate").fill("10")
    page.get_by_label("Smallest lift worth detecting").fill("0.1")
    expect(page.locator("#estimate")).to_contain_text("Too small to test")
    page.get_by_label("Smallest lift worth detecting").fill("8")
    expect(page.locator("#estimate")).not_to_contain_text("Too small to test")
    expect(page.locator("#estimate")).to_contain_text("shoppers in all")
    _next(page)


def test_an_experiment_is_defined_and_started_through_the_wizard(signed_in: Page) -> None:
    page = signed_in
    page.get_by_role("link", name="New experiment").first.click()
    page.get_by_role("heading", level=1, name="New experiment").wait_for()
    _say_why(page)
    _say_what(page)
    assert page.url.endswith("/ui/new?draft=free-gift-above-60&step=variants")
    _split_traffic(page)
    _say_who_and_how_many(page)
    _plan(page)
    _step(page, "Check and launch")
    review = page.locator(".pw-review")
    for words in ("cart.banner", "Gift at 60 (50%)", "visits is at least 2", "Decides: Orders.", "8.0%"):
        expect(review).to_contain_text(words)
    start = page.get_by_role("button", name="Start experiment")
    start.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#wizard-problem")).to_contain_text("First mend or accept: Events arrive, ")
    for box in page.get_by_role("checkbox").all():
        box.focus()
        page.keyboard.press("Space")
    start.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/e/free-gift-above-60")
    expect(page.get_by_text("Looked at every variant before the start.")).to_be_attached()
    open_page(page, "/ui/?q=free+gift")
    expect(page.get_by_role("row").filter(has_text="Free gift above €60")).to_contain_text("Running")


def test_a_draft_survives_a_reload_at_the_step_where_it_was_left(signed_in: Page) -> None:
    page = signed_in
    open_page(page, "/ui/new")
    page.get_by_label("Name").first.fill("Quieter home page")
    _expect(page, "show less", "people find more", "they see it")
    _next(page)
    _step(page, "Where and what")
    page.get_by_text("Layout", exact=True).click()
    page.get_by_label("Columns").first.wait_for()
    page.get_by_role("button", name="Add a variant").click()
    page.get_by_role("region", name="Variant C").wait_for()
    _next(page)
    _step(page, "Who")
    expect(page).to_have_url(re.compile("step=who"))
    page.reload()
    _step(page, "Who")
    page.get_by_role("button", name="Where and what").click()
    expect(page.get_by_role("region", name="Variant C")).to_be_visible()
    shares = [share.input_value() for share in page.get_by_label("Traffic share").all()]
    assert shares == ["33.33%", "33.33%", "33.34%"]


def test_payloads_can_be_written_as_json_and_wrong_json_is_told_in_words(signed_in: Page) -> None:
    page = signed_in
    open_page(page, "/ui/new?draft=product-page-trust-badges&step=variants")
    page.get_by_text("JSON", exact=True).click()
    fields = page.get_by_label("Payload (JSON)")
    fields.nth(1).fill('{"badges": ')
    _next(page)
    expect(page.get_by_text("This is not JSON: look at line 1.")).to_be_visible()
    fields.nth(1).fill(json.dumps({"badges": ["kiyoh"], "place": "top"}))
    _next(page)
    _step(page, "Who")
    page.get_by_role("button", name="Check and launch").click()
    expect(page.locator(".pw-review")).to_contain_text("kiyoh")


def test_the_second_of_two_people_who_edit_a_draft_is_told(signed_in: Page) -> None:
    page = signed_in
    path = "/ui/new?draft=recommendation-also-bought&step=idea"
    open_page(page, path)
    other = page.context.new_page()
    other.goto(path)
    other.locator("#wizard-title").wait_for()
    other.get_by_label("Name").first.fill("Recommendation: bought together")
    other.get_by_role("button", name="Next").click()
    expect(other.locator("#wizard-title")).to_have_text("Where and what")
    other.close()
    page.get_by_label("Name").first.fill("Something else")
    _next(page)
    notice = page.locator("#wizard-notice")
    expect(notice).to_contain_text("Sanne Adema changed the name at")
    expect(notice.locator(".pw-notice")).to_be_focused()
    page.get_by_role("button", name="Show the other version").click()
    expect(page.get_by_label("Name").first).to_have_value("Recommendation: bought together")


def test_an_analyst_is_told_why_there_is_no_wizard(page: Page) -> None:
    sign_in(page, "aylin@shop.example")
    expect(page.get_by_role("button", name="New experiment")).to_be_disabled()
    open_page(page, "/ui/new")
    expect(page.get_by_text("Your role reads only")).to_be_visible()
