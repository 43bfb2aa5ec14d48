"""Every page of the screens."""

from __future__ import annotations

from dash_ui.page import Page
from dash_ui.pages import (
    audiences,
    audit,
    bots,
    calendar,
    keys,
    layers,
    listing,
    metrics,
    new,
    people,
    programme,
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
    programme.PAGE,
    result.PAGE,
    layers.PAGE,
    metrics.PAGE,
    audiences.PAGE,
    calendar.PAGE,
    reconcile.PAGE,
    trust.PAGE,
    audit.PAGE,
    bots.PAGE,
    rates.PAGE,
    sources.PAGE,
    people.PAGE,
    keys.PAGE,
    settings.PAGE,
)
