"""The story of an experiment, newest first, with a place for words."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html

from dash_ui.components.icon import icon
from dash_ui.format import moment
from dash_ui.i18n import _
from dash_ui.report_records import JournalLine
from dash_ui.report_words import journal_word


def entries(lines: Sequence[JournalLine]) -> html.Ol | html.P:
    """All entries; a person's words stand as written."""
    if not lines:
        return html.P(_("Nothing has been written here yet."), className="pw-quiet")
    return html.Ol([_entry(line) for line in reversed(lines)], className="pw-journal")


def comment_form() -> html.Div:
    """A box for a comment; it stays as it is when the page refreshes."""
    return html.Div(
        [
            html.Label(_("Comment"), htmlFor="comment-text", className="pw-field-label"),
            dcc.Textarea(
                id="comment-text",
                value="",
                placeholder=_("What did you see, change or learn?"),
                rows=3,
                maxLength=4000,
                className="pw-textarea",
            ),
            html.P(id="comment-problem", role="alert", className="pw-problem"),
            html.Button(
                [icon("comment", 16), _("Add comment")],
                id="comment-send",
                type="button",
                className="pw-button",
            ),
        ],
        className="pw-comment pw-noprint",
    )


def _entry(line: JournalLine) -> html.Li:
    return html.Li(
        [
            html.Div(
                [
                    html.Span(journal_word(line.kind), className="pw-badge"),
                    html.Span(f"{line.actor} · {moment(line.moment)}", className="pw-quiet pw-small"),
                ],
                className="pw-journal-head",
            ),
            html.P(line.text, className="pw-journal-text"),
        ]
    )
