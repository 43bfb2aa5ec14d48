"""Inputs with labels, help and errors, known to callbacks by the name of what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dash_ui.components.attributes import aria
from dash_ui.i18n import language

_ORDER = ["label", "input", "description", "error"]


def ident(name: str) -> dict[str, str]:
    """The id of a field that can show an error; what is told live, of plan or audience, has a group."""
    group = "plan" if name.startswith(("plan.", "assume.")) else "form"
    group = "audience" if name.startswith("audience") else group
    return {"type": "field", "name": name, "group": group}


def plain(name: str) -> dict[str, str]:
    """The id of a control that cannot be wrong."""
    return {"type": "plain", "name": name}


def sliding(name: str) -> dict[str, str]:
    """The id of a slider."""
    return {"type": "slider", "name": name}


def toggle(name: str) -> dict[str, str]:
    """The id of a switch."""
    return {"type": "toggle", "name": name}


def act(name: str, index: int | str = 0) -> dict[str, Any]:
    """The id of a button that changes the form itself, such as one more row."""
    return {"type": "act", "act": name, "index": index}


def text_field(name: str, label: str, value: object, hint: str | None = None, **more: Any) -> Any:
    """One line of text."""
    return dmc.TextInput(
        id=ident(name),
        label=label,
        value="" if value is None else str(value),
        description=hint,
        inputWrapperOrder=_ORDER,
        **more,
    )


def long_field(name: str, label: str, value: object, hint: str | None = None, **more: Any) -> Any:
    """Some lines of text."""
    return dmc.Textarea(
        id=ident(name),
        label=label,
        value=value or "",
        description=hint,
        inputWrapperOrder=_ORDER,
        autosize=True,
        minRows=3,
        **more,
    )


def number_field(name: str, label: str, value: object, hint: str | None = None, **more: Any) -> Any:
    """A number, written as the language writes it."""
    dutch = language() == "nl"
    return dmc.NumberInput(
        id=ident(name),
        label=label,
        value="" if value is None else value,
        description=hint,
        inputWrapperOrder=_ORDER,
        decimalSeparator="," if dutch else ".",
        thousandSeparator="." if dutch else ",",
        allowedDecimalSeparators=[",", "."] if more.get("decimalScale") != 0 else [],
        **more,
    )


def choice_field(
    name: str,
    label: str,
    value: object,
    choices: Sequence[tuple[str, str]],
    hint: str | None = None,
    **more: Any,
) -> Any:
    """One of some."""
    return dmc.Select(
        id=ident(name),
        label=label,
        value=value,
        data=[{"value": code, "label": text} for code, text in choices],
        description=hint,
        inputWrapperOrder=_ORDER,
        **{"allowDeselect": False, "comboboxProps": {"transitionProps": {"duration": 0}}, **more},
    )


def several_field(
    name: str,
    label: str,
    value: Sequence[str],
    choices: Sequence[tuple[str, str]],
    hint: str | None = None,
    **more: Any,
) -> Any:
    """Some of some."""
    return dmc.MultiSelect(
        id=ident(name),
        label=label,
        value=list(value),
        data=[{"value": code, "label": text} for code, text in choices],
        description=hint,
        inputWrapperOrder=_ORDER,
        hidePickedOptions=True,
        comboboxProps={"transitionProps": {"duration": 0}},
        **more,
    )


def tags_field(name: str, label: str, value: Sequence[str], hint: str | None = None, **more: Any) -> Any:
    """Any number of words, each ended with Enter."""
    return dmc.TagsInput(
        id=ident(name),
        label=label,
        value=[str(item) for item in value],
        description=hint,
        inputWrapperOrder=_ORDER,
        comboboxProps={"transitionProps": {"duration": 0}},
        **more,
    )


def json_field(name: str, label: str, value: str, hint: str | None = None, rows: int = 4) -> Any:
    """JSON for those who read it."""
    return dmc.JsonInput(
        id=ident(name),
        label=label,
        value=value,
        description=hint,
        inputWrapperOrder=_ORDER,
        autosize=True,
        minRows=rows,
        maxRows=20,
        formatOnBlur=True,
        classNames={"input": "pw-mono"},
    )


def switch_field(name: str, label: str, checked: bool, hint: str | None = None) -> Any:
    """On or off."""
    return dmc.Switch(id=toggle(name), label=label, checked=checked, description=hint)


def segmented(name: str, label: str, value: str, choices: Sequence[tuple[str, str]]) -> Any:
    """One of a few, all in sight."""
    control = dmc.SegmentedControl(
        id=plain(name), value=value, data=[{"value": code, "label": text} for code, text in choices]
    )
    return html.Div(
        [html.Span(label, className="pw-field-label"), html.Div(control, className="pw-scroll")],
        role="group",
        className="pw-field",
        **aria(label=label),
    )


def button(name: str, children: Any, index: int | str = 0, tone: str = "", label: str | None = None) -> Any:
    """A button that changes the form itself."""
    return html.Button(
        children,
        id=act(name, index),
        type="button",
        n_clicks=0,
        className=f"pw-button {tone}".strip(),
        **(aria(label=label) if label else {}),
    )


def elsewhere(prefix: str, parts: Any) -> Any:
    """The same inputs for another page, whose ids no callback of the wizard listens to."""
    for part in parts if isinstance(parts, list | tuple) else [parts]:
        if not isinstance(part, Component):
            continue
        own = getattr(part, "id", None)
        if isinstance(own, dict) and "type" in own:
            vars(part)["id"] = {**own, "type": f"{prefix}-{own['type']}"}
        elsewhere(prefix, getattr(part, "children", None))
    return parts
