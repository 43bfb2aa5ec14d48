"""The story of an experiment: decisions with their evidence, all entries newest first, a place for words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.components.table import Column, table
from dash_ui.format import NONE, moment
from dash_ui.i18n import _
from dash_ui.journal_words import journal_text
from dash_ui.report_records import JournalLine
from dash_ui.report_words import journal_word

FILTERS = ("all", "comments", "decisions", "changes")
_SHOWN_AS = {"comment": "comments", "decision": "decisions"}
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


def entries(lines: Sequence[JournalLine], variants: Mapping[str, str] | None = None) -> Any:
    """The decision log, then all entries; a person's words stand as written, only addresses are links.

    Args:
        variants: Names of the variants by key.
    """
    if not lines:
        return html.P(_("Nothing has been written here yet."), className="pw-quiet")
    names = variants or {}
    listed = html.Ol([_entry(line, names) for line in reversed(lines)], className="pw-journal")
    return html.Div([decision_log(lines, names), listed])


def decision_log(lines: Sequence[JournalLine], variants: Mapping[str, str]) -> html.Div | None:
    """What was decided, by whom, and on which evidence; None before anything was."""
    decisions = [line for line in lines if line.kind == "decision"]
    if not decisions:
        return None
    columns = [
        Column(_("Decision")),
        Column(_("By")),
        Column(_("Verdict then")),
        Column(_("Report")),
        Column(_("Plan")),
    ]
    rows = [_decision(line, variants) for line in decisions]
    return html.Div(
        [
            html.H3(_("Decision log")),
            table(_("Decision log"), columns, rows, "pw-list pw-inset pw-cards pw-decisions"),
        ],
        className="pw-decision-log",
    )


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


def filter_switch(chosen: str) -> html.Div:
    """Which entries show; it does not touch the decision log."""
    names = {
        "all": _("Everything"),
        "comments": _("Comments"),
        "decisions": _("Decisions"),
        "changes": _("Changes"),
    }
    return html.Div(
        dmc.SegmentedControl(
            id="journal-filter",
            value=chosen,
            size="xs",
            data=[{"value": name, "label": names[name]} for name in FILTERS],
        ),
        role="group",
        className="pw-noprint pw-journal-filter",
        **aria(label=_("Show in the journal")),
    )


def _decision(line: JournalLine, variants: Mapping[str, str]) -> tuple[Any, ...]:
    data = line.data or {}
    verdict, report = data.get("verdict"), data.get("report")
    of = moment(datetime.fromisoformat(data["as_of"])) if data.get("as_of") else NONE
    seal = str(data.get("plan_hash") or "")
    return (
        journal_text(line, variants).split("\n")[0],
        html.Span([line.actor, html.Br(), html.Span(moment(line.moment), className="pw-quiet pw-small")]),
        verdict_then(verdict) if verdict else _("not kept then"),
        html.Span([of, html.Br(), html.Code(report, className="pw-hash")]) if report else NONE,
        html.Code(seal[:12], title=seal) if seal else NONE,
    )


def verdict_then(verdict: str) -> str:
    """What a report advised, in a few words."""
    return {
        "ship": _("Better: ship it"),
        "rollback": _("Worse: keep the control"),
        "continue": _("Not clear yet: go on"),
        "inconclusive": _("No meaningful difference"),
        "unhealthy": _("Not to be trusted"),
        "not_enough_data": _("Too little data"),
    }.get(verdict, verdict.replace("_", " "))


def _entry(line: JournalLine, variants: Mapping[str, str]) -> html.Li:
    when: Any = moment(line.moment)
    anchor: Any = {"id": f"entry-{line.id}", "tabIndex": -1} if line.id else {}
    if anchor:
        when = html.A(
            when, href=f"#entry-{line.id}", className="pw-link pw-target", title=_("Link to this entry")
        )
    text = journal_text(line, variants)
    return html.Li(
        [
            html.Div(
                [
                    html.Span(journal_word(line.kind), className="pw-badge"),
                    html.Span([f"{line.actor} · ", when], className="pw-quiet pw-small"),
                ],
                className="pw-journal-head",
            ),
            html.P(list(linked(text)), className="pw-journal-text"),
        ],
        **anchor,
        className=f"pw-entry pw-entry-{_SHOWN_AS.get(line.kind, 'changes')}",
    )


def linked(text: str) -> Iterator[Any]:
    """The text with its web addresses as links; nothing else in it means anything."""
    end = 0
    for found in _ADDRESS.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        yield html.A(
            found.group(),
            href=found.group(),
            target="_blank",
            rel="noopener noreferrer nofollow",
            className="pw-link",
        )
        end = found.end()
    if end < len(text):
        yield text[end:]
