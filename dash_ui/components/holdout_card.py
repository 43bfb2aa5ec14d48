"""The holdout in words: who is held out, of what, and what does not belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dash_ui.components.badges import phase_badge
from dash_ui.format import percent
from dash_ui.i18n import _, ngettext
from dash_ui.sharing_records import Holdout, Named


def holdout_card(holdout: Holdout) -> html.Div:
    """One holdout, with its experiments and those that reach the held-out all the same."""
    head = html.Div(
        [
            html.H3(dcc.Link(holdout.name, href=f"/ui/e/{holdout.key}", className="pw-link")),
            phase_badge(holdout.status),
        ],
        className="pw-bar",
    )
    share = percent(holdout.share, 0 if round(holdout.share * 100, 2) % 1 == 0 else 2)
    if holdout.status != "running":
        words = _("Draws {share} of shoppers to leave alone; it holds nobody out now.", share=share)
        return html.Div([head, html.P(words)], className="pw-holdout")
    count = len(holdout.inside)
    inside = ngettext("{count} experiment belongs to it:", "{count} experiments belong to it:", count)
    return html.Div(
        [
            head,
            html.P(_("{share} of shoppers meet none of its experiments, nor what they ship.", share=share)),
            html.P([inside, " ", *_links(holdout.inside)]) if count else html.P(_nothing_inside()),
            html.P([_outside(), " ", *_links(holdout.outside)]) if holdout.outside else None,
        ],
        className="pw-holdout",
    )


def _outside() -> str:
    return _("These reach the held-out too, so its result leaves out what they bring:")


def _nothing_inside() -> str:
    return _("No experiment belongs to it yet; those that start from now on do.")


def _links(items: Sequence[Named]) -> list[Any]:
    found: list[Any] = []
    for place, item in enumerate(items):
        found += [", "] if place else []
        found.append(dcc.Link(item.name, href=f"/ui/e/{item.key}", className="pw-link"))
    return found
