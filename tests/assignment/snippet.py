"""What the tests of the snippet do on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

from .examples import CLIENT_KEY
from .platform import serve

# As docs/integrate.md gives it; a test holds the two to each other.
STYLE = ".proefwerk-loading [data-proefwerk]:not(.proefwerk-shown) { visibility: hidden }"
HEAD = """(function (root) {
  window.proefwerk = [];
  proefwerk.until = Date.now() + 400;
  root.add("proefwerk-loading");
  setTimeout(function () { root.remove("proefwerk-loading"); }, 400);
})(document.documentElement.classList);"""


def init(page: Page, **options: object) -> None:
    """Begin, with patience for a busy machine unless the test is about the bound."""
    page.evaluate("options => proefwerk.init(options)", {"key": CLIENT_KEY, "timeout": 15_000, **options})


def assign(page: Page, keys: list[str] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate("keys => proefwerk.assign(keys)", keys)
    return answer


def drained(page: Page) -> None:
    """Wait until every event has left the queue."""
    page.wait_for_function("Object.keys(localStorage).filter(key => key.includes('event.')).length === 0")


@contextmanager
def pages(answer: Callable[[str], str], *headers: tuple[str, str]) -> Iterator[str]:
    """A shop whose page at each path is what `answer` gives; yields its address, without a slash."""

    def shop(environ: dict[str, Any], start: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        kind = {"js": "text/javascript", "css": "text/css"}.get(path.rpartition(".")[2], "text/html")
        start("200 OK", [("Content-Type", f"{kind}; charset=utf-8"), *headers])
        return [answer(path).encode()]

    server = serve(shop)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
