"""Pictures of every page for people to look at: `python -m tests.e2e.pictures FOLDER [PATH ...]`."""

from __future__ import annotations

import itertools
import logging
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from dash_ui.app import create_dash
from dash_ui.gateway import Gateway
from tests.assignment.browser import chromium
from tests.dash_ui.result_shop import EMPTY, open_result_shop
from tests.e2e.conftest import open_page, sign_in
from tests.e2e.test_accessibility import PATHS

RESULTS = ("/ui/e/conclusive", "/ui/e/three-arms?view=analyst", "/ui/e/unhealthy", f"/ui/e/{EMPTY}")
WIDTHS = (1320, 390)


def main(folder: Path, paths: tuple[str, ...]) -> None:
    """Take them: one file per page, language, theme and width; a page that scrolls sideways is named."""
    folder.mkdir(parents=True, exist_ok=True)
    with _site() as url, chromium() as browser:
        for language, theme in itertools.product(("en", "nl"), ("light", "dark")):
            _walk(browser, url, folder, paths, (language, theme))


def _walk(browser: Browser, url: str, folder: Path, paths: tuple[str, ...], look: tuple[str, str]) -> None:
    language, theme = look
    context = browser.new_context(base_url=url, timezone_id="Europe/Amsterdam", reduced_motion="reduce")
    context.add_cookies(
        [
            {"name": "pw_theme", "value": theme, "url": url},
            {"name": "pw_language", "value": language, "url": url},
        ]
    )
    page = context.new_page()
    sign_in(page)
    for path in paths:
        open_page(page, path)
        page.wait_for_load_state("networkidle")
        for width in WIDTHS:
            _take(page, width, folder / f"{_name(path)}-{language}-{theme}-{width}.png")
    context.close()


def _take(page: Page, width: int, file: Path) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(300)
    page.screenshot(path=file, full_page=True)
    if page.evaluate("document.documentElement.scrollWidth") > width:
        print(f"scrolls sideways: {file.name}")


def _name(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.removeprefix("/ui/").lower()).strip("-") or "experiments"


@contextmanager
def _site() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        database = open_result_shop(Path(folder))
        app = Flask("pictures", static_folder=None)
        create_dash(app, Gateway(database, _nobody, lambda: None), secret="secret-of-the-pictures")
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        database.close()


def _nobody(key: str) -> dict[str, Any]:
    raise RuntimeError(f"nobody analyses {key} here")


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or (*PATHS, *RESULTS))
