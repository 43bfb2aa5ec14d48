"""Names of what was tried, in the language of the request."""

from __future__ import annotations

from dash_ui.i18n import _


def outcome_name(code: str) -> str:
    """What was measured of each shopper."""
    return {
        "normal": _("Even values (bell-shaped)"),
        "conversion_20": _("Conversion, 20%"),
        "conversion_2": _("Conversion, 2%"),
        "conversion_02": _("Conversion, 0.2%"),
        "revenue_1.2": _("Revenue, 3% buy, ordinary baskets"),
        "revenue_2.0": _("Revenue, 3% buy, a few huge baskets"),
        "ratio": _("Revenue per order"),
        "count": _("Number of visits"),
    }.get(code, code)


def split_name(code: str) -> str:
    """How traffic was split."""
    return {"34/33/33": _("34/33/33 (three variants)")}.get(code, code)


def timing_name(code: str) -> str:
    """When was looked, and when outcomes came."""
    return {
        "steady": _("100 looks, evenly spread"),
        "early": _("100 looks from the first shopper on"),
        "random": _("100 looks at random times"),
        "campaign": _("E-mail to all at once, 672 hourly looks"),
        "refunds": _("100 looks, 30% of orders refunded"),
        "campaign_refunds": _("E-mail to all at once, 672 hourly looks, 30% refunded"),
    }.get(code, code)


def method_name(code: str) -> str:
    """A way of reading."""
    return {
        "automatic": _("The default"),
        "sequence": _("Asymptotic confidence sequence"),
        "exact": _("Exact conditional test"),
        "mixture": _("Mixture SPRT with our safeguards"),
        "betting": _("Design-based betting"),
        "planned_size": _("Planned size, read at any moment"),
        "planned_looks": _("Five planned looks"),
        "welch": _("t-test at every look"),
        "plain_sequence": _("Plain confidence sequence"),
        "plain_mixture": _("Plain mixture SPRT"),
    }.get(code, code)


def history_name(covariate: bool) -> str:
    """Whether what shoppers did before was used."""
    return _("With earlier behaviour (CUPED)") if covariate else _("Without earlier behaviour")
