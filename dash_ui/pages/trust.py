"""Why the numbers can be trusted: what came of thousands of imaginary experiments without an effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html

from dash_ui.browser import in_browser
from dash_ui.components.attributes import aria
from dash_ui.components.trust_table import range_of, trust_table
from dash_ui.format import number, percent
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.page import Page, View
from dash_ui.trust_records import Share, TrustTable
from dash_ui.trust_words import history_name, method_name, outcome_name, split_name, timing_name

ALL: Final = "all"
FILTERS: Final = ("outcome", "split", "timing", "history", "method")
_FIRST: Final = {"timing": "steady", "history": "without", "method": "automatic"}


def render(view: View) -> Any:
    """The explanation, then the table that the address narrows."""
    trust = view.gateway.trust()
    if trust is None:
        words = _("This installation came without its table. 'make trust' makes it.")
        return html.Div([html.H1(_("Can I trust this?")), html.P(words)], className="pw-empty")
    chosen = _chosen(trust, view.query)
    return html.Div(
        [
            html.Div(html.H1(_("Can I trust this?")), className="pw-head"),
            _explanation(trust),
            _counts(trust),
            html.H2(ngettext("{count} kind of experiment", "{count} kinds of experiments", len(trust.cells))),
            _reading_help(trust),
            _controls(trust, chosen),
            html.Div(_results(trust, chosen), id="trust-results", className="pw-card"),
            _colophon(trust),
            dcc.Store(id="trust-address"),
        ]
    )


def _explanation(trust: TrustTable) -> Any:
    return html.Div(
        [
            html.P(
                _(
                    "A report may be read at any moment, as often as you like, and still its false-alarm "
                    "rate is at most the {promised} that it states. We don't ask you to believe that: we "
                    "tried it.",
                    promised=percent(trust.alpha, 0),
                )
            ),
            html.P(
                _(
                    "We ran {replicates} imaginary A/A tests of each kind: both variants are the same, so "
                    "any difference that a report calls is a false alarm. We looked at each of them 100 "
                    "times, as a curious team does; at an e-mail campaign every hour for four weeks. One "
                    "call at any of those looks counts as a false alarm.",
                    replicates=number(trust.replicates),
                )
            ),
            html.P(
                _(
                    "Then we gave the variants a real difference, of the size that a single look at the end "
                    "finds in 80% of experiments, and counted how often it was found and how soon."
                )
            ),
        ],
        className="pw-card pw-prose",
    )


def _counts(trust: TrustTable) -> Any:
    named = (trust.ours[0], *trust.others)
    worst = [_worst(trust, name) for name in named]
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(_("Most false alarms: {rule}", rule=method_name(name)), className="pw-label"),
                    html.Dd(
                        [
                            percent(share.value, 1),
                            html.Div(range_of(share), className="pw-quiet pw-small pw-margin"),
                        ]
                    ),
                ],
                className="pw-card pw-count",
            )
            for name, share in zip(named, worst, strict=True)
        ],
        className="pw-counts pw-worst",
    )


def _worst(trust: TrustTable, name: str) -> Share:
    return max((cell.readings[name].false_alarms for cell in trust.cells), key=lambda share: share.value)


def _reading_help(trust: TrustTable) -> Any:
    return html.P(
        _(
            "Under each rate stands the margin of the simulation: the true rate lies there with 99.9% "
            "certainty. A rule breaks its promise when the whole margin lies above {promised}. The last "
            "columns show what other rules do in the same experiments.",
            promised=percent(trust.alpha, 0),
        ),
        className="pw-quiet",
    )


def _controls(trust: TrustTable, chosen: dict[str, str]) -> Any:
    labels = {
        "outcome": _("What is measured"),
        "split": _("Split"),
        "timing": _("When it is looked at"),
        "history": _("Earlier behaviour"),
        "method": _("Way of reading"),
    }
    return html.Div(
        [
            dmc.Select(
                id=f"trust-{name}",
                data=[{"value": code, "label": words} for code, words in _options(trust, name)],
                value=chosen[name],
                label=labels[name],
                size="sm",
                w=184,
                allowDeselect=False,
                comboboxProps={"withinPortal": False, "transitionProps": {"duration": 0}},
            )
            for name in FILTERS
        ],
        className="pw-controls",
        role="group",
        **aria(label=_("Narrow the table")),
    )


def _options(trust: TrustTable, name: str) -> list[tuple[str, str]]:
    every = [(ALL, _("All"))]
    if name == "outcome":
        return every + [(code, outcome_name(code)) for code in _codes(trust, "outcome")]
    if name == "split":
        return every + [(code, split_name(code)) for code in _codes(trust, "split")]
    if name == "timing":
        return every + [(code, timing_name(code)) for code in _codes(trust, "timing")]
    if name == "history":
        return [*every, ("without", history_name(False)), ("with", history_name(True))]
    return [(code, method_name(code)) for code in trust.ours]


def _codes(trust: TrustTable, name: str) -> list[str]:
    return list(dict.fromkeys(getattr(cell, name) for cell in trust.cells))


def _chosen(trust: TrustTable, query: Mapping[str, str | None]) -> dict[str, str]:
    """One known choice a filter, whatever the address says."""
    found = {}
    for name in FILTERS:
        known = [code for code, _words in _options(trust, name)]
        wanted = query.get(name) or _FIRST.get(name, ALL)
        found[name] = wanted if wanted in known else _FIRST.get(name, ALL)
    return found


def _results(trust: TrustTable, chosen: dict[str, str]) -> Any:
    cells = tuple(
        cell
        for cell in trust.cells
        if chosen["method"] in cell.readings
        and all(chosen[name] in (ALL, getattr(cell, name)) for name in ("outcome", "split", "timing"))
        and chosen["history"] in (ALL, "with" if cell.covariate else "without")
    )
    if not cells:
        words = _("Nothing was tried that fits all of these; choose another kind.")
        return html.P(words, className="pw-empty")
    details = [name for name, code in chosen.items() if code == ALL]
    return trust_table(trust, cells, chosen["method"], details)


def _colophon(trust: TrustTable) -> Any:
    return html.P(
        _(
            "Made with version {version} and seed {seed}: 'make trust' gives the same table again.",
            version=trust.version,
            seed=str(trust.seed),
        ),
        className="pw-quiet pw-small",
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the filters."""

    @app.callback(
        Output("trust-results", "children"),
        Output("trust-address", "data"),
        *(Input(f"trust-{name}", "value") for name in FILTERS),
        prevent_initial_call=True,
    )
    def narrow(*values: str | None) -> tuple[Any, str]:
        trust = gateway.trust()
        assert trust is not None
        chosen = _chosen(trust, dict(zip(FILTERS, values, strict=True)))
        changed = {name: code for name, code in chosen.items() if code != _FIRST.get(name, ALL)}
        return _results(trust, chosen), urlencode(changed)

    in_browser(app, "address", Output("trust-address", "id"), Input("trust-address", "data"), skip_first=True)


PAGE = Page("/ui/trust", lambda: _("Can I trust this?"), render, register)
