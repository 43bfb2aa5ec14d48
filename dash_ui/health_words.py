"""What each health check looks at and what it found, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from dash_ui.bot_words import rule_name
from dash_ui.format import day, lasting, number, percent
from dash_ui.i18n import _, ngettext
from dash_ui.linked_words import linked_finding
from dash_ui.phase_words import carry_over_finding, growth_finding
from dash_ui.report_records import Check, Report
from dash_ui.trigger_words import trigger_finding

TINY = 0.001


def check_name(name: str) -> str:
    """What a check looks at."""
    return {
        "srm": _("Traffic split"),
        "multiple_exposure": _("Seen in one variant only"),
        "assignment": _("Assignment followed"),
        "pre_period": _("Alike before the start"),
        "silence": _("Every variant reports"),
        "freshness": _("Data arriving"),
        "delay": _("Events on time"),
        "unknown_variants": _("Known variants"),
        "currency": _("Currencies"),
        "missing_fields": _("Complete fields"),
        "maturity": _("Completed windows"),
        "bots": _("Bots left out"),
        "linked": _("One person, several ids"),
        "held_out": _("Held-out left alone"),
        "carry_over": _("Seen in an earlier phase"),
        "growth": _("Growth of variants"),
        "trigger_balance": _("Trigger left alone"),
    }.get(name, name.replace("_", " ").capitalize())


def status_line(check: Check) -> str:
    """The verdict on one check, in a few words."""
    if check.name == "srm":
        return {
            "ok": _("Traffic split is healthy"),
            "failed": _("Traffic split is broken"),
        }.get(check.status, _("Traffic split: look at this"))
    return {
        "ok": check_name(check.name),
        "failed": _("{check}: failed", check=check_name(check.name)),
    }.get(check.status, _("{check}: look at this", check=check_name(check.name)))


def finding(check: Check, report: Report) -> str:
    """What was found, in words."""
    if check.name == "srm" and report.units:
        return _split(check, report)
    said = {
        "pre_period": _before,
        "silence": _silence,
        "delay": _delay,
        "multiple_exposure": _multiple,
        "bots": _bots,
        "linked": linked_finding,
        "carry_over": carry_over_finding,
        "growth": growth_finding,
        "trigger_balance": trigger_finding,
    }.get(check.name)
    return (said(check, report) if said else None) or _plain(check) or check.detail


def _split(check: Check, report: Report) -> str:
    split, plan = _shares([arm.units for arm in report.arms]), _plan(report)
    origin = check.numbers.get("origin")
    if check.status != "failed":
        return _("The split is {split}, planned was {plan}.", split=split, plan=plan)
    if check.code == "sample_ratio_mismatch_in_part":
        whole = _("Over all shoppers the split is {split}, as planned, but not in every part.", split=split)
    elif check.code == "units_in_empty_variant":
        whole = _("Shoppers came into a variant that should get none: the split is {split}.", split=split)
    else:
        whole = _(
            "The split is {split}, planned was {plan}: chance does not do this.", split=split, plan=plan
        )
    return f"{whole} {_origin(origin)}" if isinstance(origin, dict) else whole


def _origin(origin: dict[str, Any]) -> str:
    values, split = [str(value) for value in origin["values"]], _shares(origin["units"])
    if origin["kind"] == "segment":
        return _(
            "It is off among {segment} = {values}: {split}; elsewhere it is as planned.",
            segment=origin["segment"],
            values=", ".join(values),
            split=split,
        )
    days = ", ".join(day(date.fromisoformat(value)) for value in values)
    if origin["kind"] == "since":
        return _(
            "It is off since {day}: {split} of those who came since; before, it was as planned.",
            day=days,
            split=split,
        )
    return _(
        "It is off among those who first came on {days}: {split}; on other days it is as planned.",
        days=days,
        split=split,
    )


def _multiple(check: Check, report: Report) -> str | None:
    units, share = check.numbers.get("units"), check.numbers.get("share")
    if not units:
        return None
    counted = ngettext(
        "{count} shopper ({share}) saw more than one variant and is left out.",
        "{count} shoppers ({share}) saw more than one variant and are left out.",
        int(units),
        share=percent(share, 1) if share is None or share >= TINY else f"<\u00a0{percent(TINY, 1)}",
    )
    if check.code != "one_sided_exposure":
        return counted
    first = _shares(check.numbers.get("first") or [])
    sided = _(
        "They saw {first} of the variants first, where {plan} was planned: one variant loses more of them.",
        first=first,
        plan=_plan(report),
    )
    return f"{counted} {sided}"


def _bots(check: Check, report: Report) -> str | None:
    units, share = check.numbers.get("units"), check.numbers.get("share")
    if not units:
        return None
    counted = ngettext(
        "{count} shopper ({share}) is left out as a bot.",
        "{count} shoppers ({share}) are left out as bots.",
        int(units),
        share=percent(share, 1),
    )
    if check.code == "bots_uneven":
        split, plan = _shares(check.numbers.get("split") or []), _plan(report)
        uneven = _(
            "They fall over the variants as {split}, where {plan} was planned.", split=split, plan=plan
        )
        return f"{counted} {uneven}"
    rules = ", ".join(
        f"{rule_name(str(each['rule']))} {number(each['units'])}"
        for each in (check.numbers.get("rules") or [])[:3]
    )
    most = _("Most by these rules: {rules}.", rules=rules)
    return f"{counted} {most}"


def _before(check: Check, report: Report) -> str | None:
    if check.code != "unlike_before":
        return None
    return _(
        "Before they saw anything, shoppers of {variant} already differed on {metric}.",
        variant=_arm(check, report),
        metric=check.numbers.get("metric", ""),
    )


def _silence(check: Check, report: Report) -> str | None:
    if check.code != "variant_silent":
        return None
    hours, units = number(check.numbers.get("hours")), number(check.numbers.get("units"))
    if check.numbers.get("kind") == "exposures":
        return _(
            "{variant} got no new shopper for {hours} hours, the others got {units}.",
            variant=_arm(check, report),
            hours=hours,
            units=units,
        )
    return _(
        "No shopper of {variant} did anything for {hours} hours, of the others {units} did.",
        variant=_arm(check, report),
        hours=hours,
        units=units,
    )


def _delay(check: Check, report: Report) -> str | None:
    share = percent(check.numbers.get("share"), 1)
    if check.code == "late_events":
        return _(
            "{share} of the events came in more than a day late; the newest days are not complete.",
            share=share,
        )
    if check.code == "clock_ahead":
        return _("{share} of the events carry a time after their receipt.", share=share)
    delays = check.numbers.get("conversions") or {}
    half, most = delays.get("median_seconds"), delays.get("p95_seconds")
    if check.code != "in_time" or half is None or most is None:
        return None
    return _(
        "Half of the events came in within {half}, 95% within {most}.", half=_span(half), most=_span(most)
    )


def _plain(check: Check) -> str | None:
    """Findings that need no more than a number or a share."""
    count = number(check.numbers.get("units") or check.numbers.get("events") or 0)
    share = percent(check.numbers.get("share"), 1)
    sentences: dict[str, Callable[[], str]] = {
        "no_bots": lambda: _("No shopper is left out as a bot."),
        "left_alone": lambda: _("None of those held out saw an experiment of the holdout."),
        "held_out_reached": lambda: _(
            "{count} shoppers ({share}) of those held out saw an experiment of the holdout.",
            count=count,
            share=share,
        ),
        "none_multiple": lambda: _("No shopper saw more than one variant."),
        "too_few_to_recheck": lambda: _("There are too few shoppers to assign a sample of them again."),
        "assigned_elsewhere": lambda: _(
            "The shoppers were assigned elsewhere, so it cannot be told whether that was followed."
        ),
        "as_assigned": lambda: _(
            "A sample of {count} shoppers was assigned again: they saw what they should.", count=count
        ),
        "other_variant": lambda: _(
            "{share} of a sample of shoppers saw another variant than they were assigned.", share=share
        ),
        "outside_traffic": lambda: _(
            "{share} of a sample of shoppers take part although the traffic leaves them out.", share=share
        ),
        "outside_audience": lambda: _(
            "{share} of a sample of shoppers take part without being in the audience.", share=share
        ),
        "no_pre_period": lambda: _("Too little is known of what shoppers did before to compare them by it."),
        "alike_before": lambda: _("Before they saw anything, the shoppers of all variants were alike."),
        "all_report": lambda: _("Every variant keeps sending events."),
        "no_events": lambda: _("No exposures yet."),
        "fresh": lambda: _("Events come in."),
        "silent": lambda: _("No new events for more than a day."),
        "in_time": lambda: _("Events come in soon after they happen."),
        "loaded_later": lambda: _("Most events were loaded more than a day after they happened."),
        "all_known": lambda: _("Every exposure names a variant of this experiment."),
        "unknown_variants": lambda: _(
            "{count} exposures name a variant that does not exist here; they are left out.", count=count
        ),
        "one_currency": lambda: _("No amounts in other currencies."),
        "currencies_converted": lambda: _(
            "{count} amounts in other currencies were converted at the rate of their day.", count=count
        ),
        "none_missing": lambda: _("Every event has the fields that the metrics add up."),
        "no_window": lambda: _("No metric has a window that closes."),
        "matured": lambda: _("Every shopper's window has closed."),
        "maturing": lambda: _(
            "{share} of the shoppers have completed their window; what the others do later still counts.",
            share=share,
        ),
    }
    return sentences[check.code]() if check.code in sentences else None


def _arm(check: Check, report: Report) -> str:
    key = str(check.numbers.get("variant") or "")
    return next((arm.name for arm in report.arms if arm.key == key), key)


def _plan(report: Report) -> str:
    return " / ".join(percent(arm.share, 1) for arm in report.arms)


def _shares(counts: Sequence[float]) -> str:
    total = sum(counts)
    return " / ".join(percent(count / total if total else None, 1) for count in counts)


def _span(seconds: float) -> str:
    return lasting(timedelta(seconds=seconds))
