"""What a health check that does not pass usually comes from, and what it asks for."""

from __future__ import annotations

from dash_ui.i18n import _
from dash_ui.report_records import Check


def cause(check: Check) -> str:
    """Why such a check usually fails."""
    by_code = {
        "units_in_empty_variant": _("The shop shows a variant that gets no traffic, or logs the wrong name."),
        "one_sided_exposure": _(
            "Shoppers are moved from one variant to the other, or one variant has them come back under"
            " another identity."
        ),
        "clock_ahead": _(
            "The clock of a server or of shoppers' devices runs ahead, or times lack their zone."
        ),
    }
    if check.code in by_code:
        return by_code[check.code]
    return {
        "srm": _(
            "A variant that loads slowly, crashes or redirects loses shoppers before they are counted;"
            " bots or caches may favour one variant."
        ),
        "multiple_exposure": _(
            "Shoppers change identity, for example when they sign in, or the split changed while it ran."
        ),
        "assignment": _(
            "The shop decides by itself who sees what, or asks with another shopper id than it logs."
        ),
        "pre_period": _(
            "The assignment depends on the shopper, an earlier experiment with the same split still works on,"
            " or exposures are logged for some shoppers only."
        ),
        "silence": _("A page of this variant no longer sends its events, or sends them under another name."),
        "freshness": _("The shop sends no events, or the event log is not read."),
        "delay": _("Events wait in an app or a nightly job before they are sent."),
        "unknown_variants": _("The shop uses a variant name that this experiment does not have."),
        "currency": _(
            "Orders come in a currency without an exchange rate, or a metric of money names no currency."
        ),
        "missing_fields": _("The shop sends events without the number that a metric adds up."),
        "linked": _(
            "Shoppers see a variant under two ids before the shop says that these are one person's, or a"
            " device that many people use, such as a till, is linked to all of them."
        ),
        "held_out": _("The shop shows an experiment without asking, or asks with another shopper id."),
        "growth": _("A variant was added while the others ran."),
        "trigger_balance": _("The variant changes something that shoppers meet before the trigger."),
        "bots": _("A rule takes shoppers for bots, or the variant itself changes who is taken for one."),
        "maturity": _("Shoppers who came lately still have time to order or return."),
    }.get(check.name, _("The data do not look as planned."))


def remedy(check: Check) -> str:
    """What to do about it."""
    by_code = {
        "units_in_empty_variant": _(
            "Have the shop show what the assignment answers and log that, then start again."
        ),
        "clock_ahead": _("Leave the time out, so that the receipt counts, or send it in UTC."),
    }
    if check.code in by_code:
        return by_code[check.code]
    if check.name == "srm" and check.numbers.get("origin"):
        return _(
            "Look at exactly these shoppers: their first page views and errors in each variant. Repair the"
            " cause and start again; shoppers who are missing cannot be computed back."
        )
    return {
        "srm": _(
            "Compare the variants' first page views and errors, repair the cause, and start again:"
            " shoppers who are missing cannot be computed back."
        ),
        "multiple_exposure": _(
            "Use one shopper id before and after signing in, and never change a running split."
        ),
        "assignment": _(
            "Ask for the variant with the id that is logged, each time it is shown, and log what was"
            " answered."
        ),
        "pre_period": _(
            "Log every exposure at the moment of assignment, start again with a new split, and compare again."
        ),
        "silence": _("Place an order in this variant yourself and see whether its events come in."),
        "freshness": _("Check that the shop sends exposures and conversions, and that its key is valid."),
        "delay": _("Send events as they happen; until then, do not judge the newest days."),
        "unknown_variants": _("Use the variant that the assignment answers, letter for letter."),
        "currency": _("Enter the exchange rates of these days, and give every metric of money a currency."),
        "missing_fields": _("Have the field sent with every event; until then such events count as nothing."),
        "linked": _(
            "Send both ids with every request once a shopper has logged in, and let no shared device"
            " link people."
        ),
        "held_out": _(
            "Ask for the variant wherever the experiment is shown; until then the true effect is larger than"
            " it looks."
        ),
        "trigger_balance": _(
            "Choose an event as trigger that comes before anything that the variant changes, and start again."
        ),
        "growth": _("Begin a new phase: it divides all shoppers over all variants."),
        "bots": _("Look at the list under Bots, and acquit the rule or the shoppers that are none."),
        "maturity": _("Wait until most windows have closed before you decide on money or returns."),
    }.get(check.name, _("Ask an analyst to look before you decide."))
