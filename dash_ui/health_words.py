"""What each health check looks at, finds, usually comes from, and asks for."""

from __future__ import annotations

from collections.abc import Callable

from dash_ui.format import number, percent
from dash_ui.i18n import _
from dash_ui.report_records import Check, Report


def check_name(name: str) -> str:
    """What a check looks at."""
    return {
        "srm": _("Traffic split"),
        "multiple_exposure": _("Seen in one variant only"),
        "freshness": _("Data arriving"),
        "unknown_variants": _("Known variants"),
        "currency": _("One currency"),
        "missing_fields": _("Complete fields"),
        "maturity": _("Completed windows"),
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
        split = " / ".join(percent(arm.units / report.units, 1) for arm in report.arms)
        plan = " / ".join(percent(arm.share, 1) for arm in report.arms)
        if check.status == "failed":
            return _(
                "The split is {split}, planned was {plan}: chance does not do this.", split=split, plan=plan
            )
        return _("The split is {split}, planned was {plan}.", split=split, plan=plan)
    count = number(check.numbers.get("units") or check.numbers.get("events") or 0)
    share = percent(check.numbers.get("share"), 1)
    sentences: dict[str, Callable[[], str]] = {
        "none_multiple": lambda: _("No shopper saw more than one variant."),
        "multiple_exposure": lambda: _(
            "{count} shoppers saw more than one variant; they are left out.", count=count
        ),
        "no_events": lambda: _("No exposures yet."),
        "fresh": lambda: _("Events come in."),
        "silent": lambda: _("No new events for more than a day."),
        "all_known": lambda: _("Every exposure names a variant of this experiment."),
        "unknown_variants": lambda: _(
            "{count} exposures name a variant that does not exist here; they are left out.", count=count
        ),
        "one_currency": lambda: _("No amounts in other currencies."),
        "none_missing": lambda: _("Every event has the fields that the metrics add up."),
        "no_window": lambda: _("No metric has a window that closes."),
        "matured": lambda: _("Every shopper's window has closed."),
        "maturing": lambda: _(
            "{share} of the shoppers have completed their window; what the others do later still counts.",
            share=share,
        ),
    }
    return sentences[check.code]() if check.code in sentences else check.detail


def cause(check: Check) -> str:
    """Why such a check usually fails."""
    return {
        "srm": _(
            "A variant that loads slowly, crashes or redirects loses shoppers before they are counted;"
            " bots or caches may favour one variant."
        ),
        "multiple_exposure": _(
            "Shoppers change identity, for example when they sign in, or the split changed while it ran."
        ),
        "freshness": _("The shop sends no events, or the event log is not read."),
        "unknown_variants": _("The shop uses a variant name that this experiment does not have."),
        "currency": _("Orders come in several currencies, but a metric adds up one."),
        "missing_fields": _("The shop sends events without the number that a metric adds up."),
        "maturity": _("Shoppers who came lately still have time to order or return."),
    }.get(check.name, _("The data do not look as planned."))


def remedy(check: Check) -> str:
    """What to do about it."""
    return {
        "srm": _(
            "Compare the variants' first page views and errors, repair the cause, and start again:"
            " shoppers who are missing cannot be computed back."
        ),
        "multiple_exposure": _(
            "Use one shopper id before and after signing in, and never change a running split."
        ),
        "freshness": _("Check that the shop sends exposures and conversions, and that its key is valid."),
        "unknown_variants": _("Use the variant that the assignment answers, letter for letter."),
        "currency": _("Send amounts in the metric's currency, or define a metric per currency."),
        "missing_fields": _("Have the field sent with every event; until then such events count as nothing."),
        "maturity": _("Wait until most windows have closed before you decide on money or returns."),
    }.get(check.name, _("Ask an analyst to look before you decide."))
