"""What is looked at before a start: each item good, a warning or a block, in words, with a way to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from dash_ui.components.calendar_strip import warnings
from dash_ui.format import ago, day, listed, number, short_day
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.launch_records import EventArrival
from dash_ui.wizard import duration, reach
from dash_ui.wizard.estimate import LONG_DAYS, in_time
from dash_ui.wizard.meetings import meeting_sentence
from dash_ui.wizard.sharing import is_holdout
from dash_ui.wizard.state import State

Tone = Literal["good", "warn", "bad"]
STALE: Final = timedelta(hours=2)
_MENDED: Final = {
    "metrics": "measures",
    "plan": "plan",
    "variants": "variants",
    "layer": "traffic",
    "holdout": "traffic",
    "prerequisites": "who",
}
"""Step where a field is filled in."""
_LISTED: Final = 3
"""Other experiments that one item names."""
_FEW: Final = 1_000
"""Shoppers a week below which nearly nothing can be found."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was looked at.

    Attributes:
        code: Names it; one draft has no two with the same.
        title: What was looked at.
        tone: `good`; `warn`, which somebody may accept; `bad`, which blocks the start.
        lines: What was found, in sentences.
        step: Step of the wizard where it is mended, if that is there.
        link: Page where it is mended, with the words for it, if that is elsewhere.
    """

    code: str
    title: str
    tone: Tone
    lines: tuple[str, ...]
    step: str | None = None
    link: tuple[str, str] | None = None


def checklist(state: State, gateway: Gateway) -> tuple[Item, ...]:
    """Everything, in the order in which a colleague would go through it."""
    blocks = _obstacles(state, gateway)
    if is_holdout(state) or state["key"] is None:
        return blocks
    found = [
        _events(state, gateway),
        _preview(state, gateway),
        _rehearsal(state, gateway),
        _reach(state, gateway),
        _meetings(state, gateway),
        _guardrails(state, gateway),
        *_dates(state, gateway),
    ]
    return (*blocks, *(item for item in found if item is not None))


def to_accept(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """What somebody must accept, or mend, before a start."""
    return tuple(item for item in items if item.tone == "warn")


def _obstacles(state: State, gateway: Gateway) -> tuple[Item, ...]:
    title = _("Complete")
    found = gateway.obstacles(state["key"]) if state["key"] else ()
    if not found:
        return (Item("complete", title, "good", (_("Everything that a start needs is there."),)),)
    fields = [each.field.partition(".")[0] for each in found]
    step = next((_MENDED[field] for field in fields if field in _MENDED), None)
    lines = dict.fromkeys(_obstacle(each.field) or each.message for each in found)
    return (Item("complete", title, "bad", tuple(lines), step),)


def _obstacle(field: str) -> str | None:
    """What keeps it from starting, by the field that is wrong; `None` for one without words of its own."""
    if field == "metrics.primary":
        return _("No primary metric: choose the one that decides.")
    words = {
        "metrics": _("A metric is not there any more, or does not fit the plan."),
        "plan": _("The plan is not complete: say how many looks are planned."),
        "end_at": _("Its end date is past."),
        "layer": _("Its slice of the layer belongs to another experiment."),
        "prerequisites": _("An experiment that it builds on does not run, or lets nobody in."),
        "holdout": _("The holdout that it names does not run, or does not fit."),
        "parent": _("The experiment that it follows is not there."),
    }
    return words.get(field.partition(".")[0])


def _events(state: State, gateway: Gateway) -> Item | None:
    keys = list(dict.fromkeys(key for keys in state["document"]["metrics"].values() for key in keys))
    known = {metric.key for metric in gateway.metrics(archived=True)}
    keys = [key for key in keys if key in known]
    if not keys:
        return None
    title, found = _("Events arrive"), gateway.arrivals(keys)
    link = ("/ui/keys", _("To the keys of the shop"))
    if found is None:
        words = _("Nobody has counted the events yet; the scheduler does so every minute while it runs.")
        return Item("events", title, "warn", (words,), link=link)
    fine = all(each.hour for each in found)
    lines = [_arrival(each) for each in found]
    stale = datetime.now(UTC) - found[0].as_of > STALE
    if stale:
        lines.append(_("They were last counted {ago}.", ago=ago(found[0].as_of)))
    tone: Tone = "good" if fine and not stale else "warn"
    return Item("events", title, tone, tuple(lines), link=None if tone == "good" else link)


def _arrival(each: EventArrival) -> str:
    if each.hour:
        return ngettext(
            "{metric}: {count} event “{event}” in the last hour.",
            "{metric}: {count} events “{event}” in the last hour.",
            each.hour,
            metric=each.metric,
            event=each.event,
        )
    if each.last is not None:
        return _(
            "{metric}: no event “{event}” in the last hour; the last one came {ago}.",
            metric=each.metric,
            event=each.event,
            ago=ago(each.last),
        )
    return _("{metric}: no event “{event}” in the last week.", metric=each.metric, event=each.event)


def _preview(state: State, gateway: Gateway) -> Item:
    """Good once every variant, as it is now, was looked at through its link; else who did must say so."""
    title, looked = _("Variants looked at"), gateway.looked(state["key"])
    link = (f"/ui/e/{state['key']}", _("To the links of the variants"))
    missing = [
        each["name"] or each["key"] for each in state["document"]["variants"] if each["key"] not in looked
    ]
    if not missing:
        who, when = max(looked.values(), key=lambda found: found[1])
        words = _(
            "Every variant was looked at in the shop, last by {person} {ago}.", person=who, ago=ago(when)
        )
        return Item("preview", title, "good", (words,), link=link)
    words = _("Look at every variant in the shop, on a phone too, and then say here that you did.")
    if looked:
        left = _("Not looked at as it is now: {variants}.", variants=listed(missing))
        return Item("preview", title, "warn", (left, words), link=link)
    return Item("preview", title, "warn", (words,), link=link)


def _rehearsal(state: State, gateway: Gateway) -> Item | None:
    primary = state["document"]["metrics"]["primary"]
    if not primary:
        return None
    title, found = _("Measuring rehearsed (A/A)"), gateway.rehearsed(primary[0])
    if found.as_of is None:
        words = _("The measure that decides was never rehearsed on shoppers who all see the same.")
        if found.experiment is None:
            more = _("That is possible once an experiment measured by it has shoppers.")
            return Item("rehearsal", title, "warn", (words, more))
        link = (f"/ui/e/{found.experiment}", _("Rehearse it on {experiment}", experiment=found.experiment))
        return Item("rehearsal", title, "warn", (words,), link=link)
    link = (f"/ui/e/{found.experiment}", _("To the rehearsal"))
    if found.kept:
        words = _(
            "On shoppers of {experiment}, its false alarms stayed within what is promised ({day}).",
            experiment=found.experiment,
            day=day(found.as_of),
        )
        return Item("rehearsal", title, "good", (words,), link=link)
    words = _(
        "On shoppers of {experiment}, false alarms were not shown to stay within what is promised ({day}).",
        experiment=found.experiment,
        day=day(found.as_of),
    )
    return Item("rehearsal", title, "warn", (words,), link=link)


def _reach(state: State, gateway: Gateway) -> Item:
    title, found = _("Reach"), reach.found(state, gateway)
    if found is None or found.code is not None or found.part is None:
        words = _("How many shoppers this is cannot be told yet.")
        return Item("reach", title, "warn", (words,), "who")
    part = number(found.part)
    if not found.part:
        return Item("reach", title, "warn", (_("Nobody like this was seen in the last weeks."),), "who")
    if found.part < _FEW:
        words = _("Only about {units} shoppers a week take part.", units=part)
        return Item("reach", title, "warn", (words,), "traffic")
    words = _("About {units} shoppers a week take part.", units=part)
    return Item("reach", title, "good", (words,), "who")


def _meetings(state: State, gateway: Gateway) -> Item:
    title, found = _("Other experiments"), gateway.meetings(state["document"])
    clashing = [each for each in found if each.same_placement]
    if clashing:
        lines = [meeting_sentence(each) for each in clashing[:_LISTED]]
        if len(clashing) > _LISTED:
            lines.append(_("And {count} more.", count=number(len(clashing) - _LISTED)))
        return Item("overlap", title, "warn", tuple(lines), "traffic")
    if found:
        words = ngettext(
            "Its shoppers also meet {count} experiment elsewhere in the shop; by lot, so that is fair.",
            "Its shoppers also meet {count} experiments elsewhere in the shop; by lot, so that is fair.",
            len(found),
        )
        return Item("overlap", title, "good", (words,), "traffic")
    return Item("overlap", title, "good", (_("Its shoppers meet no other experiment."),), "traffic")


def _guardrails(state: State, gateway: Gateway) -> Item:
    title = _("Guardrails")
    names = {metric.key: metric.name for metric in gateway.metrics(archived=True)}
    chosen = [names.get(key, key) for key in state["document"]["metrics"]["guardrails"]]
    if chosen:
        words = _("Must not get worse: {metrics}.", metrics=", ".join(chosen))
        return Item("guardrails", title, "good", (words,), "measures")
    words = _("None: a win on the primary metric may cost something that nobody looks at.")
    return Item("guardrails", title, "warn", (words,), "measures")


def _dates(state: State, gateway: Gateway) -> list[Item]:
    """How long it takes, and what of the calendar falls in that time."""
    title = _("Dates")
    found, run = duration.planned(state, gateway)
    if found is None or found.units is None:
        return [Item("dates", title, "warn", (_("How long it takes cannot be told yet."),), "plan")]
    if found.too_small is not None:
        most = number(found.too_small.most.weeks)
        words = _("Too small to test: it would take more than {count} weeks.", count=most)
        return [Item("dates", title, "warn", (words, *_instead(found.too_small.daily_needed)), "plan")]
    if run is None:
        words = _("Without the number of shoppers per day, its end cannot be told.")
        return [Item("dates", title, "warn", (words,), "plan")]
    lift = state["document"]["plan"]["mde"]
    lines = [in_time(run.days, lift)] if lift else []
    lines.append(_("From {first} to {last}.", first=short_day(run.first), last=day(run.last)))
    long = run.days > LONG_DAYS
    if long:
        lines.append(_("That is long. Detect a larger lift, or take more traffic."))
    items = [Item("dates", title, "warn" if long else "good", tuple(lines), "plan")]
    told = warnings(run)
    if told:
        return [*items, Item("calendar", _("Calendar"), "warn", tuple(told), "plan")]
    words = (
        ngettext(
            "{count} holiday or other entry of the calendar falls in it, and no sale.",
            "{count} holidays or other entries of the calendar fall in it, and no sale.",
            len(run.marks),
        )
        if run.marks
        else _("Nothing in the calendar falls in this run.")
    )
    return [*items, Item("calendar", _("Calendar"), "good", (words,), "plan")]


def _instead(daily: int) -> tuple[str, ...]:
    return (
        _("For this lift you need {units} shoppers per day.", units=number(daily)),
        _("Test something bolder, on more shoppers, or by a nearer metric; or decide without a test."),
    )
