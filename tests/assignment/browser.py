"""A real browser for tests, or a sentence that says how to get one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A shop and its experiments on hosts of one domain.
    "--host-resolver-rules=MAP *.shop.test 127.0.0.1",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium; skips the test where there is none, except under CI."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        sentence = "no browser: install Debian's package 'chromium'"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()
