"""What the classes of orders are called, what they mean, and what to do about them."""

from __future__ import annotations

from dash_ui.i18n import _


def class_name(name: str) -> str:
    """A class, or a step of the way to the report, as people call it."""
    names = {
        "duplicate": _("Twice in the export"),
        "counted": _("Counted"),
        "differs": _("Counted with another value"),
        "refused_consent": _("Refused to be measured"),
        "unknown_unit": _("Shopper unknown"),
        "not_exposed": _("Not in the experiment"),
        "set_aside": _("Set aside"),
        "bot": _("Bot"),
        "several_variants": _("Met several variants"),
        "before_exposure": _("Before exposure"),
        "outside_window": _("After the window"),
        "after_stop": _("After the stop"),
        "no_value": _("Without the value"),
        "currency": _("Other currency"),
        "late": _("Too late"),
        "missing": _("Never received"),
        "unexplained": _("Unexplained"),
        "export": _("Export"),
        "converted": _("From other currencies"),
        "other_values": _("Other values"),
        "only_here": _("Only in the report"),
        "capped": _("Cut off by the cap"),
        "report": _("Report"),
    }
    return names.get(name, name)


def class_meaning(name: str) -> str:
    """Why orders are in the class."""
    meanings = {
        "duplicate": _("The order is in the export already."),
        "counted": _("The report counts it."),
        "differs": _("The report counts it with another value."),
        "refused_consent": _("The shopper refused to be measured."),
        "unknown_unit": _("The export does not tell whose order it is, and no event has its number."),
        "not_exposed": _("The shopper met no variant of this experiment, so far as the report knows."),
        "set_aside": _(
            "The shopper is none of those whom the report compares: of an earlier phase, of a share that "
            "grew, or with an id that many people share."
        ),
        "bot": _("The shopper is left out as a bot."),
        "several_variants": _("The shopper met more than one variant and is left out."),
        "before_exposure": _("The order was placed before the shopper first met the experiment."),
        "outside_window": _("The order was placed after the window of the metric had closed."),
        "after_stop": _("The order was placed after the experiment had stopped."),
        "no_value": _("The event of the order lacks the field that the metric sums."),
        "currency": _("The order is in another currency than the metric, and there is no rate for it."),
        "late": _("The event came after the report was made, or is too old by now to be taken in."),
        "missing": _("The report would count the order, but no event of it has come."),
        "unexplained": _("No rule says why the report does not count the event of this order."),
    }
    return meanings.get(name, "")


def class_remedy(name: str) -> str:
    """What to do about it."""
    remedies = {
        "duplicate": _("Take it out of the export; a join that repeats rows is the usual cause."),
        "differs": _("Compare what the shop sends with the export: tax, shipping, discounts, and when."),
        "unknown_unit": _("Add the shopper's id to the export, or send the order's number with its event."),
        "not_exposed": _("If they did meet it: report exposures, and send the id from before login too."),
        "bot": _("If it is none, acquit it on the page of bots."),
        "several_variants": _("If there are many, see the health of the report."),
        "before_exposure": _("If that cannot be: see whether exposures are reported too late."),
        "no_value": _("Send the field with every event."),
        "currency": _("Enter rates for the currency, or define a metric of its own."),
        "late": _("Analyse again; load what is too old with 'proefwerk import'."),
        "missing": _("See why the shop did not send it; send it again, or load it with 'proefwerk import'."),
        "unexplained": _("Tell who looks after the platform: this is a defect."),
    }
    return remedies.get(name, _("Nothing: this is as it should be."))


def only_here_meaning(reason: str) -> str:
    """Why the report counts an event that the export does not have."""
    return {
        "again": _("A further event of an order that is in the export: it was sent twice under two ids."),
        "outside_export": _("The order was placed before the first or after the last day of the export."),
        "not_in_export": _("No order of the export has its number."),
    }.get(reason, reason)
