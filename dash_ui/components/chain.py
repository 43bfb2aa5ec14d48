"""The chain test, measure, refine: a nested list that is drawn as a chain."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dash_ui.components.attributes import aria
from dash_ui.components.badges import phase_badge
from dash_ui.format import interval_percent, signed_percent
from dash_ui.i18n import _
from dash_ui.report_words import decision_word
from dash_ui.time_records import Link


def chain(first: Link) -> html.Section | None:
    """Every experiment of the chain with its finding and decision; `None` for one that stands alone."""
    if not first.follows and first.here:
        return None
    return html.Section(
        [
            html.H2(_("Test, measure, refine")),
            html.P(
                _("What led to this experiment and what came of it, each with its finding and decision."),
                className="pw-quiet pw-small",
            ),
            html.Ol(_item(first), className="pw-chain"),
        ],
        id="chain",
        className="pw-card",
        tabIndex=-1,
    )


def finding_sentence(link: Link) -> str:
    """What its newest report says."""
    words = {
        "better": _("{variant} is better", variant=link.variant),
        "worse": _("{variant} is worse", variant=link.variant),
        "no_difference": _("No meaningful difference"),
        "distrust": _("Don't trust this yet"),
    }.get(link.finding or "", _("Not clear yet"))
    if link.finding is None:
        return _("No finding yet.")
    if link.lift is None or link.finding in ("distrust", "collecting"):
        return _("Finding: {verdict}.", verdict=words)
    estimate, lower, upper = link.lift
    return _(
        "Finding: {verdict}. {metric} {lift}, plausible range {range}.",
        verdict=words,
        metric=link.metric,
        lift=signed_percent(estimate),
        range=interval_percent(lower, upper),
    )


def decision_sentence(link: Link) -> str:
    """What was decided on it."""
    if link.decision is None:
        return _("Not decided yet.")
    if link.decision == "ship":
        return _("Decided: everyone gets {variant}.", variant=link.decision_variant)
    return _("Decided: {decision}.", decision=decision_word(link.decision))


def _item(link: Link) -> html.Li:
    name: Any = dcc.Link(link.name, href=f"/ui/e/{link.key}", className="pw-link pw-target")
    if link.here:
        name = html.Strong(link.name, **aria(current="page"))
    lines = [html.P(finding_sentence(link), className="pw-small")]
    if link.phase not in ("draft", "scheduled"):
        lines.append(html.P(decision_sentence(link), className="pw-small"))
    if link.note:
        lines.append(html.P(link.note, className="pw-small pw-quiet pw-chain-note"))
    node = html.Div(
        [html.Div([name, phase_badge(link.phase)], className="pw-chain-head"), *lines],
        className="pw-chain-node",
    )
    followers = html.Ol([_item(each) for each in link.follows]) if link.follows else None
    return html.Li([node, followers], className="pw-here" if link.here else "")
