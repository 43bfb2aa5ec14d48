"""Why something was not done, in the language of the request; the product itself says it in English only."""

from __future__ import annotations

from dash_ui.i18n import _


def refusal_words(code: str) -> str | None:
    """One sentence for a reason; `None` where the screens have none, and the product's own stays."""
    words = {
        "role_not_allowed": _("Your role does not allow this; ask an admin."),
        "last_admin": _("This is the last admin, and stays one."),
        "user_exists": _("Somebody with this address is known already."),
        "user_not_found": _("This person is not known any more."),
        "key_not_found": _("This key is not known any more."),
        "key_revoked": _("This key was revoked already."),
        "key_replaced": _("This key was replaced already."),
        "experiment_not_found": _("There is no experiment with this key; somebody may have deleted it."),
        "metric_not_found": _("There is no metric with this key; somebody may have deleted it."),
        "metric_exists": _("Another metric has this key; choose another."),
        "audience_not_found": _("There is no audience with this key."),
        "audience_exists": _("Another audience has this key; choose another."),
        "database_unavailable": _("The database cannot be reached now. Nothing was lost; try again."),
    }
    return words.get(code)
