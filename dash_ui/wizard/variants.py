"""Step 2: where, and what each variant shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.components.previews import look_line
from dash_ui.components.share_slider import share_slider
from dash_ui.format import number
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard import payloads
from dash_ui.wizard.fields import button, json_field, number_field, segmented, text_field
from dash_ui.wizard.state import Problems, State, Step, Values, problem_of_key, share_of, slug
from dash_ui.words import surface_name

MOST = 20


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Surface, placement and a card for each variant."""
    document = state["document"]
    surfaces = [(code, surface_name(code)) for code in ("offer", "layout", "recommendation")]
    modes = [("form", _("Form")), ("json", "JSON")]
    return [
        html.Div(
            [
                segmented("surface", _("What do you change?"), document["surface"], surfaces),
                text_field(
                    "placement",
                    _("Where?"),
                    document["placement"],
                    placeholder=_("For example cart.banner"),
                ),
                text_field(
                    "preview_url",
                    _("Page of the shop"),
                    document["preview_url"],
                    _("Where it can be looked at; preview links start there."),
                    placeholder="https://",
                ),
                segmented("payload_mode", _("Enter as"), "json" if state["payload_json"] else "form", modes),
            ],
            className="pw-form-row pw-idea",
        ),
        _only_json(state),
        html.Div(_cards(state, gateway), className="pw-stack"),
        html.Div(
            [
                html.P(
                    [icon("check", 18), _total(document["variants"])],
                    id="share-total",
                    className="pw-health pw-good-text",
                    role="status",
                ),
                html.Div(className="pw-grow"),
                button("add-variant", [icon("plus", 16), _("Add a variant")]),
                html.Button(
                    [icon("equal", 16), _("Even split")],
                    id="even-split",
                    type="button",
                    className="pw-button",
                ),
            ],
            className="pw-bar",
        ),
    ]


def _only_json(state: State) -> Any:
    """Why the form is not there, and what it cannot show."""
    surface, variants = state["document"]["surface"], state["document"]["variants"]
    names = sorted({name for each in variants for name in payloads.beyond(surface, each["payload"])})
    if not state["payload_json"] or not names:
        return None
    words = _(
        "The form cannot show {keys}, so the payloads stay JSON; nothing is lost.", keys=", ".join(names)
    )
    return html.P([icon("info", 18), html.Span(words)], className="pw-health pw-quiet pw-wrap")


def _total(variants: list[dict[str, Any]]) -> str:
    return _("Total {share}%", share=number(sum(item["weight"] for item in variants) * 100, 0))


def _cards(state: State, gateway: Gateway) -> list[Any]:
    looked = gateway.looked(state["key"]) if state["key"] else {}
    return [_card(state, place, looked) for place in range(len(state["document"]["variants"]))]


def _card(state: State, place: int, looked: Mapping[str, tuple[str, datetime]]) -> Any:
    document = state["document"]
    variant = document["variants"][place]
    title = variant["name"] or variant["key"] or _("Variant {letter}", letter=letter(place))
    heading: list[Any] = [html.H3(title)]
    if place == 0:
        heading.append(html.Span(_("the control"), className="pw-badge"))
    heading.append(html.Div(className="pw-grow"))
    if place > 0 and len(document["variants"]) > 2:
        gone = _("Remove {variant}", variant=title)
        heading.append(button("remove-variant", icon("trash", 18), place, "pw-quiet-button", gone))
    base = f"variants.{place}"
    return html.Section(
        [
            html.Div(heading, className="pw-bar"),
            html.Div(
                [
                    text_field(f"{base}.name", _("Name"), variant["name"]),
                    text_field(f"{base}.key", _("Key"), variant["key"]),
                    _share(place, title, round(variant["weight"] * 100, 2)),
                ],
                className="pw-form-row pw-variant-row",
            ),
            _payload(state, place, variant["payload"]),
            _preview(state, place, looked),
        ],
        className="pw-variant",
        **aria(label=title),
    )


def _preview(state: State, place: int, looked: Mapping[str, tuple[str, datetime]]) -> Any:
    """The link to a variant as it was last saved; none before there is a page to look at."""
    saved = state["base"].get("variants") or []
    if state["key"] is None or not state["document"]["preview_url"] or place >= len(saved):
        return None
    key, name = saved[place]["key"], saved[place]["name"]
    return look_line(state["key"], key, name or key, looked.get(key))


def _share(place: int, title: str, percent: float) -> Any:
    label = _("Share of {variant} (%)", variant=title)
    control = number_field(f"variants.{place}.share", _("Traffic share"), percent, min=0, max=100, suffix="%")
    control.id = {"type": "share-number", "index": place}
    control.w = 120
    control.decimalScale = 2
    return html.Div(
        [
            control,
            share_slider(place, label, percent, marks=(0, 50, 100)),
        ],
        className="pw-share",
    )


def _payload(state: State, place: int, payload: dict[str, Any]) -> Any:
    if state["payload_json"]:
        text = json.dumps(payload, indent=2, ensure_ascii=False)
        return json_field(f"variants.{place}.payload", _("Payload (JSON)"), text)
    return html.Div(payloads.draw(state["document"]["surface"], place, payload), className="pw-form-grid")


def read(values: Values, state: State, strict: bool) -> Problems:
    """Writes them; the payload from the form or from JSON, whichever is in sight."""
    document = state["document"]
    document["placement"] = (values.get("placement") or "").strip()
    document["preview_url"] = (values.get("preview_url") or "").strip() or None
    shares = values.get("shares") or []
    problems: Problems = {}
    for place, variant in enumerate(document["variants"]):
        base = f"variants.{place}"
        variant["name"] = (values.get(f"{base}.name") or "").strip()
        variant["key"] = (values.get(f"{base}.key") or "").strip() or slug(variant["name"])
        if place < len(shares):
            variant["weight"] = share_of(shares[place])
        problems |= _read_payload(values, state, place)
    if strict:
        problems |= _check(document["variants"], document["surface"], state["payload_json"])
    if not problems:
        _turn(state, values.get("surface") or document["surface"], values.get("payload_mode") == "json")
    return problems


def _read_payload(values: Values, state: State, place: int) -> Problems:
    document = state["document"]
    if not state["payload_json"]:
        document["variants"][place]["payload"] = payloads.read(document["surface"], place, values)
        return {}
    name = f"variants.{place}.payload"
    payload, wrong = read_object(values.get(name))
    if wrong:
        return {name: wrong}
    document["variants"][place]["payload"] = payload
    return {}


def _turn(state: State, surface: str, as_json: bool) -> None:
    """To another surface, or between form and JSON; a form that cannot show all gives way to JSON.

    What was filled in for a surface is set aside, and is back when somebody returns to it.
    """
    document = state["document"]
    if surface != document["surface"] and not state["payload_json"]:
        aside = state.setdefault("set_aside", {})
        aside[document["surface"]] = {item["key"]: item["payload"] for item in document["variants"]}
        back = aside.get(surface, {})
        for variant in document["variants"]:
            variant["payload"] = back.get(variant["key"]) or _kept(surface, variant["payload"])
    document["surface"] = surface
    fitting = all(payloads.fits(surface, variant["payload"]) for variant in document["variants"])
    state["payload_json"] = as_json or not fitting


def _kept(surface: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if payloads.fits(surface, {name: value})}


def read_object(text: str | None) -> tuple[dict[str, Any], str | None]:
    """A JSON object that somebody typed, or what is wrong with it."""
    if not (text or "").strip():
        return {}, None
    try:
        value = json.loads(text or "", parse_constant=_no_number)
    except ValueError as error:
        place = getattr(error, "lineno", 1)
        return {}, _("This is not JSON: look at line {line}.", line=place)
    if not isinstance(value, dict):
        return {}, _("This must be a JSON object, between curly braces.")
    return value, None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _check(variants: list[dict[str, Any]], surface: str, as_json: bool) -> Problems:
    problems: Problems = {}
    keys = [variant["key"] for variant in variants]
    for place, variant in enumerate(variants):
        base = f"variants.{place}"
        if not variant["name"]:
            problems[f"{base}.name"] = _("Give it a name.")
        wrong = problem_of_key(variant["key"]) if variant["name"] else None
        if keys.index(variant["key"]) < place:
            wrong = _("This key is used twice; keys must differ.")
        if wrong:
            problems[f"{base}.key"] = wrong
        problems |= _check_payload(base, surface, variant["payload"], as_json)
    total = sum(variant["weight"] for variant in variants)
    if abs(total - 1) > 1e-6:
        digits = 0 if round(total * 100, 2) % 1 == 0 else 2
        shown = number(total * 100, digits)
        problems["variants"] = _("The shares total {share}%; they must total 100%.", share=shown)
    return problems


def _check_payload(base: str, surface: str, payload: dict[str, Any], as_json: bool) -> Problems:
    """What is wrong with a payload: at each input of the form, or in one line below the JSON."""
    found = payloads.problems_of(surface, payload)
    if not as_json:
        return {f"{base}.payload.{name}": words for name, words in found.items()}
    lines = [_("{key}: {problem}", key=name, problem=words) for name, words in found.items()]
    return {f"{base}.payload": " ".join(lines)} if lines else {}


def letter(place: int) -> str:
    """A variant's letter: A is the control."""
    return chr(ord("A") + place)


def add(state: State) -> None:
    """One more variant, with its fair share."""
    variants = state["document"]["variants"]
    if len(variants) < MOST:
        place = len(variants)
        used = {variant["key"] for variant in variants}
        key = next(code for code in map(str.lower, map(letter, range(place, 60))) if code not in used)
        name = _("Variant {letter}", letter=letter(place))
        variants.append({"key": key, "name": name, "weight": 0.0, "payload": {}})
        spread(variants)


def remove(state: State, place: int) -> None:
    """One variant less; the others share what it had."""
    variants = state["document"]["variants"]
    if 0 < place < len(variants) and len(variants) > 2:
        del variants[place]
        spread(variants)


def spread(variants: list[dict[str, Any]]) -> None:
    """Gives all the same share, to two decimals of a percent, the last one what is left."""
    even = int(10_000 / len(variants)) / 10_000
    for variant in variants:
        variant["weight"] = even
    variants[-1]["weight"] = round(1 - even * (len(variants) - 1), 4)


STEP = Step(
    "variants",
    lambda: _("Where and what"),
    lambda: _("The first variant is the control: what shoppers see today."),
    draw,
    read,
)
