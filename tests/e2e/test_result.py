"""Reading a result as a marketer and as an analyst do, in a real browser."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from dash_ui.app import create_dash
from dash_ui.gateway import Gateway
from experiments.db import Database
from experiments.models import Report
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.result_shop import EMPTY, open_result_shop
from tests.dash_ui.shop import ANALYST
from tests.e2e.conftest import open_page, sign_in
from tests.e2e.test_accessibility import too_wide, unsaid_charts

pytestmark = pytest.mark.browser

STORIES = (
    "conclusive",
    "unclear",
    "unhealthy",
    "broken-segment",
    "too-early",
    "three-arms",
    "segments",
    "trigger",
    "futile",
    EMPTY,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A shop with an experiment of every story."""
    opened = open_result_shop(tmp_path_factory.mktemp("results"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def site(database: Database) -> Iterator[str]:
    """Address of the screens on that shop; an analysis there adds the report of a clear win."""

    def analyse(key: str) -> dict[str, Any]:
        return add_report(database, key, samples.conclusive())

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Flask("results", static_folder=None)
    create_dash(app, Gateway(database, analyse, lambda: None), secret="secret-of-the-tests")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def add_report(database: Database, key: str, document: dict[str, Any]) -> dict[str, Any]:
    """Keeps one more report, as of now."""
    now = datetime.now(UTC)
    body = {**document, "experiment": key, "id": f"{key}-{now.timestamp()}", "as_of": now.isoformat()}
    with database.session() as session:
        session.add(
            Report(id=body["id"], experiment_key=key, as_of=now, body=json.dumps(body), data_hash="3c" * 32)
        )
    return body


def _open(page: Page, key: str, query: str = "") -> None:
    open_page(page, f"/ui/e/{key}{query}")


def test_the_verdict_is_the_first_thing_to_read(signed_in: Page) -> None:
    page = signed_in
    _open(page, "conclusive")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Bar at 50 is better")
    banner = page.get_by_role("region", name="Bar at 50 is better")
    expect(banner).to_contain_text("+9.7%")
    expect(banner).to_contain_text("looking early is safe")
    box = banner.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 450, "the verdict is not on the first screen"
    expect(page.locator("#changes")).to_contain_text("its nearest end is +3.0%")
    page.locator("summary", has_text="What a year rests on").press("Enter")
    expect(page.get_by_text("A year stands for")).to_be_visible()


def test_every_metric_has_a_row_with_a_bar_on_one_axis(signed_in: Page) -> None:
    page = signed_in
    _open(page, "conclusive")
    card = page.get_by_role("table", name="All metrics")
    expect(card.get_by_role("row")).to_have_count(6)
    zeros = card.locator(".pw-forest-zero")
    places = {round((zeros.nth(index).bounding_box() or {"x": -1})["x"]) for index in range(zeros.count())}
    assert len(places) == 1
    expect(card.get_by_role("img").first).to_have_attribute(
        "aria-label", re.compile(r"plausible range .* Better")
    )


def test_the_analysts_view_is_in_the_address_and_survives_a_reload(signed_in: Page) -> None:
    page = signed_in
    _open(page, "conclusive")
    methods = page.get_by_role("table", name="Methods, moments and p-values")
    expect(methods).to_be_hidden()
    page.get_by_text("Analyst", exact=True).click()
    expect(methods).to_be_visible()
    expect(page).to_have_url(re.compile(r"view=analyst"))
    page.reload()
    expect(methods).to_contain_text("18.0%")
    expect(page.get_by_role("table", name="Without CUPED, for reference")).to_be_visible()


def test_differences_switch_between_percent_and_units(signed_in: Page) -> None:
    page = signed_in
    _open(page, "conclusive")
    row = page.get_by_role("table", name="All metrics").get_by_role("row").nth(1)
    expect(row).to_contain_text("+9.7%")
    page.locator("#result-scale").get_by_text("Units").click()
    expect(row.get_by_text("+1.04 pp", exact=True)).to_be_visible()
    expect(row.get_by_text("+9.7%", exact=True)).to_be_hidden()
    expect(page).to_have_url(re.compile(r"scale=absolute"))


def test_a_failed_check_withholds_the_numbers_from_marketers_only(signed_in: Page) -> None:
    page = signed_in
    _open(page, "unhealthy")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Don't trust this yet")
    table = page.get_by_role("table", name="All metrics")
    expect(table).to_be_hidden()
    expect(page.get_by_text("The numbers are withheld")).to_be_visible()
    page.get_by_text("Traffic split is broken").click()
    expect(page.get_by_text("Remedy:")).to_be_visible()
    page.get_by_text("Analyst", exact=True).click()
    expect(table).to_be_visible()


def test_another_effect_can_be_followed_over_time(signed_in: Page) -> None:
    page = signed_in
    _open(page, "three-arms")
    chart = page.locator("#result-evidence [role=img]")
    expect(chart).to_have_attribute("aria-label", re.compile("Bar at 50: conclusive since"))
    page.locator("#result-effect").click()
    page.get_by_role("option", name="Checkout conversion · Badge on the product page").click()
    expect(chart).to_have_attribute("aria-label", re.compile("Badge .* still includes zero"))
    expect(page).to_have_url(re.compile("metric=conversion&treatment=badge"))
    page.locator("#result-evidence").get_by_text("Show the numbers").click()
    expect(page.get_by_role("table", name="Evidence over time").get_by_role("row")).to_have_count(15)


def test_a_new_report_shows_by_itself_without_a_jump(signed_in: Page, database: Database) -> None:
    page = signed_in
    _open(page, "unclear")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Not clear yet")
    expect(page.locator("#result-evidence .main-svg").first).to_be_visible()
    page.get_by_label("Comment", exact=True).fill("half a sentence")
    page.locator("#check-srm summary").click()
    place = page.get_by_role("heading", name="Setup").bounding_box()
    add_report(database, "unclear", samples.conclusive())
    expect(page.get_by_role("heading", level=2).first).to_have_text("Bar at 50 is better")
    expect(page.locator("#result-live[role=status]")).to_have_text("Bar at 50 is better")
    expect(page.get_by_label("Comment", exact=True)).to_have_value("half a sentence")
    expect(page.get_by_text("The split is 49.7% / 50.3%")).to_be_visible()
    after = page.get_by_role("heading", name="Setup").bounding_box()
    assert place is not None
    assert after is not None
    assert abs(place["y"] - after["y"]) < 120


def test_the_first_numbers_take_the_place_of_what_was_expected(signed_in: Page, database: Database) -> None:
    page = signed_in
    _open(page, EMPTY)
    expect(page.get_by_role("heading", name="Waiting for the first shoppers")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    page.get_by_role("button", name="Update now").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("Bar at 50 is better")


def test_comment_pause_resume_decide_and_refine_by_keyboard(signed_in: Page) -> None:
    page = signed_in
    _open(page, "no-difference")
    page.get_by_label("Comment", exact=True).focus()
    page.keyboard.type("Both are fine.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#result-journal")).to_contain_text("Both are fine.")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.locator("#result-head .pw-badge")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Stop and decide").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("No outcome: everyone keeps the control")).to_be_checked()
    dialog.get_by_label("Why? (kept in the journal)").fill("Too small to matter.")
    dialog.get_by_role("button", name="Stop and decide").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#result-head .pw-badge")).to_have_text("Stopped")
    expect(page.locator("#result-verdict")).to_contain_text("Too small to matter.")
    page.get_by_role("button", name="Refine").press("Enter")
    page.wait_for_url("**/ui/new?draft=no-difference-2**")
    expect(page.locator("#page h1")).to_be_visible()


def test_who_may_only_read_cannot_decide(page: Page) -> None:
    sign_in(page, ANALYST)
    _open(page, "conclusive")
    expect(page.get_by_role("button", name="Pause")).to_be_disabled()
    expect(page.get_by_role("button", name="Refine")).to_be_disabled()
    expect(page.get_by_text("Your role reads only; a marketer decides.")).to_be_visible()


def test_the_report_downloads_as_one_file(signed_in: Page, tmp_path: Path) -> None:
    page = signed_in
    _open(page, "conclusive")
    page.get_by_text("Download report").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Report for reading (HTML)").click()
    waiting.value.save_as(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert "Bar at 50 is better" in text
    assert "<script" not in text


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_result_has_a_barrier(page: Page, site: str, theme: str, language: str) -> None:
    page.context.add_cookies(
        [
            {"name": "pw_theme", "value": theme, "url": site},
            {"name": "pw_language", "value": language, "url": site},
        ]
    )
    sign_in(page)
    axe, found = Axe(), {}
    for key in STORIES:
        _open(page, key, "?view=analyst")
        page.locator("#result").wait_for()
        page.evaluate("document.querySelectorAll('#ways details').forEach(each => { each.open = true })")
        results: dict[str, Any] = axe.run(page).response
        found[key] = [
            f"{item['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
            for item in results["violations"]
            for node in item["nodes"][:3]
        ]
    assert {key: findings for key, findings in found.items() if findings} == {}


def test_a_phone_needs_no_sideways_scrolling(signed_in: Page) -> None:
    page = signed_in
    page.set_viewport_size({"width": 390, "height": 844})
    for key in ("three-arms", "unhealthy", "futile", "trigger", EMPTY):
        _open(page, key)
        assert unsaid_charts(page) + too_wide(page) == [], key
    _open(page, "conclusive")
    expect(page.get_by_role("table", name="All metrics").get_by_role("row")).to_have_count(6)


def test_a_result_prints_on_a_few_pages_without_navigation(signed_in: Page) -> None:
    page = signed_in
    _open(page, "conclusive")
    page.locator("#result-exposures .main-svg").first.wait_for()
    pdf = page.pdf(prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 5
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    expect(page.get_by_role("heading", name="Bar at 50 is better")).to_be_visible()


def test_dutch_numbers_and_dates(page: Page, site: str) -> None:
    page.context.add_cookies([{"name": "pw_language", "value": "nl", "url": site}])
    sign_in(page)
    _open(page, "harmful")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Bar at 50 is slechter")
    expect(page.locator("#result-facts")).to_contain_text("10,77%")
    expect(page.locator("#result-facts")).to_contain_text("−8,1%")
    expect(page.locator("#result-exposures .ytick").last).to_have_text(re.compile(r"^\d0\.000$"))
