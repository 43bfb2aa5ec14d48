"""Why the decision is what it is, in the language of a report file."""

from __future__ import annotations

from typing import Any

from experiments.analysis.reasons import SENTENCES
from experiments.analysis.render_parts import arm_name
from experiments.analysis.render_text import Text

Document = dict[str, Any]


class _Number(float):
    """A number that formats itself as the reader's language writes it."""

    text: Text

    def __format__(self, spec: str) -> str:
        if spec.endswith("%"):
            return self.text.percent(self, int(spec[1:-1]))
        return self.text.number(self)


def reasons(report: Document, text: Text) -> list[str]:
    """The decision's reasons; one that has no code, or one of another version, as it was written."""
    decision = report["decision"]
    written = decision.get("reasons", [])
    coded = decision.get("details", [])
    return [
        _said(report, coded[place], str(reason), text) if place < len(coded) else str(reason)
        for place, reason in enumerate(written)
    ]


def _said(report: Document, detail: Document, written: str, text: Text) -> str:
    template = SENTENCES.get(str(detail.get("code")))
    if template is None:
        return written
    values = {name: _shown(report, name, value, text) for name, value in detail.get("params", {}).items()}
    try:
        return text.say(template, **values)
    except (KeyError, ValueError):
        return written


def _shown(report: Document, name: str, value: object, text: Text) -> object:
    if name == "variant":
        return arm_name(report, str(value))
    if isinstance(value, int | float):
        number = _Number(value)
        number.text = text
        return number
    return value
