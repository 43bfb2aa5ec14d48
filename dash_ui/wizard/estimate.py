"""What a plan takes, in words: shoppers, days, when it ends, what some weeks can show."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.table import Column, table
from dash_ui.format import NONE, day, number, percent, signed_percent
from dash_ui.i18n import _, ngettext
from dash_ui.records import Detectable, SizeEstimate, TooSmall
from dash_ui.wizard.run import Run
from dash_ui.words import method_name

LONG_DAYS = 84
OFTEN = ("sequential", "group_sequential")
_LEAST_EXPLAINED = 0.02


def missing() -> list[Any]:
    """What stands there until every number is filled in."""
    return [_heading(), html.P(_("Fill in the numbers to see how long it takes."))]


def summary(
    found: SizeEstimate,
    method: str,
    lift: float,
    power: float,
    variants: list[str],
    run: Run | None = None,
) -> list[Any]:
    """The live estimate.

    Args:
        found: What the plan takes.
        method: How it is read.
        lift: Effect to find, as a fraction; below 0 where a lower metric is wanted.
        power: Chance to find it.
        variants: Names, the control first.
        run: Its days on the calendar; `None` where these cannot be told.
    """
    if found.units is None:
        return [_heading(), html.P(_("These numbers cannot be planned with."))]
    per = [
        html.Li(_("{variant}: {units} shoppers", variant=name, units=number(units)))
        for name, units in zip(variants, found.per_variant, strict=True)
    ]
    total = _("{units} shoppers in all, in the worst case.", units=number(found.units))
    lines = [*_ends(found, method, run), _chance(lift, power), *_limits(found)]
    return [
        _heading(),
        *_duration(found, lift, run),
        html.Ul(per, className="pw-plain-list"),
        html.P(total, className="pw-strong"),
        *(html.P(line, className="pw-quiet pw-small") for line in lines),
    ]


def shown(found: SizeEstimate) -> list[Any]:
    """The smallest effects that some weeks show."""
    if not found.detectable:
        return []
    title = _("Smallest effect that can be found")
    columns = [Column(_("After")), Column(_("Rise"), number=True), Column(_("Drop"), number=True)]
    rows = [
        [
            ngettext("{count} week", "{count} weeks", row.weeks),
            signed_percent(row.increase) if row.increase is not None else NONE,
            signed_percent(row.decrease) if row.decrease is not None else NONE,
        ]
        for row in found.detectable
    ]
    return [html.P(title, className="pw-strong"), table(title, columns, rows, "pw-inset")]


def _heading() -> Any:
    return html.H3(_("Estimate"), className="pw-label")


def _duration(found: SizeEstimate, lift: float, run: Run | None) -> list[Any]:
    if found.days is None:
        return []
    if found.too_small is not None:
        return [_too_small(found.too_small, -(-found.days // 7))]
    days = found.days if run is None else run.days
    unit = ngettext("day", "days", days)
    figure = html.P([html.Span(number(days), className="pw-figure"), " ", unit], className="pw-figure-line")
    lines: list[Any] = [figure, html.P(in_time(days, lift), className="pw-strong")]
    if run is not None:
        first, last = day(run.first), day(run.last)
        lines.append(html.P(_("From {first} to {last}.", first=first, last=last)))
        if run.ordinary != run.days:
            lines.append(
                html.P(
                    ngettext(
                        "With ordinary traffic it would be {count} day; the calendar expects other numbers.",
                        "With ordinary traffic it would be {count} days; the calendar expects other numbers.",
                        run.ordinary,
                    ),
                    className="pw-quiet pw-small",
                )
            )
    whole = _("Run whole weeks, so that every weekday counts the same.")
    lines.append(html.P(whole, className="pw-quiet pw-small"))
    if days > LONG_DAYS:
        long = _("That is long. Detect a larger lift, or take more traffic.")
        lines.append(html.P(long, className="pw-warn-text"))
    return lines


def in_time(days: int, lift: float) -> str:
    """What a run finds, in the words of a colleague."""
    weeks = ngettext("{count} whole week", "{count} whole weeks", -(-days // 7))
    return ngettext(
        "Detects {lift} in {count} day ({weeks}).",
        "Detects {lift} in {count} days ({weeks}).",
        days,
        lift=signed_percent(lift),
        weeks=weeks,
    )


def _too_small(small: TooSmall, weeks: int) -> Any:
    """That the test is too small, and what would do."""
    most = small.most
    lines = []
    if most.increase is not None or most.decrease is not None:
        lines.append(
            _(
                "In {weeks} weeks this traffic shows {effects}.",
                weeks=number(most.weeks),
                effects=_effects(most),
            )
        )
    lines.append(_("For this lift you need {units} shoppers per day.", units=number(small.daily_needed)))
    lines += [
        _("{method} would take {weeks} weeks.", method=method_name(method), weeks=number(count))
        for method, count in small.methods
    ]
    lines += [
        _("Measured by {metric} it would take {weeks} weeks.", metric=name, weeks=number(count))
        for name, count in small.metrics
    ]
    return html.Div(
        [
            html.P(_("Too small to test"), className="pw-verdict-line pw-warn-text"),
            html.P(
                _(
                    "It would take {weeks} weeks; after {most} weeks the shop itself has changed too much.",
                    weeks=number(weeks),
                    most=number(most.weeks),
                )
            ),
            html.P(_("What would help:")),
            html.Ul([html.Li(line) for line in lines], className="pw-help-list"),
        ],
        className="pw-too-small",
    )


def _effects(row: Detectable) -> str:
    """Both directions where they are shown."""
    if row.increase is None or row.decrease is None:
        return signed_percent(row.decrease if row.increase is None else row.increase)
    lift, drop = signed_percent(row.increase), signed_percent(row.decrease)
    return _("{lift} or {drop}", lift=lift, drop=drop)


def _ends(found: SizeEstimate, method: str, run: Run | None) -> list[str]:
    """When it ends, for methods that may end before their planned size."""
    if method == "bayesian":
        return [_("Read once at the end; looking earlier is not protected.")]
    if method not in OFTEN:
        return [_("Look once, at the end. Looking earlier makes false alarms likelier.")]
    lines = [_("Often it ends sooner; you may look along the way.")]
    told = found.expected_days is not None and found.expected_days_without is not None
    ordinary = run is None or run.days == run.ordinary
    if told and ordinary and found.too_small is None:
        lines.append(
            _(
                "On average it ends on day {day} if the lift is as planned, on day {other} if there is none.",
                day=number(found.expected_days),
                other=number(found.expected_days_without),
            )
        )
    return lines


def _chance(lift: float, power: float) -> str:
    if lift < 0:
        return _(
            "A drop of {lift} or more is found with a chance of {power}.",
            lift=percent(-lift, 1),
            power=percent(power, 0),
        )
    return _(
        "A lift of {lift} or more is found with a chance of {power}.",
        lift=percent(lift, 1),
        power=percent(power, 0),
    )


def _limits(found: SizeEstimate) -> list[str]:
    lines = []
    if found.window_days >= 1 and found.too_small is None:
        lines.append(
            ngettext(
                "Then wait {count} day more, until the outcomes of the last shoppers are complete.",
                "Then wait {count} days more, until the outcomes of the last shoppers are complete.",
                found.window_days,
            )
        )
    if found.explained >= _LEAST_EXPLAINED:
        share = percent(found.explained, 0)
        lines.append(_("Earlier behaviour explains {share} of the spread; that is counted in.", share=share))
    if found.approximate:
        lines.append(
            _("A few large or rare values decide here, so the chance to find it may be some points off.")
        )
    return lines
