"""What an experiment says of others, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash_ui.i18n import _


def sharing_sentences(document: Mapping[str, Any]) -> list[str]:
    """What it builds on and how it stands to the holdout, one sentence each; none where it says nothing."""
    lines = [
        _(
            "Only who takes part in {experiment} with {variants} takes part.",
            experiment=item["experiment"],
            variants=_either(item["variants"]),
        )
        for item in document.get("prerequisites") or ()
    ]
    holdout = document.get("holdout")
    if document.get("role") == "holdout":
        lines.append(_("A holdout: experiments that start while it runs leave the first variant alone."))
    elif holdout is False:
        lines.append(_("It stays out of the holdout, so it reaches the held-out too."))
    elif holdout:
        lines.append(_("It leaves alone whom the holdout {holdout} holds out.", holdout=holdout))
    return lines


def _either(keys: list[str]) -> str:
    if len(keys) == 1:
        return keys[0]
    return _("{some} or {last}", some=", ".join(keys[:-1]), last=keys[-1])
