"""Every page of the screens."""

from __future__ import annotations

from dash_ui.page import Page
from dash_ui.pages import layers, listing, metrics, new, result, settings, trust

PAGES: tuple[Page, ...] = (
    listing.PAGE,
    new.PAGE,
    result.PAGE,
    layers.PAGE,
    metrics.PAGE,
    trust.PAGE,
    settings.PAGE,
)
