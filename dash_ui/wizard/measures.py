"""Step 5: measured by."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.records import Metric
from dash_ui.wizard.fields import choice_field, several_field, tags_field
from dash_ui.wizard.state import Problems, State, Step, Values
from dash_ui.wizard.who import SUGGESTIONS


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Metrics by role, and segments."""
    roles = state["document"]["metrics"]
    metrics = gateway.metrics()
    choices = [(metric.key, _label(metric)) for metric in metrics]
    known = {metric.key for metric in metrics}
    guardrails = roles["guardrails"]
    if not any(roles.values()):
        guardrails = [metric.key for metric in metrics if is_guardrail(metric)]
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
            roles["primary"][0] if roles["primary"] else None,
            choices,
            _("The one that decides. Choose it before you see any data."),
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


def is_guardrail(metric: Metric) -> bool:
    """Whether a metric says by itself how much worse it may get."""
    return metric.document.get("non_inferiority_margin") is not None


def _label(metric: Metric) -> str:
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
