"""The audit log in words: what was done, to what."""

from __future__ import annotations

import json
from typing import Any, Final

from dash_ui.format import number
from dash_ui.i18n import _

_LONG: Final = 160


def action_name(code: str) -> str:
    """What was done."""
    names = {
        "create": _("Made"),
        "update": _("Changed"),
        "delete": _("Deleted"),
        "new_phase": _("Changed, in a new phase"),
        "start": _("Started"),
        "pause": _("Paused"),
        "resume": _("Resumed"),
        "stop": _("Stopped"),
        "archive": _("Archived"),
        "restore": _("Taken back"),
        "comment": _("Commented"),
        "mark": _("Marked"),
        "change_role": _("Role changed"),
        "change_password": _("Password changed"),
        "disable": _("Shut out"),
        "revoke": _("Revoked"),
        "rotate": _("Replaced"),
        "pull": _("Pulled now"),
        "erase": _("Erased"),
        "drop": _("Dropped for age"),
    }
    return names.get(code, code)


def audited_name(code: str) -> str:
    """Of what kind the changed thing is."""
    names = {
        "experiment": _("Experiment"),
        "metric": _("Metric"),
        "audience": _("Audience"),
        "calendar": _("Calendar entry"),
        "source": _("Source"),
        "rate": _("Exchange rate"),
        "bot": _("Bot rule"),
        "user": _("Person"),
        "key": _("Key"),
        "person": _("Erased shopper"),
        "events": _("Events"),
    }
    return names.get(code, code)


def actor_word(kind: str) -> str:
    """What kind of actor it was, where it was no person."""
    return {"key": _("over the API"), "system": _("by itself")}.get(kind, "")


def place_of(kind: str, key: str) -> str | None:
    """Address of the page of what changed; `None` where it has none of its own."""
    pages = {
        "experiment": f"/ui/e/{key}",
        "metric": f"/ui/metrics?show={key}",
        "audience": f"/ui/audiences?show={key}",
        "user": "/ui/people",
        "key": "/ui/keys",
        "calendar": "/ui/calendar",
        "source": "/ui/sources",
        "rate": "/ui/rates",
        "bot": "/ui/bots",
    }
    return pages.get(kind)


def value_words(value: Any) -> str:
    """A value as people read it, cut where it is long."""
    if value is None or value == "":
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return number(value) if value == round(value) else number(value, 4).rstrip("0")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
