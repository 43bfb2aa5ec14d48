"""The words for a draft that is not as somebody left it: changed, started or deleted by someone else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dash_ui.format import listed, moment
from dash_ui.i18n import _


def field_word(name: str) -> str:
    """What people call a field of an experiment."""
    return {
        "name": _("the name"),
        "hypothesis": _("the hypothesis"),
        "surface": _("what it changes"),
        "placement": _("the place"),
        "hash_attribute": _("who keeps a variant"),
        "fallback_attribute": _("the id before login"),
        "variants": _("the variants"),
        "traffic": _("the share of the traffic"),
        "audience": _("the audience"),
        "layer": _("the layer"),
        "prerequisites": _("what it builds on"),
        "holdout": _("the holdout"),
        "preview_url": _("the page of the shop"),
        "metrics": _("the metrics"),
        "plan": _("the plan"),
        "segments": _("the segments"),
        "parent": _("what it follows"),
    }.get(name, name)


def changed_sentence(who: str, when: datetime, fields: Sequence[str]) -> str:
    """Who changed what of a draft, and when."""
    what = listed([field_word(name) for name in fields])
    return _("{person} changed {fields} at {time}.", person=who, fields=what, time=moment(when))


def started_sentence(who: str, when: datetime) -> str:
    """Who started it, and when."""
    return _("{person} started this experiment at {time}; its plan is locked.", person=who, time=moment(when))


def deleted_sentence(who: str, when: datetime) -> str:
    """Who deleted it, and when."""
    return _("{person} deleted this draft at {time}.", person=who, time=moment(when))
