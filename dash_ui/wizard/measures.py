"""Step 5: measured by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dash_ui.format import percent
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.records import Metric
from dash_ui.wizard.fields import choice_field, several_field, tags_field
from dash_ui.wizard.rules import SUGGESTIONS
from dash_ui.wizard.state import Problems, State, Step, Values


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Metrics by role, and segments."""
    roles = state["document"]["metrics"]
    named = {key for keys in roles.values() for key in keys}
    # Only who chose it before it was archived still finds it.
    metrics = [each for each in gateway.metrics(archived=True) if not each.archived or each.key in named]
    choices = [(metric.key, _label(metric)) for metric in metrics]
    known = {metric.key for metric in metrics}
    primary = next(iter(roles["primary"]), None)
    guardrails, hint = roles["guardrails"], _("The one that decides. Choose it before you see any data.")
    if not any(roles.values()):
        proposed = suggested(metrics)
        if proposed is not None:
            primary, hint = proposed[0].key, proposed[1]
        guardrails = [each.key for each in metrics if is_guardrail(each) and each.key != primary]
    reasons = [guardrail_reason(metric) for metric in metrics if metric.key in guardrails]
    more = html.P(
        [
            _("Is yours missing?"),
            " ",
            dcc.Link(_("Define it under Metrics"), href="/ui/metrics", className="pw-link"),
        ],
        className="pw-quiet pw-small",
    )
    return [
        choice_field(
            "metrics.primary",
            _("Primary metric"),
            primary,
            choices,
            hint,
            searchable=True,
            required=True,
        ),
        several_field(
            "metrics.guardrails",
            _("Guardrails"),
            [key for key in guardrails if key in known],
            choices,
            _("They must not get worse, whatever the primary metric does."),
            searchable=True,
        ),
        html.Ul([html.Li(reason) for reason in reasons], className="pw-quiet pw-small pw-help-list")
        if reasons
        else None,
        several_field(
            "metrics.secondary",
            _("Secondary metrics"),
            [key for key in roles["secondary"] if key in known],
            choices,
            _("They explain; they do not decide."),
            searchable=True,
        ),
        tags_field(
            "segments",
            _("Segments"),
            state["document"]["segments"],
            _("Properties to read the result by, such as device. Name them now; later ones are exploratory."),
            data=list(SUGGESTIONS),
        ),
        more,
    ]


def suggested(metrics: Sequence[Metric]) -> tuple[Metric, str] | None:
    """The metric that a retailer would decide by, and why; `None` where none is known for that.

    What is left after costs comes before what comes in, and that before whether anybody orders.
    """
    reasons = (
        (("margin", "marge", "profit", "winst"), _("Suggested, as it counts what is left after costs.")),
        (("revenue", "omzet"), _("Suggested, as it counts money, and not only orders.")),
        (("conversion", "conversie"), _("Suggested, as it counts who orders.")),
    )
    rising = [metric for metric in metrics if metric.direction == "increase"]
    for names, reason in reasons:
        for metric in rising:
            if any(name in f"{metric.key} {metric.name}".casefold() for name in names):
                return metric, reason
    return None


def is_guardrail(metric: Metric) -> bool:
    """Whether a metric says by itself how much worse it may get, or is of what a shop wants less."""
    return metric.document.get("non_inferiority_margin") is not None or metric.direction == "decrease"


def guardrail_reason(metric: Metric) -> str:
    """Why a metric guards, and when it holds a win back."""
    margin = metric.document.get("non_inferiority_margin")
    if margin is not None:
        words = _("{metric} may get at most {share} worse; its definition says so.")
        return words.format(metric=metric.name, share=percent(margin, 1))
    if metric.direction == "decrease":
        return _("{metric}: less is better, and a change of the shop may drive it up.", metric=metric.name)
    return _("{metric}: it must not be the price of a win.", metric=metric.name)


def _label(metric: Metric) -> str:
    if metric.archived:
        return _("{metric} (archived)", metric=metric.name)
    if metric.direction == "decrease":
        return _("{metric} (less is better)", metric=metric.name)
    return metric.name


def read(values: Values, state: State, strict: bool) -> Problems:
    """Writes them; further primary metrics of a draft made elsewhere stay."""
    document = state["document"]
    chosen = values.get("metrics.primary")
    rest = [key for key in document["metrics"]["primary"][1:] if key != chosen]
    roles = {
        "primary": [chosen, *rest] if chosen else [],
        "secondary": list(values.get("metrics.secondary") or []),
        "guardrails": list(values.get("metrics.guardrails") or []),
    }
    document["metrics"] = roles
    document["segments"] = [tag.strip() for tag in values.get("segments") or [] if tag.strip()]
    if not strict:
        return {}
    if not chosen:
        return {"metrics.primary": _("Choose the metric that decides.")}
    problems: Problems = {}
    for role in ("guardrails", "secondary"):
        others = [key for name, keys in roles.items() if name != role for key in keys]
        twice = sorted(set(roles[role]) & set(others))
        if twice:
            problems[f"metrics.{role}"] = _(
                "A metric has one role; {metric} has two.", metric=", ".join(twice)
            )
    return problems


STEP = Step(
    "measures",
    lambda: _("Measured by"),
    lambda: _("Decide now what success is; after the start it is locked."),
    draw,
    read,
)
