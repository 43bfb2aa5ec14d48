"""The only place that makes a chart: local, still, described in words."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dash_ui.components.attributes import aria

CONFIG: dict[str, Any] = {
    "plotlyServerURL": "",
    "displayModeBar": False,
    "displaylogo": False,
    "modeBarButtonsToRemove": ["sendChartToCloud", "sendDataToCloud"],
    "showSendToCloud": False,
    "showEditInChartStudio": False,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
    "responsive": True,
}


def graph(ident: str, figure: dict[str, Any], conclusion: str, height: int, locale: str = "en") -> html.Div:
    """A figure (a plain dict) of a fixed height whose conclusion is its label.

    Its numbers belong in a table next to it: the drawing itself is hidden from screen readers.
    """
    config: Any = {**CONFIG, "locale": locale}
    drawing = dcc.Graph(
        id=ident,
        figure=figure,
        config=config,
        responsive=True,
        style={"height": height, "width": "100%"},
    )
    return html.Div(
        html.Div(drawing, **aria(hidden=True)),
        role="img",
        className="pw-graph",
        style={"height": height},
        **aria(label=conclusion),
    )
