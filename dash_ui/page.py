"""What a page is: an address, a title, a drawing and its callbacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from dash import Dash

from dash_ui.gateway import Gateway
from dash_ui.records import Person


@dataclass(frozen=True, slots=True)
class View:
    """One person's look at one page.

    Attributes:
        params: Parts of the address, such as `key` in `/ui/e/<key>`.
        query: The address' query string, last value of each name.
    """

    gateway: Gateway
    person: Person
    params: dict[str, str]
    query: dict[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the screens.

    Attributes:
        path: Address below the server's root; `<name>` stands for one part.
        title: Its name in the browser, in the language of the request.
        render: Draws the page; the tree has exactly one `h1`.
        register: Adds its callbacks to an app.
    """

    path: str
    title: Callable[[], str]
    render: Callable[[View], Any]
    register: Callable[[Dash, Gateway], None]

    def match(self, path: str) -> dict[str, str] | None:
        """The parts of an address when it is this page's, else `None`."""
        pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", self.path.rstrip("/"))
        found = re.fullmatch(pattern, path.rstrip("/"))
        return None if found is None else found.groupdict()


def query_of(search: str | None) -> dict[str, str]:
    """The names and values in a query string."""
    return dict(parse_qsl((search or "").lstrip("?"), keep_blank_values=True))
