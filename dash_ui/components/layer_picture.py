"""A layer as a bar of slices, with the same in words below it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash import dcc, html

from dash_ui.components.attributes import aria
from dash_ui.format import number
from dash_ui.i18n import _
from dash_ui.sharing_records import LayerPicture
from dash_ui.words import phase_name


def layer_picture(layer: LayerPicture, *, may_define: bool) -> html.Section:
    """The layer's slices to scale, then who holds each and what is free.

    Args:
        may_define: Whether this person may start an experiment in a free part.
    """
    parts = [(held.start, held.end, held.experiment.name) for held in layer.held]
    parts += [(free.start, free.end, "") for free in layer.free]
    bar = [_part(start, end, name, place) for place, (start, end, name) in enumerate(sorted(parts))]
    lines = [(held.start, _held_line(held.experiment.key, held)) for held in layer.held]
    lines += [
        (free.start, _free_line(layer.name, free.start, free.end, may_define=may_define))
        for free in layer.free
    ]
    ident = f"layer-{layer.name}"
    return html.Section(
        [
            html.H3(layer.name, id=ident),
            html.Div(bar, className="pw-layer", **aria(hidden=True)),
            html.Ul(
                [line for _start, line in sorted(lines, key=lambda item: item[0])], className="pw-layer-lines"
            ),
        ],
        className="pw-card pw-section",
        **aria(labelledby=ident),
    )


def _part(start: float, end: float, name: str, place: int) -> html.Div:
    tone = f"pw-layer-held pw-layer-tone-{place % 3}" if name else "pw-layer-free"
    words = html.Span(name) if name else None
    return html.Div(words, className=f"pw-layer-part {tone}", style={"width": f"{(end - start) * 100:.4f}%"})


def _held_line(key: str, held: Any) -> html.Li:
    return html.Li(
        [
            f"{_ends(held.start, held.end)}: ",
            dcc.Link(held.experiment.name, href=f"/ui/e/{key}", className="pw-link"),
            html.Span(f" · {phase_name(held.status)}", className="pw-quiet"),
        ]
    )


def _free_line(layer: str, start: float, end: float, *, may_define: bool) -> html.Li:
    words = _("{ends} is free.", ends=_ends(start, end))
    query = urlencode({"layer": layer, "from": f"{start:.4g}", "to": f"{end:.4g}"})
    label = _("New experiment in layer {layer}, {ends}", layer=layer, ends=_ends(start, end))
    link = dcc.Link(_("New experiment here"), href=f"/ui/new?{query}", className="pw-link", title=label)
    return html.Li([words, " ", link if may_define else None])


def _ends(start: float, end: float) -> str:
    return _("{start}% to {end}%", start=number(start * 100), end=number(end * 100))
