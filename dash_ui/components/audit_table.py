"""The audit log as a table: when, who, what, and what differs."""

from __future__ import annotations

from typing import Any, Final

from dash import dcc, html

from dash_ui.audit_records import AuditLine, Change, changes
from dash_ui.audit_words import action_name, actor_word, audited_name, place_of, value_words
from dash_ui.components.table import Column, table
from dash_ui.format import moment
from dash_ui.i18n import _, ngettext

_AT_ONCE: Final = 3
_STATE: Final = ("updated_at", "created_at", "updated", "created")
"""Fields that differ by themselves with every change."""


def audit_table(lines: tuple[AuditLine, ...]) -> Any:
    """One row for each change."""
    columns = [Column(_("When")), Column(_("Who")), Column(_("What")), Column(_("Difference"))]
    rows = [[_when(line), _who(line), _what(line), _difference(line)] for line in lines]
    return table(_("Changes, newest first"), columns, rows, "pw-list pw-cards pw-labelled pw-audit")


def _when(line: AuditLine) -> Any:
    return html.Span(moment(line.at), title=line.at.isoformat(timespec="seconds"), className="pw-nowrap")


def _who(line: AuditLine) -> Any:
    word = actor_word(line.actor_kind)
    return [line.actor, html.Div(word, className="pw-quiet pw-small") if word else None]


def _what(line: AuditLine) -> Any:
    address = place_of(line.kind, line.key)
    gone = line.after is None and line.action == "delete"
    key: Any = html.Code(line.key)
    if address is not None and not gone:
        key = dcc.Link(key, href=address, className="pw-link")
    return [
        html.Div(action_name(line.action), className="pw-strong"),
        html.Div([html.Span(audited_name(line.kind)), " ", key], className="pw-small pw-anywhere"),
    ]


def _difference(line: AuditLine) -> Any:
    found = [each for each in changes(line.before, line.after) if each.path not in _STATE]
    if not found:
        return html.Span(_("No field differs."), className="pw-quiet")
    if line.before is not None and line.after is not None:
        first, rest = found[:_AT_ONCE], found[_AT_ONCE:]
        if not rest:
            return _list(first)
        more = ngettext("{count} more field", "{count} more fields", len(rest))
        return [_list(first), _folded(more, rest)]
    whole = ngettext("{count} field", "{count} fields", len(found))
    return _folded(whole, found)


def _folded(words: str, found: list[Change]) -> Any:
    return html.Details([html.Summary(words, className="pw-link"), _list(found)], className="pw-diff-more")


def _list(found: list[Change]) -> Any:
    return html.Ul([_item(each) for each in found], className="pw-diff")


def _item(change: Change) -> Any:
    name = html.Code(change.path)
    if change.before is None:
        return html.Li([name, html.Ins(value_words(change.after))])
    was = html.Del([html.Span(_("was"), className="pw-hidden"), " ", value_words(change.before)])
    return html.Li(
        [name, was, html.Ins([html.Span(_("is now"), className="pw-hidden"), " ", value_words(change.after)])]
    )
