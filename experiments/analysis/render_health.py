"""The health of the data in a report file: findings, and causes and remedies where needed."""

from __future__ import annotations

from html import escape
from typing import Any

from experiments.analysis.render_parts import STATUSES, arm_name, section, table
from experiments.analysis.render_text import Text

Document = dict[str, Any]

CHECKS = {
    "srm": "Traffic split",
    "multiple_exposure": "Seen in two variants",
    "assignment": "Assignment followed",
    "pre_period": "Alike before the start",
    "silence": "Every variant reports",
    "freshness": "Data arriving",
    "delay": "Events on time",
    "unknown_variants": "Unknown variants",
    "currency": "Currencies",
    "missing_fields": "Missing fields",
    "maturity": "Completed windows",
    "bots": "Bots left out",
    "linked": "One person, several ids",
    "held_out": "Held-out left alone",
    "carry_over": "Seen in an earlier phase",
    "growth": "Growth of variants",
    "trigger_balance": "Trigger left alone",
}
FINDINGS = {
    "units_in_empty_variant": "Units came into a variant that should get none: {split}.",
    "sample_ratio_mismatch": "The split is {split}, planned was {plan}: chance does not do this.",
    "sample_ratio_mismatch_in_part": (
        "Over all units the split is {split}, as planned, but not in every part."
    ),
    "sample_ratio_as_planned": "The split is {split}, planned was {plan}.",
    "no_units": "No units yet.",
    "none_multiple": "No unit saw more than one variant.",
    "multiple_exposure": "{units} units ({share}) saw more than one variant and are left out.",
    "one_sided_exposure": (
        "{units} units ({share}) saw more than one variant and are left out; {first} of them saw each "
        "variant first, where {plan} was planned."
    ),
    "too_few_to_recheck": "There are too few units to assign a sample of them again.",
    "assigned_elsewhere": (
        "The units were assigned elsewhere, so it cannot be told whether that was followed."
    ),
    "as_assigned": "A sample of {units} units was assigned again: they met what they should.",
    "other_variant": "{share} of a sample of units met another variant than they were assigned.",
    "outside_traffic": "{share} of a sample of units take part although the traffic leaves them out.",
    "outside_audience": "{share} of a sample of units take part without being in the audience.",
    "no_pre_period": "Too little is known of what units did before to compare them by it.",
    "alike_before": "Before exposure, the units of all variants were alike.",
    "unlike_before": "Before exposure, units of {variant} already differed on {metric}.",
    "all_report": "Every variant keeps sending events.",
    "variant_silent": (
        "Nothing came from {variant} for {hours} hours, while {units} units of the others were seen."
    ),
    "fresh": "Events come in.",
    "no_events": "No exposures yet.",
    "silent": "No new events for more than a day.",
    "in_time": "Events come in soon after they happen.",
    "loaded_later": "Most events were loaded more than a day after they happened.",
    "late_events": "{share} of the events came in more than a day late; the newest days are not complete.",
    "clock_ahead": "{share} of the events carry a time after their receipt.",
    "all_known": "Every exposure names a variant of the experiment.",
    "unknown_variants": (
        "{events} exposures name a variant that the experiment does not have; they are left out."
    ),
    "one_currency": "No amounts in other currencies.",
    "currencies_converted": "{events} amounts in other currencies were converted at the rate of their day.",
    "none_missing": "Every event has the fields that metrics add up.",
    "no_window": "No metric has a window that closes.",
    "matured": "Every unit's window has closed.",
    "maturing": "{share} of the units have completed their window; what the others do later still counts.",
    "left_alone": "None of those held out met an experiment of the holdout.",
    "held_out_reached": "{units} units ({share}) of those held out met experiments of the holdout.",
    "nobody_linked": "No ids are linked yet; every id counts as a unit.",
    "linked": "{persons} units were met under {ids} ids, and count once each.",
    "parted_before_linked": (
        "{persons} units were met under {ids} ids, and count once each. {parted} of them ({share}) met "
        "several variants before their ids were linked, and are left out."
    ),
    "crowds_left_out": (
        "{persons} units were met under {ids} ids, and count once each. {crowd_ids} ids are tied together by "
        "one that many people use, and are left out."
    ),
    "carried_over": (
        "Exposures from before this phase do not count. {units} units met an earlier phase and count: they "
        "were divided anew, so what they saw is spread evenly."
    ),
    "carried_over_left_out": (
        "Exposures from before this phase do not count. {units} units met an earlier phase and are left out, "
        "as planned."
    ),
    "grown_apart": (
        "{units} units came to variants that grew more than the others: served, but not compared, for nobody "
        "came to the others at the same time."
    ),
    "variants_came_later": (
        "{units} units came to variants that grew more than the others: served, but not compared. Variants "
        "that came later are compared from a new phase on."
    ),
    "nobody_triggered": "No unit has reached {event} yet.",
    "trigger_balanced": "{units} of {exposed} units reached {event}, divided as planned.",
    "trigger_unbalanced": (
        "The units that reached {event} are divided {uneven} over the variants, or were so on some days; "
        "{plan} was planned. The variant has a part in who gets there."
    ),
    "unlike_before_trigger": (
        "The units that reached {event} already differed before they did, so the variant works before it."
    ),
    "no_bots": "No unit is left out as a bot.",
    "bots_left_out": "{units} units ({share}) are left out as bots.",
    "many_bots": "{units} units ({share}) are left out as bots, which is much.",
    "bots_uneven": (
        "{units} units ({share}) are left out as bots, and not as many of each variant: {uneven}, where "
        "{plan} was planned."
    ),
}
OTHER_PHASE = (
    "{exposures} exposures were decided under another phase, by pages that remembered it, and do not count."
)
ORIGINS = {
    "segment": "It is off among {segment} = {values}: {split}; elsewhere it is as planned.",
    "since": "It is off since {values}: {split}; before, it was as planned.",
    "day": "It is off among those who first came on {values}: {split}; on other days it is as planned.",
}
CAUSES = {
    "srm": "A variant that loads slowly, crashes or redirects loses units before they are counted.",
    "multiple_exposure": "Shoppers change identity, or are moved from one variant to the other.",
    "assignment": "The shop decides by itself who sees what, or asks with another id than it logs.",
    "pre_period": "The assignment depends on the unit, or an earlier experiment still works on.",
    "silence": "A page of this variant no longer sends its events.",
    "freshness": "The shop sends no events, or the event log is not read.",
    "delay": "Events wait before they are sent, or a clock is wrong.",
    "unknown_variants": "The shop uses a variant name that the experiment does not have.",
    "currency": "Orders come in a currency without an exchange rate, or a metric of money names no currency.",
    "missing_fields": "The shop sends events without the number that a metric adds up.",
    "linked": (
        "Shoppers meet a variant under two ids before the shop says that these are one person's, or a device "
        "that many people use, such as a till, is linked to all of them."
    ),
    "growth": "A variant was added while the others ran.",
    "bots": "A rule takes shoppers for bots, or the variant itself changes who is taken for one.",
    "held_out": "The shop shows an experiment without asking, or asks with another id.",
    "trigger_balance": "The variant changes something that shoppers meet before the trigger.",
}
REMEDIES = {
    "srm": "Compare first page views and errors per variant, repair the cause, and start again.",
    "multiple_exposure": "Use one id before and after signing in, and never change a running split.",
    "assignment": "Ask for the variant with the id that is logged, and log what was answered.",
    "pre_period": "Log every exposure at the moment of assignment, and start again with a new split.",
    "silence": "Place an order in this variant and see whether its events come in.",
    "freshness": "Check that exposures and conversions are sent, and that the key is valid.",
    "delay": "Send events as they happen, in UTC; until then, do not judge the newest days.",
    "unknown_variants": "Use the variant that the assignment answers, letter for letter.",
    "currency": "Enter the exchange rates of these days, and give every metric of money a currency.",
    "missing_fields": "Have the field sent with every event.",
    "linked": (
        "Send both ids with every request once a shopper has logged in, and let no shared device link people."
    ),
    "growth": "Begin a new phase: it divides all units over all variants.",
    "bots": "Look at the list of bots, and acquit the rule or the units that are none.",
    "held_out": "Ask for the variant wherever the experiment is shown; until then the true effect is larger.",
    "trigger_balance": "Choose an event as trigger that comes before anything that the variant changes.",
}


def health_section(report: Document, text: Text) -> str:
    """Every health check with its finding; causes and remedies where it is not in order."""
    rows = [
        [
            escape(text.say(CHECKS.get(name, name))),
            f'<span class="{escape(str(check["status"]))}">'
            f"{text.say(STATUSES.get(check['status'], check['status']))}</span>",
            _finding(report, check, text) + _advice(name, check, text),
            text.p_value(check.get("p_value")),
        ]
        for name, check in report["health"].items()
    ]
    columns = [text.say("Check"), text.say("Status"), text.say("Finding"), text.say("p-value")]
    return section(
        text.say("Can this be trusted?"), table(text.say("Health checks"), columns, rows, numeric=(3,))
    )


def _finding(report: Document, check: Document, text: Text) -> str:
    template = FINDINGS.get(str(check.get("code")))
    if template is None:
        return escape(str(check.get("detail", "")))
    said = text.say(
        template,
        split=_shares([arm["units"] for arm in report["variants"]], text),
        plan=_shares([arm["share"] for arm in report["variants"]], text),
        first=_shares(check.get("first") or [], text),
        uneven=_shares(check.get("split") or [], text),
        share=text.percent(check.get("share")),
        units=text.number(check.get("units")),
        events=text.number(check.get("events")),
        persons=text.number(check.get("persons")),
        ids=text.number(check.get("ids")),
        parted=text.number(check.get("parted")),
        crowd_ids=text.number(check.get("crowd_ids")),
        hours=text.number(check.get("hours")),
        variant=arm_name(report, check.get("variant")),
        metric=check.get("metric"),
        event=check.get("event"),
        exposed=text.number(check.get("exposed")),
    )
    if check.get("other_exposures"):
        others = text.number(check["other_exposures"])
        said = f"{said} {text.say(OTHER_PHASE, exposures=others)}"
    origin = check.get("origin")
    if origin:
        split = _shares(origin["units"], text)
        values = ", ".join(origin["values"])
        said += " " + text.say(ORIGINS[origin["kind"]], segment=origin["segment"], values=values, split=split)
    return escape(said)


def _advice(name: str, check: Document, text: Text) -> str:
    if check["status"] == "ok" or name not in CAUSES:
        return ""
    cause = text.say("Likely cause: {cause}", cause=text.say(CAUSES[name]))
    remedy = text.say("Remedy: {remedy}", remedy=text.say(REMEDIES[name]))
    return f'<br><span class="soft">{escape(cause)} {escape(remedy)}</span>'


def _shares(counts: list[float], text: Text) -> str:
    total = sum(counts)
    return " / ".join(text.percent(count / total if total else None) for count in counts)
