"""The programme's names and sentences, in the language of the request."""

from __future__ import annotations

from dash_ui.i18n import _


def decision_name(code: str | None) -> str:
    """How an experiment ended."""
    names = {
        "ship": _("Shipped"),
        "rollback": _("Rolled back"),
        "inconclusive": _("Without an answer"),
        "none": _("Not decided"),
    }
    return names.get(code or "none", code or "")
