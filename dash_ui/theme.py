"""Colours, type and defaults of the components, in one place."""

from __future__ import annotations

from typing import Any, Final

GOOD: Final = "var(--pw-good)"
BAD: Final = "var(--pw-bad)"
UNCLEAR: Final = "var(--pw-unclear)"
ACCENT: Final = "var(--pw-accent)"

FONT: Final = "'Inter Variable', Inter, system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"

INDIGO: Final = [
    "#eef1fe",
    "#dbe1fc",
    "#b8c4f8",
    "#92a4f5",
    "#7188f1",
    "#5a73ee",
    "#4863e8",
    "#3b5bdb",
    "#3049b8",
    "#25398f",
]

THEME: Final[dict[str, Any]] = {
    "fontFamily": FONT,
    "headings": {"fontFamily": FONT, "fontWeight": "600"},
    "colors": {"accent": INDIGO},
    "primaryColor": "accent",
    "primaryShade": {"light": 7, "dark": 7},
    "defaultRadius": "md",
    "cursorType": "pointer",
    "respectReducedMotion": True,
    "components": {
        "Paper": {"defaultProps": {"withBorder": True, "radius": "md"}},
        "Anchor": {"defaultProps": {"underline": "hover"}},
    },
}

SCHEMES: Final = ("light", "dark")

_LOGO: Final = (
    "%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 24 24%27%3E"
    "%3Crect width=%2724%27 height=%2724%27 rx=%275%27 fill=%27%233b5bdb%27/%3E"
    "%3Cpath d=%27M5 17h14M5 14l4-5 4 2 5-5%27 fill=%27none%27 stroke=%27white%27 stroke-width=%272%27 "
    "stroke-linecap=%27round%27/%3E%3C/svg%3E"
)
FAVICON: Final = f'<link rel="icon" href="data:image/svg+xml,{_LOGO}">'
