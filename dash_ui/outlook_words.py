"""What would change a verdict, and what a year rests on, in whole sentences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dash_ui.format import day, number, percent, signed_percent
from dash_ui.i18n import _, ngettext
from dash_ui.reading_records import Coded, Year
from dash_ui.way_records import Assumption
from dash_ui.way_words import assumption_sentence


def change_sentence(change: Coded) -> str | None:
    """One thing that would change the verdict; nothing for a code that is not known."""
    numbers = change.params
    sentences: dict[str, Callable[[], str]] = {
        "true_effect": lambda: ngettext(
            "If the true difference is {smallest} or more, expect the answer in about {count} day.",
            "If the true difference is {smallest} or more, expect the answer in about {count} days.",
            numbers["days"],
            smallest=percent(numbers["smallest"], 1),
        ),
        "would_have_shown": lambda: _(
            "A true difference of {smallest} or more would probably have shown by now;"
            " expect a smaller one, or none.",
            smallest=percent(numbers["smallest"], 1),
        ),
        "as_measured": lambda: ngettext(
            "If the difference stays at {estimate}, the range leaves zero in about {count} day.",
            "If the difference stays at {estimate}, the range leaves zero in about {count} days.",
            numbers["days"],
            estimate=signed_percent(numbers["estimate"]),
        ),
        "no_effect": lambda: ngettext(
            "If there is no difference at all, in about {count} day the range shows that it is smaller than"
            " {smallest}.",
            "If there is no difference at all, in about {count} days the range shows that it is smaller than"
            " {smallest}.",
            numbers["days"],
            smallest=percent(numbers["smallest"], 1),
        ),
        "beyond_a_year": lambda: _(
            "Even if the difference stays at {estimate}, this traffic does not settle it within a year.",
            estimate=signed_percent(numbers["estimate"]),
        ),
        "nearest_end": lambda: _(
            "Only a range that includes zero again would reopen it; its nearest end is {end}.",
            end=signed_percent(numbers["end"]),
        ),
        "narrower": lambda: ngettext(
            "{count} more day makes the range narrower: from {now} to about {then} on either side.",
            "{count} more days make the range narrower: from {now} to about {then} on either side.",
            numbers["days"],
            now=percent(numbers["now"], 1),
            then=percent(numbers["then"], 1),
        ),
        "guardrail_room": lambda: _(
            "{metric} may change by {limit} at most; its range ends at {worst}. Beyond the limit, the variant"
            " would not be shipped.",
            **_guardrail(numbers),
        ),
        "guardrail_open": lambda: _open_guardrail(numbers),
        "still_possible": lambda: _(
            "Differences from {lower} to {upper} are still possible. If these matter to you, follow up with a"
            " smaller smallest lift.",
            lower=signed_percent(numbers["lower"]),
            upper=signed_percent(numbers["upper"]),
        ),
        "needed": lambda: assumption_sentence(
            Assumption(numbers["assumption"], False, numbers["value"], numbers["needed"])
        ),
        "next_look": lambda: _next_look(numbers),
        "single_look": lambda: _single_look(numbers),
        "repair": lambda: _("Only a repair and a new start: what came in so far is not mended afterwards."),
    }
    return sentences[change.code]() if change.code in sentences else None


def year_sentence(year: Year) -> str:
    """What a year rests on, or why it cannot be told."""
    if year.units is None:
        return {
            "too_short": _("What a year brings can be told after a whole week."),
            "traffic_unknown": _(
                "What a year brings cannot be told: it is not known which share of the shoppers took part."
            ),
        }.get(year.code or "", _("What a year brings cannot be told without shoppers."))
    return _(
        "A year stands for {units} new shoppers: {counted} came in {days} days with {traffic} of the traffic."
        " It takes for granted that the pace and the difference stay as they are and that everyone in the"
        " audience sees the variant; the range covers chance, not seasons.",
        units=number(round(year.units, -3) if year.units >= 10_000 else year.units),
        counted=number(year.counted),
        days=number(year.days),
        traffic=percent(year.traffic, 0),
    )


def _guardrail(numbers: dict[str, Any]) -> dict[str, str]:
    return {
        "metric": str(numbers["metric"]),
        "limit": signed_percent(numbers["limit"]),
        "worst": signed_percent(numbers["worst"]),
    }


def _open_guardrail(numbers: dict[str, Any]) -> str:
    words = _guardrail(numbers)
    if numbers.get("days"):
        return ngettext(
            "{metric} must stay within {limit}; its range still ends at {worst}. At this pace that takes"
            " about {count} more day.",
            "{metric} must stay within {limit}; its range still ends at {worst}. At this pace that takes"
            " about {count} more days.",
            numbers["days"],
            **words,
        )
    return _("{metric} must stay within {limit}; its range still ends at {worst}.", **words)


def _next_look(numbers: dict[str, Any]) -> str:
    words = {"look": number(numbers["look"]), "units": number(numbers["units"])}
    when, effect = numbers.get("at"), numbers.get("effect")
    if when is None:
        return _("Look {look} decides, at {units} shoppers.", **words)
    due = day(datetime.fromisoformat(when))
    if effect is None:
        return _("Look {look} decides, at {units} shoppers, around {day}.", day=due, **words)
    return _(
        "Look {look} decides, at {units} shoppers, around {day}: the difference then has to be about {effect}"
        " or more, up or down.",
        day=due,
        effect=percent(effect, 1),
        **words,
    )


def _single_look(numbers: dict[str, Any]) -> str:
    planned = number(numbers["planned"])
    if numbers.get("days"):
        return ngettext(
            "It is read once, at {planned} shoppers, in about {count} day; nothing before that decides.",
            "It is read once, at {planned} shoppers, in about {count} days; nothing before that decides.",
            numbers["days"],
            planned=planned,
        )
    return _("It is read once, at {planned} shoppers; nothing before that decides.", planned=planned)
