"""Step 1: why."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dash_ui.components.attributes import aria
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard.fields import button, choice_field, long_field, segmented, text_field
from dash_ui.wizard.hypothesis import Sentence, apart, sentence_of
from dash_ui.wizard.state import Problems, State, Step, Values, problem_of_key, slug
from dash_ui.wizard.templates import templates

_NOTHING = "-"


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Templates, name, key, what it follows, and the hypothesis."""
    document, saved = state["document"], state["key"] is not None
    fixed = _("A key never changes once it is saved.")
    made = _("Developers use it. Left empty, it is made of the name.")
    parts: list[Any] = [] if saved else [_choice(state)]
    return [
        *parts,
        html.Div(
            [
                text_field(
                    "name", _("Name"), document["name"], _("What colleagues will call it."), required=True
                ),
                text_field(
                    "key",
                    _("Key"),
                    document["key"],
                    fixed if saved else made,
                    disabled=saved,
                    placeholder="free-shipping-bar",
                ),
                _parent(state, gateway),
            ],
            className="pw-form-row pw-idea",
        ),
        *_hypothesis(state),
    ]


def _choice(state: State) -> Any:
    chosen = state.get("template")
    cards = [
        button(
            "template",
            [
                html.Span(each.name, className="pw-strong"),
                html.Span(each.about, className="pw-quiet pw-small"),
            ],
            each.code,
            "pw-template" + (" pw-chosen" if each.code == chosen else ""),
        )
        for each in templates()
    ]
    return html.Div(
        [
            html.H3(_("Start from an example, or write your own below"), id="templates-title"),
            html.Div(cards, className="pw-templates"),
        ],
        role="group",
        **aria(labelledby="templates-title"),
    )


def _parent(state: State, gateway: Gateway) -> Any:
    parent = state["document"].get("parent")
    known = dict(gateway.followable(state["key"]))
    if parent:
        known.setdefault(parent, parent)
    return choice_field(
        "parent",
        _("Follows"),
        parent or _NOTHING,
        [(_NOTHING, _("No earlier experiment")), *known.items()],
        _("The experiment whose finding this builds on."),
        searchable=True,
    )


def _hypothesis(state: State) -> list[Any]:
    text = state["document"]["hypothesis"]
    lead, last = apart(text)
    parts: list[Any] = []
    if state["as_text"]:
        field = long_field(
            "hypothesis",
            _("Hypothesis"),
            text,
            _("What do you change, for whom, what do you expect, and why?"),
            placeholder=_("If we … for …, then … because …"),
        )
        parts = [field]
    else:
        sentence = sentence_of(last) or Sentence()
        parts = [_found(lead, state)] if lead else []
        parts.append(_builder(sentence))
    modes = [("sentence", _("One sentence")), ("text", _("Free text"))]
    mode = segmented(
        "hypothesis_mode", _("Write the hypothesis as"), "text" if state["as_text"] else "sentence", modes
    )
    return [mode, *parts]


def _found(lead: str, state: State) -> Any:
    parent = state["document"].get("parent")
    link = dcc.Link(_("To its result"), href=f"/ui/e/{parent}", className="pw-link") if parent else None
    return html.Div(
        [html.H3(_("What is known")), *(html.P(line) for line in lead.split("\n") if line), link],
        className="pw-found",
    )


def _builder(sentence: Sentence) -> Any:
    return html.Div(
        [
            text_field(
                "hypothesis.change",
                _("If we …"),
                sentence.change,
                placeholder=_("show that orders from €50 ship free"),
            ),
            text_field("hypothesis.whom", _("for …"), sentence.whom, placeholder=_("shoppers with a basket")),
            text_field(
                "hypothesis.effect",
                _("then …"),
                sentence.effect,
                placeholder=_("the margin per shopper rises"),
            ),
            text_field(
                "hypothesis.reason",
                _("because …"),
                sentence.reason,
                placeholder=_("they add a product to reach the amount"),
            ),
        ],
        className="pw-form-grid pw-two",
        role="group",
        **aria(label=_("Hypothesis")),
    )


def read(values: Values, state: State, strict: bool) -> Problems:
    """Writes them; the hypothesis from its parts or from free text, whichever is in sight."""
    document = state["document"]
    document["name"] = (values.get("name") or "").strip()
    if "parent" in values:
        parent = values["parent"]
        document["parent"] = None if parent in (None, "", _NOTHING) else parent
    if state["key"] is None:
        document["key"] = (values.get("key") or "").strip() or slug(document["name"])
    problems = _read_hypothesis(values, state)
    if not strict:
        _turn(values, state)
        return {}
    if not document["name"]:
        problems["name"] = _("Give it a name.")
    elif len(document["name"]) > 200:
        problems["name"] = _("Use at most 200 characters.")
    if document["name"] and (wrong := problem_of_key(document["key"])):
        problems["key"] = wrong
    return problems


def _read_hypothesis(values: Values, state: State) -> Problems:
    document = state["document"]
    if "hypothesis.change" in values:
        names = ("change", "whom", "effect", "reason")
        sentence = Sentence(**{name: (values.get(f"hypothesis.{name}") or "").strip() for name in names})
        lead, _last = apart(document["hypothesis"])
        document["hypothesis"] = "\n\n".join(part for part in (lead, sentence.text) if part)
        empty = {
            "hypothesis.change": (sentence.change, _("What do you change?")),
            "hypothesis.effect": (sentence.effect, _("What do you expect?")),
            "hypothesis.reason": (sentence.reason, _("Why do you expect it?")),
        }
        problems = {name: words for name, (text, words) in empty.items() if not text}
    else:
        document["hypothesis"] = (values.get("hypothesis") or "").strip()
        problems = {}
        if not document["hypothesis"]:
            problems["hypothesis"] = _("Say in one sentence what you expect and why.")
    if len(document["hypothesis"]) > 4000:
        field = "hypothesis.change" if "hypothesis.change" in values else "hypothesis"
        problems[field] = _("Use at most 4,000 characters.")
    return problems


def _turn(values: Values, state: State) -> None:
    """Between the sentence and free text; text that is no such sentence stays text."""
    wanted = values.get("hypothesis_mode")
    if wanted is not None:
        fits = sentence_of(apart(state["document"]["hypothesis"])[1]) is not None
        state["as_text"] = wanted == "text" or not fits


def begin(state: State, gateway: Gateway, code: str) -> None:
    """Fills in what a template says; what shoppers see follows in the next step."""
    template = next((each for each in templates() if each.code == code), None)
    if template is None or state["key"] is not None:
        return
    shares = [round(1 / len(template.variants), 4)] * len(template.variants)
    state["document"] |= {
        "name": template.name,
        "key": "",
        "hypothesis": template.sentence.text,
        "surface": template.surface,
        "placement": template.placement,
        "variants": [
            {"key": key, "name": name, "weight": share, "payload": dict(payload)}
            for (key, name, payload), share in zip(template.variants, shares, strict=True)
        ],
        "segments": list(template.segments),
    }
    state["document"]["key"] = gateway.free_key(slug(template.name))
    state |= {"template": code, "as_text": False, "payload_json": False}


STEP = Step(
    "idea",
    lambda: _("Why"),
    lambda: _("An experiment begins with an expectation that can turn out wrong."),
    draw,
    read,
)
