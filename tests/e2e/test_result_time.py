"""Reading and explaining a result's curves, and going along its chain, in a real browser by keyboard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlmodel import select
from werkzeug.serving import make_server

from dash_ui.app import create_dash
from dash_ui.gateway import Gateway
from experiments.models import Experiment, JournalEntry
from tests.dash_ui.result_shop import open_result_shop
from tests.dash_ui.shop import ANALYST, MARKETER
from tests.e2e.conftest import open_page, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Screens on a shop where one experiment follows another and had a pause and a decision."""
    database = open_result_shop(tmp_path_factory.mktemp("time"))
    now = datetime.now(UTC)
    with database.session() as session:
        session.exec(select(Experiment).where(Experiment.key == "unclear")).one().parent = "trigger"
        for days, kind, data in ((15, "pause", None), (13, "resume", None), (1, "decision", _DECISION)):
            at = now - timedelta(days=days)
            session.add(
                JournalEntry(
                    experiment_key="trigger", at=at, actor=MARKETER, kind=kind, text="As stored.", data=data
                )
            )
    app = Flask("curves", static_folder=None)
    create_dash(app, Gateway(database, _nobody, lambda: None), secret="secret-of-the-tests")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    database.close()


_DARK_DUTCH = (("pw_language", "nl"), ("pw_theme", "dark"))
_DECISION: dict[str, Any] = {"decision": "ship", "variant": "bar", "report": "r", "verdict": "ship"}


def _nobody(key: str) -> dict[str, Any]:
    raise RuntimeError(f"nobody analyses {key} here")


def test_an_analyst_marks_a_bend_by_keyboard_and_every_chart_has_it(page: Page) -> None:
    sign_in(page, ANALYST)
    open_page(page, "/ui/e/trigger")
    save = page.get_by_role("button", name="Add mark")
    save.press("Enter")
    expect(page.get_by_text("Say what happened.")).to_be_visible()
    expect(page.get_by_label("First day")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("What happened").fill("Sold out in Utrecht")
    page.get_by_label("First day").fill((datetime.now(UTC) - timedelta(days=4)).date().isoformat())
    save.press("Enter")
    expect(page.get_by_text("Sold out in Utrecht is on the charts.")).to_be_visible()
    for part in ("evidence", "exposures", "over_time"):
        expect(page.locator(f"#result-{part} .pw-mark-list li")).to_have_count(2)
        expect(page.locator(f"#result-{part} .pw-mark-list")).to_contain_text("2Note: Sold out in Utrecht")
        expect(page.locator(f"#result-{part} .annotation-text").filter(has_text="2").first).to_be_visible()


def test_the_journal_is_filtered_and_an_entry_has_an_address_of_its_own(page: Page) -> None:
    sign_in(page)
    open_page(page, "/ui/e/trigger?journal=decisions")
    entries = page.locator(".pw-entry:visible")
    expect(entries).to_have_count(1)
    expect(page.locator(".pw-decision-log")).to_contain_text("Better: ship it")
    page.get_by_text("Comments", exact=True).click()
    expect(entries).to_contain_text(["Sinterklaas campaign"])
    assert "journal=comments" in page.url
    address = entries.first.get_by_role("link").get_attribute("href") or ""
    open_page(page, f"/ui/e/trigger{address}")
    expect(page.locator(address)).to_be_focused()
    expect(page.locator(address)).to_be_in_viewport()


def test_the_chain_leads_to_the_parent_and_a_narrow_dark_dutch_page_breaks_no_rule(
    page: Page, site: str
) -> None:
    sign_in(page)
    open_page(page, "/ui/e/unclear")
    page.locator("#chain").get_by_role("link", name="Free-shipping bar (trigger)").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Free-shipping bar (trigger)")
    expect(page.locator("#chain [aria-current=page]")).to_have_text("Free-shipping bar (trigger)")
    page.context.add_cookies([{"name": name, "value": value, "url": site} for name, value in _DARK_DUTCH])
    page.reload()
    expect(page.locator("#chain h2")).to_have_text("Testen, meten, verfijnen")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    expect(page.locator(".pw-mark-list").first).to_contain_text("Gepauzeerd")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
