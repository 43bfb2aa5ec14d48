"""What was planned, in sentences: question, audience, variants, plan and its hash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html

from dash_ui.components.phases import phases
from dash_ui.components.table import Column, table
from dash_ui.format import moment, number, percent
from dash_ui.i18n import _
from dash_ui.plan_words import futility_sentence, looks_sentence
from dash_ui.report_records import Experiment
from dash_ui.report_words import method_word
from dash_ui.sharing_words import sharing_sentences
from dash_ui.wizard.audience import audience_of, described


def setup(experiment: Experiment) -> html.Section:
    """The whole setup; after the start only the split changes, and the table of phases tells how."""
    document = experiment.document
    lines = [sentence for sentence in plan_sentences(experiment) if sentence]
    columns = [
        Column(_("Variant")),
        Column(_("Share"), number=True),
        Column(_("What the shop receives")),
    ]
    rows: list[Sequence[Any]] = [
        (
            html.Div(
                [
                    html.Div(variant.get("name") or variant["key"], className="pw-strong"),
                    html.Div(
                        [html.Code(variant["key"]), " ", _("(control)") if place == 0 else ""],
                        className="pw-quiet pw-small",
                    ),
                ]
            ),
            percent(variant["weight"], 1),
            html.Code(_json(variant.get("payload") or {}), className="pw-payload"),
        )
        for place, variant in enumerate(document["variants"])
    ]
    return html.Section(
        [
            html.H2(_("Setup")),
            html.Blockquote(experiment.hypothesis, className="pw-hypothesis")
            if experiment.hypothesis
            else None,
            html.Ul([html.Li(line) for line in lines], className="pw-sentences"),
            table(_("Variants"), columns, rows, "pw-plain"),
            phases(experiment),
            *_family(experiment),
            _hash(experiment),
        ],
        className="pw-card",
        id="setup",
    )


def _who(audience: dict[str, Any]) -> Any:
    if not audience:
        return _("Who: every shopper.")
    known = audience_of(audience)
    if known is None:
        return [_("Who: shoppers who match"), " ", html.Code(_json(audience))]
    return described(known)


def plan_sentences(experiment: Experiment) -> list[Any]:
    """Audience, traffic, metrics and reading, one sentence each."""
    document = experiment.document
    plan = document.get("plan") or {}
    audience = document.get("audience") or {}
    layer = document.get("layer")
    roles = document.get("metrics") or {}
    placement = document.get("placement")
    return [
        _("Where: {placement}.", placement=placement) if placement else None,
        _who(audience),
        _("Traffic: {share} of them take part.", share=percent(document.get("traffic"), 0)),
        _(
            "Layer {layer}, from {start} to {end}: no shopper is in two experiments of a layer at once.",
            layer=layer["name"],
            start=percent(layer["from"], 0),
            end=percent(layer["to"], 0),
        )
        if layer
        else None,
        *sharing_sentences(document),
        _("Decided by: {metrics}.", metrics=_names(experiment, roles.get("primary"))),
        _("Must not get worse: {metrics}.", metrics=_names(experiment, roles.get("guardrails")))
        if roles.get("guardrails")
        else None,
        _("Also watched: {metrics}.", metrics=_names(experiment, roles.get("secondary")))
        if roles.get("secondary")
        else None,
        _("Only shoppers who reach {event} decide.", event=document["trigger"]["event"])
        if document.get("trigger")
        else None,
        _("Segments: {segments}.", segments=", ".join(document["segments"]))
        if document.get("segments")
        else None,
        *_statistics(plan),
    ]


def _statistics(plan: dict[str, Any]) -> list[str | None]:
    planned, mde = plan.get("planned_units"), plan.get("mde")
    return [
        _("Reading: {method}.", method=method_word(str(plan.get("method") or "sequential"))),
        _(
            "False-alarm rate {alpha}; a real lift of {mde} is found with {power} chance.",
            alpha=percent(plan.get("alpha"), 0),
            mde=percent(mde, 1),
            power=percent(plan.get("power"), 0),
        )
        if mde
        else _("False-alarm rate {alpha}.", alpha=percent(plan.get("alpha"), 0)),
        looks_sentence(plan),
        futility_sentence(plan),
        _("Planned size: {units} shoppers over all variants.", units=number(planned)) if planned else None,
        _("Behaviour from before the first exposure sharpens the numbers (CUPED).")
        if plan.get("cuped")
        else None,
    ]


def _family(experiment: Experiment) -> list[Any]:
    parts: list[Any] = []
    if experiment.parent:
        link = dcc.Link(experiment.parent, href=f"/ui/e/{experiment.parent}", className="pw-link")
        parts.append(html.P([_("Refines"), " ", link], className="pw-small"))
    for child in experiment.children:
        link = dcc.Link(child, href=f"/ui/e/{child}", className="pw-link")
        parts.append(html.P([_("Refined by"), " ", link], className="pw-small"))
    return parts


def _hash(experiment: Experiment) -> html.P:
    if experiment.plan_hash is None:
        return html.P(_("The plan is sealed when the experiment starts."), className="pw-quiet pw-small")
    begun = experiment.document.get("phases") or []
    at = datetime.fromisoformat(begun[-1]["started_at"]) if begun else experiment.started_at
    return html.P(
        [
            _("The plan was sealed on {moment}; its hash:", moment=moment(at)),
            " ",
            html.Code(experiment.plan_hash, className="pw-hash"),
        ],
        className="pw-quiet pw-small",
    )


def _names(experiment: Experiment, keys: list[str] | None) -> str:
    return ", ".join(experiment.metric_names.get(key, key) for key in keys or []) or "–"


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(", ", ": "))
