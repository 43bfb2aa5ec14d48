"""The words for ways of reading: what each is called, promises and takes for granted."""

from __future__ import annotations

from collections.abc import Callable

from dash_ui.format import number, percent
from dash_ui.i18n import _
from dash_ui.way_records import Assumption


def way_name(way: str) -> str:
    """A way of reading."""
    return {
        "always_valid": _("Always valid"),
        "planned_size": _("Planned size"),
        "single_look": _("Single look"),
        "posterior": _("Bayesian"),
        "mixture_sprt": _("Mixture SPRT"),
        "bets": _("Bets on the split"),
        "planned_looks": _("Planned looks"),
    }.get(way, way.replace("_", " "))


def promise_sentence(promise: str) -> str:
    """What holds of a way's false alarms."""
    return {
        "any_moment": _("False alarms stay at the stated rate, however often you look."),
        "until_planned_size": _(
            "False alarms stay at the stated rate, however often you look; it finds most at the planned size."
        ),
        "at_planned_looks": _(
            "False alarms stay at the stated rate over the planned looks, which alone decide."
        ),
        "one_look": _("False alarms stay at the stated rate for one look; looking again raises them."),
        "no_error_rate": _("No promise about false alarms: it gives chances under its prior."),
    }.get(promise, promise.replace("_", " "))


def assumes_sentence(code: str) -> str:
    """What a way takes for granted."""
    return {
        "large_numbers": _("There are enough shoppers and events for averages to behave normally."),
        "planned_split": _("Shoppers are split as planned."),
        "size_fixed_before": _("The planned size was fixed before the start."),
        "looks_fixed_before": _("The number of looks was fixed before the start."),
        "looked_at_once": _("Nobody decides before the planned size."),
        "flat_prior": _("Before the data, every value was as likely as any other."),
        "effects_of_planned_size": _("True effects are about as large as the smallest lift worth detecting."),
        "registered_cap": _("No shopper counts for more than the cap that was set before the start."),
    }.get(code, code.replace("_", " "))


def assumption_sentence(each: Assumption) -> str:
    """An assumption with what the data have."""
    value, needed = each.value, each.needed
    sentences: dict[str, Callable[[], str]] = {
        "units_per_arm": lambda: _(
            "Shoppers in the smallest variant: {value}; at least {needed} are needed.",
            value=number(value),
            needed=number(needed),
        ),
        "events_per_arm": lambda: _(
            "Shoppers with a value, in the variant with fewest: {value}; at least {needed} are needed.",
            value=number(value),
            needed=number(needed),
        ),
        "skewness": lambda: _(
            "Skewness of the difference: {value}; above {needed} a few shoppers weigh too much for a range in"
            " the metric's own unit.",
            value=number(value, 3),
            needed=number(needed, 1),
        ),
        "denominator": lambda: _(
            "The denominator is known to within {value}; {needed} is needed.",
            value=percent(value, 1),
            needed=percent(needed, 0),
        ),
        "split": lambda: _(
            "Share of the shoppers in this variant: {value}; {needed} was planned.",
            value=percent(value, 2),
            needed=percent(needed, 2),
        ),
        "planned_size": lambda: _(
            "Shoppers so far: {value}; {needed} were planned.", value=number(value), needed=number(needed)
        ),
        "maturity": lambda: _(
            "Shoppers whose window has closed: {value}; what the others do later still counts.",
            value=percent(value, 0),
        ),
    }
    return sentences[each.code]() if each.code in sentences else each.code.replace("_", " ")
