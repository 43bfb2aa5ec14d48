"""Planned looks: what was seen at each against what it needed, and when the next one is."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.graph import graph
from dash_ui.components.numbers import difference_text
from dash_ui.components.table import Column, table
from dash_ui.figures.looks import looks_figure
from dash_ui.format import NONE, day, moment, number, percent, signed
from dash_ui.i18n import _, language, ngettext
from dash_ui.look_records import EffectLooks, Looks, ScheduledLook, TakenLook
from dash_ui.report_records import Effect, Report

HEIGHT = 280


def looks(report: Report, effect: Effect | None) -> html.Section | None:
    """The looks of one comparison; nothing for a plan without looks."""
    planned = report.looks
    if planned is None or effect is None or effect.looks is None:
        return None
    words = conclusion(planned, effect, effect.looks)
    upcoming = planned.next.share if planned.next and effect.looks.decided is None else None
    return html.Section(
        [
            html.H2(_("Planned looks")),
            html.P(_meaning(planned), className="pw-quiet pw-small"),
            graph("looks", looks_figure(effect.looks, effect.gain, upcoming), words, HEIGHT, language()),
            html.P(_key(planned), className="pw-quiet pw-small"),
            html.P(words, className="pw-small pw-conclusion"),
            *_corrected(effect, effect.looks),
            table(_("Planned looks"), _columns(planned), _rows(planned, effect.looks), "pw-plain"),
        ],
        className="pw-card pw-numbers",
    )


def conclusion(planned: Looks, effect: Effect, looks: EffectLooks) -> str:
    """Where the comparison stands, in one or two sentences."""
    names = {"metric": effect.metric_name, "variant": effect.variant_name}
    stopped = next((look for look in looks.taken if look.number == looks.decided), None)
    if stopped is not None:
        said = {
            "better": _("{metric}, {variant}: better, since look {look}.", look=stopped.number, **names),
            "worse": _("{metric}, {variant}: worse, since look {look}.", look=stopped.number, **names),
            "futility": _(
                "{metric}, {variant}: stopped for futility at look {look}; the rest of the plan would hardly"
                " show the effect that it was made for.",
                look=stopped.number,
                **names,
            ),
        }
        return said[stopped.decision]
    if planned.next is None:
        return _("{metric}, {variant}: the looks are over and no boundary was crossed.", **names)
    now = ngettext(
        "{metric}, {variant}: {count} look taken, no boundary crossed yet.",
        "{metric}, {variant}: {count} looks taken, no boundary crossed yet.",
        planned.taken,
        **names,
    )
    return f"{now} {_following(planned, planned.next)}"


def _following(planned: Looks, following: ScheduledLook) -> str:
    look, units = following.number, number(following.units)
    if planned.next_at is None:
        return _("Look {look} is due at {units} shoppers.", look=look, units=units)
    return _(
        "Look {look} is due at {units} shoppers, around {day}.",
        look=look,
        units=units,
        day=day(planned.next_at),
    )


def _meaning(planned: Looks) -> str:
    if planned.windows:
        return _(
            "Only these looks decide. A shopper counts as far as the window has passed in which outcomes"
            " come; it comes to {units} whole shoppers now.",
            units=number(planned.completed),
        )
    return _("Only these looks decide; whatever shows in between is preliminary.")


def _key(planned: Looks) -> str:
    if planned.futility:
        return _(
            "Across: share of the plan. Up: the difference in standard errors. Dashed: what a look must pass"
            " to decide, teal for better, orange for worse, grey for too little."
        )
    return _(
        "Across: share of the plan. Up: the difference in standard errors. Dashed: what a look must pass"
        " to decide, teal for better, orange for worse."
    )


def _corrected(effect: Effect, looks: EffectLooks) -> list[Any]:
    """The estimate that takes the stopping into account."""
    final = looks.final
    if final is None or final.estimate is None:
        return []
    words = _(
        "Corrected for stopping at a look, the difference is {difference}, plausibly from {lower}"
        " to {upper}.",
        difference=difference_text(final.estimate, effect.kind, effect.unit),
        lower=difference_text(final.lower, effect.kind, effect.unit),
        upper=difference_text(final.upper, effect.kind, effect.unit),
    )
    return [html.P(words, className="pw-small")]


def _columns(planned: Looks) -> list[Column]:
    units = _("Whole shoppers") if planned.windows else _("Shoppers")
    return [
        Column(_("Look")),
        Column(units, number=True),
        Column(_("When")),
        Column(_("Difference in standard errors"), number=True),
        Column(_("Needed"), number=True),
        Column(_("False alarms spent"), number=True),
        Column(_("Outcome")),
    ]


def _rows(planned: Looks, looks: EffectLooks) -> list[tuple[Any, ...]]:
    taken = {look.number: look for look in looks.taken}
    needed = {place: bound.critical for place, bound in enumerate(looks.planned, start=1)}
    rows = []
    for look in planned.schedule:
        found = taken.get(look.number)
        critical = found.critical if found else needed.get(look.number)
        rows.append(
            (
                _("{look} of {looks}", look=look.number, looks=len(planned.schedule)),
                number(look.units),
                _when(planned, look),
                signed(found.z, 2) if found and found.z is not None else NONE,
                f"±{number(critical, 2)}",
                _spent(found.spent) if found else NONE,
                _outcome(look, found),
            )
        )
    return rows


def _spent(share: float) -> str:
    """Never a rounded zero."""
    return f"< {percent(0.0001, 2)}" if share < 0.0001 else percent(share, 2)


def _when(planned: Looks, look: ScheduledLook) -> str:
    if look.taken_at is not None:
        return moment(look.taken_at)
    if planned.next is look and planned.next_at is not None:
        return _("around {day}", day=day(planned.next_at))
    return NONE


def _outcome(look: ScheduledLook, found: TakenLook | None) -> str:
    if found is not None:
        if found.z is None:
            return _("too little data")
        return {
            "better": _("difference found"),
            "worse": _("difference found"),
            "futility": _("too little to go on"),
        }.get(found.decision, _("go on"))
    return {"skipped": _("together with the next"), "cut_off": _("never due")}.get(look.state, _("to come"))
