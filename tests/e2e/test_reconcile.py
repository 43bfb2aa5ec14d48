"""Orders reconciled in a browser, by keyboard, in both languages and themes, without a barrier."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from dash_ui.app import create_dash
from dash_ui.gateway import Gateway
from experiments.analysis.lake import Lake
from experiments.db import Database, utc_now
from experiments.jobs import Workplace
from experiments.models import SCHEDULER_LEASE, Lease
from experiments.order_uploads import OrderUploads
from experiments.reconciling import reconcile_requested
from tests.dash_ui.shop import ANALYST, open_shop
from tests.e2e.conftest import open_page, sign_in
from tests.e2e.test_accessibility import findings
from tests.experiments.analysis.build import add, conversion, exposure

pytestmark = pytest.mark.browser
KEY = "two-column-checkout"
WORDS = {
    "en": ("File of orders", "Reconcile these orders", "Explained to the cent"),
    "nl": ("Bestand met bestellingen", "Sluit deze bestellingen aan", "Tot op de cent verklaard"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A shop with an order that was counted, one that never came, and one of a bot."""
    folder = tmp_path_factory.mktemp("orders")
    database: Database = open_shop(folder)
    now, lake = utc_now(), Lake(folder / "lake")
    add(
        lake,
        [
            exposure("a", "b", now - timedelta(hours=5), experiment=KEY),
            exposure("robot", "b", now - timedelta(hours=5), experiment=KEY, attributes={"bot": True}),
            conversion("a", 49.95, now - timedelta(hours=4), id="A-1", currency="EUR"),
        ],
        now,
    )
    with database.session() as session:
        session.add(Lease(name=SCHEDULER_LEASE, holder="test", expires_at=now + timedelta(hours=1)))
    yield Workplace(database, lake, folder / "log")
    database.close()


@pytest.fixture(scope="module")
def site(place: Workplace) -> Iterator[str]:
    """The screens of the shop, with a scheduler beside them."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Flask("orders", static_folder=None)
    uploads = OrderUploads(lambda: place.lake.store)
    create_dash(app, Gateway(place.database, lambda key: {}, lambda: None, uploads), secret="of-the-tests")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    ended = threading.Event()

    def schedule() -> None:
        while not ended.is_set():
            reconcile_requested(place)
            time.sleep(0.1)

    threads = [threading.Thread(target=work, daemon=True) for work in (server.serve_forever, schedule)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    ended.set()
    server.shutdown()
    for thread in threads:
        thread.join()


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export as a shop in the Netherlands has it."""
    path = tmp_path_factory.mktemp("export") / "bestellingen mei.csv"
    moment = (utc_now() - timedelta(hours=3)).strftime("%d-%m-%Y %H:%M")
    path.write_text(
        "Bestelnummer;Klant;Datum;Bedrag;Valuta\n"
        f"A-1;a;{moment};49,95;EUR\nA-2;a;{moment};10,00;EUR\nA-3;robot;{moment};1.000,00;EUR\n"
        f"A-4;stranger;{moment};25,00;USD\n"
    )
    return path


@pytest.fixture(autouse=True)
def reports(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's reports were written by hand; these orders are reconciled with one of their events."""
    from experiments import reconciling

    monkeypatch.setattr(reconciling, "_newest_report", lambda place, key: None)


def test_a_file_is_reconciled_and_each_order_downloaded(page: Page, orders: Path) -> None:
    sign_in(page, ANALYST)
    page.get_by_role("link", name="Reconcile").click()
    page.get_by_role("heading", level=1, name="Reconcile").wait_for()
    open_page(page, f"/ui/reconcile?experiment={KEY}")
    start = page.get_by_role("button", name="Reconcile these orders")
    start.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#reconcile-problem")).to_contain_text("Choose a file first.")
    page.get_by_label("File of orders").set_input_files(orders)
    start.focus()
    page.keyboard.press("Enter")
    found = page.locator("#reconcile-found")
    expect(found).to_contain_text("Explained to the cent")
    table = found.get_by_role("table", name="Orders by class")
    expect(table.get_by_role("row").filter(has_text="Never received")).to_contain_text("€10.00")
    expect(table.get_by_role("row").filter(has_text="Bot")).to_contain_text("€1,000.00")
    expect(table.get_by_role("row").filter(has_text="Not in the experiment")).to_contain_text("US$25.00")
    expect(page.locator("#reconcile-problem")).to_be_empty()
    with page.expect_download() as download:
        found.get_by_role("link", name="Download each order with its class").click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["A-1", "A-2", "A-3", "A-4"]
    page.reload()
    expect(found).to_contain_text("bestellingen mei.csv")


def test_a_file_that_cannot_be_understood_is_told_by_its_lines(page: Page, tmp_path: Path) -> None:
    sign_in(page, ANALYST)
    open_page(page, f"/ui/reconcile?experiment={KEY}")
    path = tmp_path / "orders.csv"
    path.write_text("number,total\n1,many\n")
    page.get_by_label("File of orders").set_input_files(path)
    page.get_by_text("Columns with other names").click()
    page.get_by_label("Number of the order").fill("number")
    page.get_by_role("button", name="Reconcile these orders").click()
    expect(page.locator("#reconcile-found")).to_contain_text("line 2: total: 'many' is no amount")


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("nl", "dark")])
def test_the_page_has_no_barrier(page: Page, site: str, orders: Path, language: str, theme: str) -> None:
    names = {"pw_theme": theme, "pw_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": site} for name, value in names.items()])
    sign_in(page, ANALYST)
    open_page(page, f"/ui/reconcile?experiment={KEY}")
    named = WORDS[language]
    page.get_by_label(named[0]).set_input_files(orders)
    with page.expect_response("**/orders?*"):
        page.get_by_role("button", name=named[1]).click()
    page.wait_for_timeout(500)
    expect(page.get_by_role("button", name=named[1])).to_be_enabled()
    expect(page.locator("#reconcile-found")).to_contain_text(named[2])
    page.locator("#reconcile-way .main-svg").first.wait_for()
    assert findings(Axe(), page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    deadline = time.monotonic() + 10
    while not page.evaluate(fits):
        assert time.monotonic() < deadline, "the page is wider than a phone"
        page.wait_for_timeout(100)
