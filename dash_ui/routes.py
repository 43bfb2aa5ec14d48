"""Every page of the screens."""

from __future__ import annotations

from dash_ui.page import Page
from dash_ui.pages import (
    bots,
    calendar,
    layers,
    listing,
    metrics,
    new,
    rates,
    reconcile,
    result,
    settings,
    sources,
    trust,
)

PAGES: tuple[Page, ...] = (
    listing.PAGE,
    new.PAGE,
    result.PAGE,
    layers.PAGE,
    metrics.PAGE,
    calendar.PAGE,
    reconcile.PAGE,
    trust.PAGE,
    bots.PAGE,
    rates.PAGE,
    sources.PAGE,
    settings.PAGE,
)
