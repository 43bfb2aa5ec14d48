"""The way from page to page."""

from __future__ import annotations

import re

from dash_ui import navigation
from dash_ui.i18n import speaking
from dash_ui.routes import PAGES


def _addresses() -> list[str]:
    return re.findall(r"href='([^']+)'", str(navigation.navigation()))


def test_every_entry_opens_a_page_and_the_first_is_the_list() -> None:
    found = _addresses()
    assert found[0] == "/ui/"
    assert set(found) <= {page.path for page in PAGES}
    assert len(found) == len(set(found)) >= 7


def test_an_entry_appears_once_its_page_exists() -> None:
    known = {path for entries in navigation._GROUPS.values() for path in entries}
    exist = {page.path for page in PAGES}
    assert set(_addresses()) == known & exist


def test_groups_are_named_for_those_who_hear_them() -> None:
    with speaking("nl"):
        drawn = str(navigation.navigation())
    named = re.findall(r"id='(nav-[a-z]+)'", drawn)
    assert len(named) == 4
    assert re.findall(r"role='group', aria-labelledby='(nav-[a-z]+)'", drawn) == named
    assert "Bibliotheek" in drawn
