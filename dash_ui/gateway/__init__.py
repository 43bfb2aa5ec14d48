"""The screens' only way to the product: use cases in, plain records out."""

from __future__ import annotations

from dash_ui.gateway.access import Access
from dash_ui.gateway.listing import Listing

__all__ = ["Gateway"]


class Gateway(Access, Listing):
    """What the screens may ask, on behalf of a person; each part lives in the module of its subject."""
