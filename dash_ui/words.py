"""The product's fixed names in the words of marketers, in the language of the request."""

from __future__ import annotations

from dash_ui.i18n import _


def surface_name(code: str) -> str:
    """What an experiment changes; a holdout stands for all that others change."""
    names = {
        "offer": _("Offer"),
        "layout": _("Layout"),
        "recommendation": _("Recommendation"),
        "holdout": _("Holdout"),
    }
    return names.get(code, code)


def phase_name(code: str) -> str:
    """Where an experiment stands."""
    names = {
        "ready": _("Ready to decide"),
        "attention": _("Needs attention"),
        "running": _("Running"),
        "scheduled": _("Scheduled"),
        "paused": _("Paused"),
        "draft": _("Draft"),
        "stopped": _("Stopped"),
        "archived": _("Archived"),
    }
    return names.get(code, code)


def role_name(code: str) -> str:
    """What a person may do."""
    names = {"analyst": _("Analyst"), "marketer": _("Marketer"), "admin": _("Admin")}
    return names.get(code, code)


def role_words(code: str) -> str:
    """What people with a role may do, as a sentence."""
    words = {
        "analyst": _("Reads everything, analyses, comments and marks an experiment's curve."),
        "marketer": _(
            "Also makes experiments, metrics, audiences and calendar entries, starts and stops, and decides."
        ),
        "admin": _("Also lets people in, makes keys, connects sources and certifies metrics."),
    }
    return words.get(code, code)


def kind_name(code: str) -> str:
    """What a metric computes."""
    names = {
        "proportion": _("Share of shoppers who do it"),
        "count": _("Number of times per shopper"),
        "mean": _("Amount per shopper"),
        "ratio": _("Ratio of two totals"),
        "quantile": _("Quantile of an amount"),
        "retention": _("Share of shoppers who come back"),
    }
    return names.get(code, code)


def method_name(code: str) -> str:
    """How evidence is read."""
    names = {
        "sequential": _("Always valid: look whenever you like"),
        "group_sequential": _("Planned looks"),
        "fixed": _("One look at the end"),
        "bayesian": _("Bayesian"),
    }
    return names.get(code, code)


def key_kind_name(code: str) -> str:
    """What an API key is for."""
    names = {
        "client": _("Browser or app"),
        "server": _("Shop's back end"),
        "admin": _("Management"),
    }
    return names.get(code, code)


def key_scope(code: str) -> str:
    """What a program with a key of a kind may do, as a sentence."""
    words = {
        "client": _("Asks for a shopper's variants and sends events; may stand in a page that anyone reads."),
        "server": _("Asks for variants and sends events from the shop's own servers; keep it secret."),
        "admin": _("Manages everything over the API, as an admin here does; keep it secret."),
    }
    return words.get(code, code)


def key_effect(code: str) -> str:
    """What happens when a key of a kind is revoked, as a sentence."""
    words = {
        "client": _(
            "Pages that use it get no variants and show the control, and their events are refused, from now"
            " on."
        ),
        "server": _(
            "Servers that use it get no variants and show the control, and their events are refused, from now"
            " on."
        ),
        "admin": _("Scripts and release tools that use it are refused from now on."),
    }
    return words.get(code, code)


def health_name(status: str | None, code: str | None) -> str:
    """A health finding in one or two words."""
    if status == "ok":
        return _("OK")
    names = {
        "srm": _("Traffic split"),
        "multiple_exposure": _("Double exposures"),
        "assignment": _("Not as assigned"),
        "pre_period": _("Unlike before"),
        "silence": _("A variant is silent"),
        "delay": _("Events come late"),
        "freshness": _("Data is late"),
        "duplicates": _("Duplicates"),
        "bots": _("Bots"),
    }
    return names.get(code or "", _("Check"))
