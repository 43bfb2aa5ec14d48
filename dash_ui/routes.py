"""Every page of the screens."""

from __future__ import annotations

from dash_ui.page import Page
from dash_ui.pages import bots, layers, listing, metrics, new, reconcile, result, settings, trust

PAGES: tuple[Page, ...] = (
    listing.PAGE,
    new.PAGE,
    result.PAGE,
    layers.PAGE,
    metrics.PAGE,
    reconcile.PAGE,
    trust.PAGE,
    bots.PAGE,
    settings.PAGE,
)
