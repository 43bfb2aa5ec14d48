"""What the rules that make a shopper a bot are called."""

from __future__ import annotations

from dash_ui.i18n import _


def rule_name(rule: str) -> str:
    """A rule as people know it; crawlers go by their own name."""
    names = {
        "(by hand)": _("by hand"),
        "(flagged by the shop)": _("flagged by the shop"),
        "(too many events)": _("too many events"),
    }
    return names.get(rule, rule)


def source_name(source: str) -> str:
    """Where the evidence comes from."""
    names = {
        "hand": _("By hand"),
        "flag": _("The shop says so"),
        "agent": _("User agent of the request"),
        "attribute": _("User agent that the shop passed on"),
        "behaviour": _("Number of events"),
    }
    return names.get(source, source)
