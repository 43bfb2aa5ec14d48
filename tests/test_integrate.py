"""Every block of the integrator's documentation runs as it stands, and what it reports arrives."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import requests
from proefwerk_openfeature import exposure

from assignment.events import Conversion, Exposure
from tests.assignment.api.conftest import logged
from tests.assignment.browser import chromium
from tests.assignment.snippet import HEAD, STYLE
from tests.contract.test_exposures import JAVASCRIPT, node
from tests.serving import ADMIN_KEY, CLIENT_KEY, ROOT, SERVER_KEY, Server
from tests.test_docs import shop

INTEGRATE = ROOT / "docs" / "integrate.md"
PACKAGES = [ROOT / "clients" / "python" / "README.md", ROOT / "clients" / "javascript" / "README.md"]

HOLDOUT = {
    "key": "everything",
    "name": "Everything",
    "role": "holdout",
    "variants": [
        {"key": "held-out", "weight": 0.05, "payload": {}},
        {"key": "let-in", "weight": 0.95, "payload": {}},
    ],
    "metrics": {"primary": ["conversion"]},
}


class Block(NamedTuple):
    """A fenced block, and its number, which makes its shopper another one than that of any other block."""

    name: str
    language: str
    code: str
    number: int

    @property
    def shopper(self) -> str:
        return f"shopper-of-block-{self.number}"


def blocks() -> Iterator[Block]:
    number = 0
    for document in (INTEGRATE, *PACKAGES):
        text = document.read_text()
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            line = text[: match.start()].count("\n") + 1
            number += 1
            yield Block(f"{document.parent.name}/{document.name}:{line}", match[1], match[2], number)


BLOCKS = list(blocks())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with shop(tmp_path_factory.mktemp("integrate") / "var") as running:
        for path, document in (("", HOLDOUT), ("/everything/start", {})):
            url = f"{running.url}/api/v1/experiments{path}"
            requests.post(url, json=document, headers=running.headers()).raise_for_status()
        yield running


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.name}-{block.language}")
def test_the_block_runs_and_what_it_reports_arrives(server: Server, block: Block, tmp_path: Path) -> None:
    assert block.language in RUN, f"say of the block at {block.name} what language it is"
    if "npm install" in block.code or "pip install" in block.code:
        pytest.skip("installs a package; a test of its own does that")
    code = block.code.replace("http://127.0.0.1:8000", server.url).replace("YOUR-CLIENT-KEY", CLIENT_KEY)
    code = re.sub(r"shopper-1\b", block.shopper, code)
    before = len(logged(server.home))
    RUN[block.language](code, tmp_path)
    events = logged(server.home)[before:]
    exposures = [event for event in events if isinstance(event, Exposure)]
    orders = [event for event in events if isinstance(event, Conversion)]
    assert bool(exposures) == bool(re.search(r"expos|Proefwerk\w*Provider", code, re.IGNORECASE))
    assert bool(orders) == bool(re.search(r"order-|order_id", code))
    if re.search(r"ExposureHook|Proefwerk\w*Provider|exposure\(", code):
        (seen,) = (event for event in exposures if event.experiment == "free-shipping-bar")
        assert ("everything" in code) == (len(exposures) == 2)
        assert seen.id == exposure(block.shopper, "free-shipping-bar", "1", seen.variant)["id"]


def _run(command: list[str], folder: Path, **options: Any) -> None:
    environment = {
        **os.environ,
        "PROEFWERK_ADMIN_KEY": ADMIN_KEY,
        "PROEFWERK_SERVER_KEY": SERVER_KEY,
        "PROEFWERK_CLIENT_KEY": CLIENT_KEY,
        "PYTHONPATH": str(ROOT / "clients" / "python"),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _shell(code: str, folder: Path) -> None:
    _run(["bash", "-euc", code.replace("curl -s", "curl -sS --fail-with-body")], folder)


def _python(code: str, folder: Path) -> None:
    _run([sys.executable, "-c", code], folder)


def _javascript(code: str, _: Path) -> None:
    flags = ["--no-warnings", "--input-type=module"]
    if "EventSource" in code or "web-sdk" in code:
        flags.append("--experimental-eventsource")
    # From the package's folder, where it and what it needs can be imported by name.
    _run([node(), *flags, "-e", code], JAVASCRIPT)


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


def _page(code: str, _: Path) -> None:
    """Open the block as a page of a shop elsewhere, and wait until it has nothing more to ask.

    The bounds are made long, for a busy machine; a test of its own is about them.
    """
    code = code.replace("400", "15000").replace("init({ key", "init({ timeout: 15000, key")

    def shop_elsewhere(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        head = '<!doctype html><title>Shop</title><link rel="icon" href="data:,">'
        return [(head + code).encode()]

    with make_server("127.0.0.1", 0, shop_elsewhere, _Threading, _Quiet) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        complaints: list[str] = []
        with chromium() as browser:
            page = browser.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.goto(f"http://127.0.0.1:{serving.server_port}/")
            page.wait_for_load_state("networkidle")
        serving.shutdown()
    assert complaints == []


def _json(code: str, _: Path) -> None:
    json.loads(code)


RUN = {"sh": _shell, "python": _python, "js": _javascript, "html": _page, "json": _json}


def test_the_pages_of_the_readme_are_among_those_that_run_here() -> None:
    pages = re.findall(r"```html\n.*?```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert pages
    assert all(page in INTEGRATE.read_text() for page in pages)


def test_the_head_of_a_page_is_the_one_that_the_tests_of_the_snippet_measure() -> None:
    squeezed = " ".join(INTEGRATE.read_text().split())
    assert " ".join(HEAD.split()) in squeezed
    assert STYLE in squeezed


def test_every_link_within_the_documentation_leads_somewhere() -> None:
    text = INTEGRATE.read_text()
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= anchors
    for path in re.findall(r"\]\((\.[^)#]+)\)", text):
        assert (INTEGRATE.parent / path).exists(), path
