"""Step 7: check and launch."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.format import day, number, percent
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.plan_words import futility_sentence, looks_sentence
from dash_ui.sharing_words import sharing_sentences
from dash_ui.wizard import payloads
from dash_ui.wizard.audience import audience_of, described
from dash_ui.wizard.checklist import Item, checklist, to_accept
from dash_ui.wizard.fields import button, toggle
from dash_ui.wizard.sharing import is_holdout
from dash_ui.wizard.state import Problems, State, Step, Values
from dash_ui.words import method_name, surface_name

GO = "go-to"


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Everything again in sentences, then what the start locks."""
    document = state["document"]
    names = {metric.key: metric.name for metric in gateway.metrics(archived=True)}
    facts = [
        (_("Why"), [document["hypothesis"]]),
        (_("Where and what"), _what(document)),
        (_("Who"), _who(document)),
        (_("How many"), _how_many(document)),
        (_("Measured by"), _measured(document, names)),
        (_("How long"), _how_long(document)),
    ]
    listed = [
        html.Div([html.Dt(title), html.Dd([html.P(line) for line in lines])], className="pw-review-row")
        for title, lines in facts
    ]
    review = html.Dl(listed, className="pw-review")
    return [review, _look(state), _checks(state, gateway), _lock(state, gateway)]


def _look(state: State) -> Any:
    if state["key"] is None or is_holdout(state):
        return None
    words = _("Look at the variants in the shop before you start")
    link = dcc.Link(words, href=f"/ui/e/{state['key']}", className="pw-link")
    return html.P([icon("eye", 18), link], className="pw-health")


def _what(document: dict[str, Any]) -> list[str]:
    surface = surface_name(document["surface"])
    where = document["placement"]
    first = _("{surface} at {placement}.", surface=surface, placement=where) if where else f"{surface}."
    lines = [
        _(
            "{variant} ({share}): {payload}",
            variant=variant["name"] or variant["key"],
            share=percent(variant["weight"], 0 if round(variant["weight"] * 100, 2) % 1 == 0 else 2),
            payload=payloads.describe(document["surface"], variant["payload"]),
        )
        for variant in document["variants"]
    ]
    return [first, *lines]


def _who(document: dict[str, Any]) -> list[str]:
    return [*_audience(document), *sharing_sentences(document)]


def _audience(document: dict[str, Any]) -> list[str]:
    if not document["audience"]:
        return [] if document["prerequisites"] else [_("Everyone takes part.")]
    audience = audience_of(document["audience"])
    if audience is None:
        return [json.dumps(document["audience"], ensure_ascii=False)]
    return [described(audience)]


def _how_many(document: dict[str, Any]) -> list[str]:
    lines = [_("{share} of these shoppers take part.", share=percent(document["traffic"], 0))]
    if document["fallback_attribute"]:
        lines.append(
            _(
                "They keep their variant from before login ({attribute}).",
                attribute=document["fallback_attribute"],
            )
        )
    if document["layer"]:
        layer = document["layer"]
        lines.append(
            _(
                "In layer {layer}, from {start} to {end}.",
                layer=layer["name"],
                start=percent(layer["from"], 0),
                end=percent(layer["to"], 0),
            )
        )
    return lines


def _measured(document: dict[str, Any], names: dict[str, str]) -> list[str]:
    roles = document["metrics"]
    labels = {
        "primary": _("Decides: {metrics}."),
        "guardrails": _("Must not get worse: {metrics}."),
        "secondary": _("Explain: {metrics}."),
    }
    lines = [
        labels[role].format(metrics=", ".join(names.get(key, key) for key in roles[role]))
        for role in ("primary", "guardrails", "secondary")
        if roles[role]
    ]
    if document["segments"]:
        lines.append(_("Read by: {segments}.", segments=", ".join(document["segments"])))
    return lines or [_("No metric chosen yet.")]


def _how_long(document: dict[str, Any]) -> list[str]:
    plan = document["plan"]
    lines = [
        _(
            "{method}, with a false-alarm rate of {alpha} and a chance of {power} to find the effect.",
            method=method_name(plan["method"]),
            alpha=percent(plan["alpha"], 1),
            power=percent(plan["power"], 0),
        )
    ]
    if plan["mde"]:
        lines.append(_("Smallest lift worth detecting: {lift}.", lift=percent(plan["mde"], 1)))
    lines += [line for line in (looks_sentence(plan), futility_sentence(plan)) if line]
    if plan.get("exact"):
        lines.append(_("It rests on the split alone, and counts shoppers whose window has closed."))
    if document.get("start_at"):
        lines.append(_("It starts on {day}.", day=day(datetime.fromisoformat(document["start_at"]))))
    if plan["planned_units"]:
        lines.append(_("At most {units} shoppers.", units=number(plan["planned_units"])))
    return lines


def _checks(state: State, gateway: Gateway) -> Any:
    items = checklist(state, gateway)
    document = state["document"]
    same = all(item["payload"] == document["variants"][0]["payload"] for item in document["variants"])
    words = _("All variants show the same, so this is an A/A test: it checks the measuring itself.")
    note = html.P([icon("info", 18), words], className="pw-health pw-quiet pw-wrap")
    return html.Section(
        [
            html.H3(_("Before the start"), className="pw-label", id="checks-title"),
            html.P(summary(items), className="pw-strong"),
            html.Ul([_check(item) for item in items], className="pw-checks"),
            note if same else None,
        ],
        className="pw-stack",
        **aria(labelledby="checks-title"),
    )


def summary(items: tuple[Item, ...]) -> str:
    """How far it is from a start, in a sentence."""
    if any(item.tone == "bad" for item in items):
        return _("It cannot start yet.")
    count = len(to_accept(items))
    if not count:
        return _("Everything is fine; it can start.")
    return ngettext(
        "It can start once you mend or accept {count} warning; what you accept goes in the journal.",
        "It can start once you mend or accept {count} warnings; what you accept goes in the journal.",
        count,
    )


_LOOKS = {"good": ("check", "good"), "warn": ("warning", "warn"), "bad": ("stop", "danger")}


def _check(item: Item) -> Any:
    mask, tone = _LOOKS[item.tone]
    word = {"good": _("Fine"), "warn": _("Warning"), "bad": _("Blocks the start")}[item.tone]
    ways: list[Any] = []
    if item.step is not None and item.tone != "good":
        label = _("Change: {what}", what=item.title)
        ways.append(button(GO, _("Change it"), f"{item.step}:{item.code}", label=label))
    if item.link is not None:
        ways.append(dcc.Link(item.link[1], href=item.link[0], className="pw-link pw-target"))
    if item.tone == "warn":
        words = _("I looked at every variant") if item.code == "preview" else _("I accept this")
        ways.append(
            dmc.Checkbox(
                id=toggle(f"accept.{item.code}"),
                label=[words, html.Span(_("({what})", what=item.title), className="pw-hidden")],
                checked=False,
            )
        )
    return html.Li(
        [
            html.Div(
                [icon(mask, 18), html.Span(item.title), html.Span(word, className="pw-check-word")],
                className=f"pw-check pw-{tone}-text",
            ),
            *(html.P(line, className="pw-small") for line in item.lines),
            html.Div(ways, className="pw-bar") if ways else None,
        ],
        className="pw-check-item",
    )


def unaccepted(values: Values, items: tuple[Item, ...]) -> str | None:
    """Which warnings nobody has accepted yet, in a sentence; `None` when it may start."""
    left = [item.title for item in to_accept(items) if not values.get(f"accept.{item.code}")]
    return _("First mend or accept: {what}.", what=", ".join(left)) if left else None


def accepted_words(items: tuple[Item, ...]) -> str:
    """What was accepted, for the journal."""
    lines = []
    for item in to_accept(items):
        if item.code == "preview":
            lines.append(_("Looked at every variant before the start."))
        else:
            found = " ".join(item.lines)
            lines.append(_("Accepted before the start: {what}. {found}", what=item.title, found=found))
    return "\n".join(lines)


def _lock(state: State, gateway: Gateway) -> Any:
    words = _(
        "Starting locks the metrics and the plan and seals them with a hash. Later changes are recorded."
    )
    parts: list[Any] = [html.P([icon("lock", 16), words], className="pw-health pw-quiet pw-wrap")]
    seal = gateway.seal(state["key"]) if state["key"] else None
    if seal is not None:
        told = _("The plan as it stands has the hash (SHA-256):")
        parts.append(html.P([told, " ", html.Code(seal, className="pw-seal")], className="pw-quiet pw-small"))
    return html.Div(parts)


def read(values: Values, state: State, strict: bool) -> Problems:
    """There is nothing to write."""
    return {}


STEP = Step(
    "review",
    lambda: _("Check and launch"),
    lambda: _("Read it once more as a colleague would."),
    draw,
    read,
)
