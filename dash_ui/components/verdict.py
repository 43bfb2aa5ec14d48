"""The verdict in words: one sentence, its size and range, what to do next."""

from __future__ import annotations

import math
from typing import Any, Final

from dash import html

from dash_ui.components.attributes import aria, data
from dash_ui.components.icon import icon
from dash_ui.components.numbers import (
    counts_text,
    difference_range,
    difference_text,
    lift_range,
    lift_text,
    per_ten_thousand,
    size_range,
    size_text,
    value_text,
)
from dash_ui.components.yearly import yearly_sentence
from dash_ui.format import NONE, number, short_day
from dash_ui.health_advice import remedy
from dash_ui.health_words import finding
from dash_ui.i18n import _, ngettext
from dash_ui.report_records import Effect, Experiment, Report
from dash_ui.report_words import decision_word, reason_sentence, tone, undetermined_sentence
from dash_ui.trigger_words import entered_sentence

_ICONS: Final = {
    "better": "trophy",
    "worse": "down",
    "no_difference": "equal",
    "unclear": "hourglass",
    "collecting": "hourglass",
    "distrust": "warning",
}

_SAID_ALREADY: Final = ("no_conclusion", "days_to_go", "planned_size_reached", "primary_better", "equivalent")


def title(report: Report) -> str:
    """Exactly one of the five verdicts."""
    name = report.featured.variant_name if report.featured else ""
    return {
        "better": _("{variant} is better", variant=name),
        "worse": _("{variant} is worse", variant=name),
        "no_difference": _("No meaningful difference"),
        "distrust": _("Don't trust this yet"),
    }.get(report.headline, _("Not clear yet"))


def size_sentence(effect: Effect) -> str:
    """From where to where the metric goes, the difference and its plausible range."""
    units = difference_text(effect.absolute.estimate, effect.kind, effect.unit)
    if units not in (NONE, size_text(effect)):
        return _(
            "{metric} goes from {before} to {after}: {lift} ({units}). The plausible range is {range}.",
            metric=effect.metric_name,
            before=value_text(effect.control_value.mean, effect.kind, effect.unit),
            after=value_text(effect.variant_value.mean, effect.kind, effect.unit),
            lift=size_text(effect),
            units=units,
            range=size_range(effect),
        )
    return _(
        "{metric} goes from {before} to {after}: {lift}. The plausible range is {range}.",
        metric=effect.metric_name,
        before=value_text(effect.control_value.mean, effect.kind, effect.unit),
        after=value_text(effect.variant_value.mean, effect.kind, effect.unit),
        lift=size_text(effect),
        range=size_range(effect),
    )


def days_sentence(report: Report) -> str | None:
    """How long it will still take, when that can be told."""
    days = report.progress.days_left
    if days is None or (report.progress.share is not None and report.progress.share >= 1):
        return None
    whole = max(1, math.ceil(days))
    return ngettext("About {count} day to go.", "About {count} days to go.", whole)


MOSTLY_KNOWN: Final = 0.5
"""Share of shoppers whose window must be over before an effect of it is acted on."""


def _known(report: Report) -> float:
    shares = [each.params.get("share") for each in report.reasons if each.code == "preliminary"]
    return min((share for share in shares if isinstance(share, float)), default=1.0)


def advice(report: Report, experiment: Experiment) -> str:
    """What to do now."""
    code = report.headline
    if experiment.status in ("stopped", "archived"):
        return _decided(experiment)
    if code == "better":
        return _with_a_winner(report)
    if code == "worse":
        return _("Stop it and keep what you have; then refine the idea with what this taught you.")
    if code == "no_difference":
        return _("Keep the variant that costs least, and test a bolder idea.")
    if code == "distrust":
        return _("Do not decide on these numbers. Repair the cause below, then start again.")
    if experiment.status == "paused":
        return _("It is paused, so nobody new comes in: resume it, or stop it with what is known.")
    return _waiting(report)


def _with_a_winner(report: Report) -> str:
    if _known(report) < MOSTLY_KNOWN:
        return _("Wait with shipping: many shoppers can still order or send back, so the effect may change.")
    if report.method == "sequential":
        return _(
            "You can stop now and ship it, or keep it running for a narrower range; looking early is safe."
        )
    if report.method != "group_sequential" and (report.progress.share or 0) < 1:
        return _("Decide when the planned number of shoppers is reached.")
    return _("What was planned is reached: you can stop now and ship it.")


def _waiting(report: Report) -> str:
    days = days_sentence(report)
    if report.headline == "collecting":
        wait = _("Collecting data; it is too early for a verdict.")
        return f"{wait} {days}" if days else wait
    said = {reason.code for reason in report.reasons}
    if "cannot_be_decided" in said:
        return _(
            "This traffic cannot answer the question. Look for a bolder change, a metric that varies less,"
            " more traffic, or accept a larger smallest lift."
        )
    if "plan_too_small" in said:
        return _("Keep it running longer than planned, or accept a larger smallest lift.")
    if "guardrail_open" in said:
        return _("Keep it running: a guardrail is not settled yet.")
    if said & {"single_look", "between_looks"}:
        wait = _("Keep it running: only a planned reading decides.")
        return f"{wait} {days}" if days else wait
    if days is None and (report.progress.share or 0) >= 1:
        return _(
            "The planned number of shoppers is reached without an outcome."
            " Any effect is likely small; you may stop."
        )
    wait = _("Keep it running: the range still includes zero.")
    return f"{wait} {days}" if days else wait


def banner(report: Report, experiment: Experiment, action: Any = None) -> html.Section:
    """The banner; a failed health check takes the place of every number."""
    code = report.headline
    lines: list[Any] = [html.H2(title(report), id="verdict-title", className="pw-verdict-title")]
    effect = report.featured
    if code == "distrust":
        lines += [html.P(f"{finding(check, report)} {remedy(check)}") for check in report.failed]
    elif effect is not None and effect.verdict == "undetermined":
        lines.append(html.P(undetermined_sentence(effect.undetermined_code, effect.undetermined)))
    elif effect is not None and code != "collecting":
        lines.append(
            html.P(_emphasised(size_sentence(effect), size_text(effect)), className="pw-verdict-size")
        )
    if report.entered is not None and code not in ("distrust", "collecting"):
        lines.append(html.P(entered_sentence(report.entered), className="pw-quiet pw-small"))
    lines.append(html.P(advice(report, experiment), className="pw-verdict-advice"))
    if effect is not None and code in ("better", "worse"):
        amount = yearly_sentence(report) or per_ten_thousand(effect)
        lines += [html.P(amount)] if amount else []
    if code not in ("distrust", "collecting"):
        names = dict(experiment.variants)
        lines += [
            html.P(reason_sentence(reason, names), className="pw-quiet pw-small")
            for reason in report.reasons
            if reason.code not in _SAID_ALREADY
        ]
    colour = tone(code)
    return html.Section(
        [
            html.Span(icon(_ICONS[code], 22), className=f"pw-verdict-icon pw-{colour}"),
            html.Div(lines, className="pw-verdict-words"),
            html.Div(action, className="pw-verdict-action pw-noprint"),
        ],
        className=f"pw-card pw-verdict pw-{colour}",
        **aria(labelledby="verdict-title"),
        **data(verdict=code),
    )


def facts(report: Report) -> html.Div | None:
    """Control, variant, difference and size of the test, with what they were counted from."""
    effect = report.featured
    if effect is None:
        return None
    figures = [
        (
            _("Control: {name}", name=effect.control_name),
            value_text(effect.control_value.mean, effect.kind, effect.unit),
            counts_text(effect, control=True),
        ),
        (
            effect.variant_name,
            value_text(effect.variant_value.mean, effect.kind, effect.unit),
            counts_text(effect, control=False),
        ),
        (_("Difference"), lift_text(effect), lift_range(effect.relative)),
        (
            _("Difference in units"),
            difference_text(effect.absolute.estimate, effect.kind, effect.unit),
            difference_range(effect),
        ),
    ]
    heading = html.Div(
        [
            html.Span(effect.metric_name, className="pw-facts-metric"),
            html.Span(
                _(
                    "{units} shoppers up to {day}",
                    units=number(report.entered.units if report.entered else report.units),
                    day=short_day(report.as_of),
                ),
                className="pw-quiet pw-small",
            ),
        ],
        className="pw-facts-head",
    )
    terms = [
        html.Div([html.Dt(term, className="pw-label"), html.Dd(value), html.Dd(below)])
        for term, value, below in figures
    ]
    return html.Div([heading, html.Dl(terms, className="pw-facts")], className="pw-card pw-numbers")


def _emphasised(sentence: str, part: str) -> list[Any]:
    before, found, after = sentence.partition(part)
    return [before, html.Strong(found), after]


def _decided(experiment: Experiment) -> str:
    if experiment.decision is None:
        return _("The experiment has ended.")
    if experiment.decision == "ship":
        sentence = _("Decided: ship {variant}.", variant=experiment.variant_name(experiment.decision_variant))
    else:
        sentence = _("Decided: {decision}.", decision=decision_word(experiment.decision))
    return f"{sentence} {experiment.decision_note}" if experiment.decision_note else sentence
