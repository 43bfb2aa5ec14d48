"""Links that show one variant of an experiment to whoever opens them, and count nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from dash import html

from dash_ui.components.attributes import aria, data
from dash_ui.components.icon import icon
from dash_ui.format import ago
from dash_ui.i18n import _
from dash_ui.records import Person
from dash_ui.report_records import Experiment
from dash_ui.wizard.fields import text_field

PARAMETER = "proefwerk"


def preview_link(page: str | None, experiment: str, variant: str) -> str:
    """The page's address that asks for a variant; without a page, what to put behind an address."""
    asked = f"{PARAMETER}={quote(experiment)}:{quote(variant)}"
    if not page:
        return f"?{asked}"
    parts = urlsplit(page)
    others = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] != PARAMETER]
    return urlunsplit(parts._replace(query="&".join([*others, asked]), path=parts.path or "/"))


def look_path(experiment: str, variant: str) -> str:
    """The way to a preview link that keeps who looked."""
    return f"/ui/look/{quote(experiment)}/{quote(variant)}"


def look_line(experiment: str, variant: str, name: str, looked: tuple[str, datetime] | None) -> html.P:
    """The link to one variant in the shop, and who looked at it last, and when."""
    words: Any = [icon("eye", 16), _("Look at {variant} in the shop", variant=name)]
    path = look_path(experiment, variant)
    parts: Any = [html.A(words, href=path, target="_blank", rel="noopener noreferrer", className="pw-link")]
    if looked is not None:
        seen = _("{person} looked at it {ago}.", person=looked[0], ago=ago(looked[1]))
        parts.append(html.Span(seen, className="pw-quiet pw-small pw-looked"))
    return html.P(parts)


def previews(experiment: Experiment, person: Person) -> html.Section:
    """A link for each variant, and where the shop's page is kept."""
    page = experiment.document.get("preview_url")
    rows = [_row(experiment, page, place) for place in range(len(experiment.variants))]
    words = _(
        "Open a link to see that variant in the shop, before the start too. Whoever looks this way is not"
        " counted."
    )
    bare = _("Put this behind the address of the page in the shop, or name the page below.")
    return html.Section(
        [
            html.H2(_("Look at the variants"), id="previews-title"),
            html.P(words, className="pw-quiet"),
            None if page else html.P(bare, className="pw-quiet pw-small"),
            html.Ul(rows, className="pw-plain-list pw-previews"),
            _page_form(page) if person.may("marketer") else None,
        ],
        className="pw-card pw-noprint",
        **aria(labelledby="previews-title"),
    )


def _row(experiment: Experiment, page: str | None, place: int) -> html.Li:
    key, name = experiment.variants[place]
    link = preview_link(page, experiment.key, key)
    shown: Any = html.Code(link)
    if page:
        # Another window, for the shop is another site; it need not know where the visitor comes from.
        shown = html.A(
            link,
            href=look_path(experiment.key, key),
            target="_blank",
            rel="noopener noreferrer",
            className="pw-link",
        )
    return html.Li(
        [
            html.Span(name, className="pw-strong"),
            html.Span(shown, className="pw-preview-link"),
            html.Button(
                [icon("copy", 16), html.Span(_("Copy"))],
                type="button",
                className="pw-button pw-compact pw-copy",
                **aria(label=_("Copy the link to {variant}", variant=name)),
                **data(copy=link, copied=_("Copied")),
            ),
        ]
    )


def _page_form(page: str | None) -> html.Div:
    return html.Div(
        [
            text_field("preview_url", _("Page of the shop"), page, placeholder="https://"),
            html.Button(_("Save"), id="preview-save", type="button", className="pw-button", n_clicks=0),
            html.Div(id="preview-answer", role="alert", className="pw-problem"),
        ],
        className="pw-form-row",
    )
