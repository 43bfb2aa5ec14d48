"""Lists in pages: which one an address asks for, and the control that turns them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import html

from dash_ui.components.attributes import aria
from dash_ui.i18n import _


def page_asked(query: Mapping[str, str]) -> int:
    """The page's number in an address; the first one where it says none that makes sense."""
    text = query.get("page", "1")
    return int(text) if text.isdecimal() and len(text) < 7 else 1


def query_string(values: Mapping[str, str], page: int) -> str:
    """The address' query string that says these values and this page; what is empty or first goes unsaid."""
    said = {**values, "page": str(page) if page > 1 else ""}
    return urlencode({name: value for name, value in said.items() if value})


def pager(ident: str, pages: int, page: int) -> Any:
    """The numbers of the pages, hidden while there is one."""
    return html.Div(
        dmc.Pagination(id=ident, total=pages, value=page, hideWithOnePage=True, withControls=False),
        className="pw-pager",
        role="group",
        **aria(label=_("Pages")),
    )
