"""A hypothesis as one sentence of four parts, read back from text in either language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dash_ui.i18n import LANGUAGES, _, speaking

_PARTS = ("change", "whom", "effect", "reason")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is changed, for whom (empty for everybody), what is expected, and why."""

    change: str = ""
    whom: str = ""
    effect: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """The whole sentence in the language of the request; empty when nothing was said."""
        if not (self.change or self.whom or self.effect or self.reason):
            return ""
        parts = {name: getattr(self, name).strip().rstrip(".,") for name in _PARTS}
        return _long().format(**parts) if parts["whom"] else _short().format(**parts)


def sentence_of(text: str) -> Sentence | None:
    """The parts of a sentence that was made of them; `None` for any other text."""
    if not text:
        return Sentence()
    for name in LANGUAGES:
        with speaking(name):
            for pattern in (_long(), _short()):
                found = re.fullmatch(_expression(pattern), text, re.DOTALL)
                if found is not None:
                    return Sentence(**{part: value.strip() for part, value in found.groupdict().items()})
    return None


def apart(text: str) -> tuple[str, str]:
    """What a hypothesis starts from, such as a parent's finding, and its last paragraph."""
    lead, _break, last = text.rpartition("\n\n")
    return lead, last


def _long() -> str:
    return _("If we {change} for {whom}, then {effect}, because {reason}.")


def _short() -> str:
    return _("If we {change}, then {effect}, because {reason}.")


def _expression(pattern: str) -> str:
    escaped = re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}")
    return re.sub(r"\{(\w+)\}", r"(?P<\1>.*?)", escaped).replace("\\ ", " ")
