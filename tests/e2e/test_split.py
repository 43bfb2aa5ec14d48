"""A marketer changes the split of a running experiment, told beforehand what will happen."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from assignment.errors import ProefwerkError
from experiments.db import Database
from experiments.service.definitions import create_experiment, get_experiment
from experiments.service.transitions import start
from tests.e2e.conftest import open_page, sign_in
from tests.e2e.test_result import database, site  # noqa: F401 - fixtures of this module too
from tests.experiments.conftest import BOB
from tests.experiments.examples import form

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def experiment(database: Database) -> None:  # noqa: F811 - the fixture
    """A running experiment at half the traffic, made once."""
    with database.session() as session:
        try:
            get_experiment(session, "bar")
        except ProefwerkError:
            create_experiment(session, form(), BOB)
            start(session, "bar", BOB)


def test_growth_and_a_new_phase_from_the_keyboard_alone(signed_in: Page) -> None:
    page = signed_in
    open_page(page, "/ui/e/bar")
    page.get_by_role("button", name="Change the split").press("Enter")
    dialog = page.get_by_role("dialog")
    said = dialog.get_by_role("status")
    expect(said).to_contain_text("This is the split as it is now.")
    confirm = dialog.get_by_role("button", name="Change the split")
    expect(confirm).to_be_disabled()
    page.get_by_role("slider", name="Share of these shoppers that takes part").press("ArrowRight")
    expect(said).to_contain_text("51.0% of these shoppers take part.")
    expect(said).to_contain_text("Nobody moves")
    confirm.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#phases")).to_contain_text("51.0%")
    page.get_by_role("button", name="Change the split").press("Enter")
    page.get_by_role("slider", name="Share of Bar at 50 (%)").press("ArrowLeft")
    expect(dialog.get_by_label("Share of No bar (%)", exact=True).first).to_have_value("51%")
    expect(said).to_contain_text("Phase 2 begins: all shoppers are divided anew.")
    dialog.get_by_label("Leave them out: count newcomers only").check()
    dialog.get_by_label(re.compile("Why")).fill("A bug on iPhones.")
    dialog.get_by_role("button", name="Begin phase 2").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#phases")).to_contain_text("A bug on iPhones.")
    expect(page.locator("#result-journal")).to_contain_text("New phase")


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "nl")])
def test_the_dialog_has_no_barrier(page: Page, site: str, theme: str, language: str) -> None:  # noqa: F811
    page.context.add_cookies(
        [
            {"name": "pw_theme", "value": theme, "url": site},
            {"name": "pw_language", "value": language, "url": site},
        ]
    )
    sign_in(page)
    open_page(page, "/ui/e/unclear")
    page.locator("button[id*=split-open]").click()
    page.get_by_role("dialog").get_by_role("spinbutton").or_(
        page.get_by_role("dialog").locator("input[type=text]")
    ).first.fill("30")
    expect(page.locator("#split-anew")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [f"{item['id']}: {item['nodes'][0]['target']}" for item in violations] == []
