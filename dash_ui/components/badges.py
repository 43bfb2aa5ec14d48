"""Small coloured words; the word alone says it all."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.icon import icon
from dash_ui.words import health_name, phase_name

_PHASES = {
    "ready": "good",
    "attention": "danger",
    "running": "info",
    "scheduled": "accent",
    "paused": "warn",
}


def badge(text: str, tone: str = "", mask: str | None = None) -> Any:
    """A word on a tinted ground; `tone` is good, bad, danger, warn, info, accent, or empty for grey."""
    children: Any = [icon(mask, 14), text] if mask else text
    return html.Span(children, className=f"pw-badge pw-{tone}" if tone else "pw-badge")


def phase_badge(phase: str) -> Any:
    """Where an experiment stands."""
    return badge(phase_name(phase), _PHASES.get(phase, ""))


def health_mark(status: str | None, code: str | None) -> Any:
    """A health finding with its sign."""
    if status is None:
        return "–"
    mask, tone = {"ok": ("check", "good"), "warning": ("warning", "warn")}.get(status, ("warning", "danger"))
    return html.Span([icon(mask, 16), health_name(status, code)], className=f"pw-health pw-{tone}-text")
