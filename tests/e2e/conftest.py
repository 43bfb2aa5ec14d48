"""A browser and a running site for the tests that walk through the screens."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
)

from tests.assignment.browser import chromium
from tests.dash_ui.shop import ADMIN, PASSWORD

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
WAIT_MILLISECONDS = 20_000
expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file; only one at a time can be driven in a process."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the running screens."""
    with running_site(tmp_path_factory.mktemp("site")) as url:
        yield url


@contextmanager
def running_site(folder: Path) -> Iterator[str]:
    """Address of screens of their own, for tests whose changes others must not see."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "tests.e2e.site", str(folder), str(port)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, folder / "server.log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"{url}/login", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the site did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A fresh browser profile of someone in Amsterdam who reads English."""
    fresh = browser.new_context(
        base_url=site,
        locale="en-GB",
        timezone_id="Europe/Amsterdam",
        viewport={"width": 1320, "height": 900},
        reduced_motion="reduce",
    )
    fresh.set_default_timeout(WAIT_MILLISECONDS)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext, site: str) -> Iterator[Page]:
    """A tab that fails the test on a console error, an error in a script, or a request to anyone else."""
    complaints: list[str] = []
    tab = context.new_page()

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"console {message.type}: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((site, "data:", "blob:")):
            complaints.append(f"request to another host: {request.url}")

    tab.on("console", heard)
    tab.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
    tab.on("request", asked)
    yield tab
    assert complaints == []


@pytest.fixture
def signed_in(page: Page) -> Page:
    """A tab of an admin who has just signed in."""
    sign_in(page)
    return page


def sign_in(page: Page, email: str = ADMIN, password: str = PASSWORD) -> None:
    """Signs in by the form, as a person does."""
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").or_(page.get_by_label("Wachtwoord")).fill(password)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Experiment").wait_for()


def open_page(page: Page, path: str) -> None:
    """Goes to a page and waits until it is drawn."""
    page.goto(path)
    page.locator("#page h1").wait_for()
