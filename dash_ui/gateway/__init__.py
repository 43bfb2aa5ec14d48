"""The screens' only way to the product: use cases in, plain records out."""

from __future__ import annotations

from dash_ui.gateway.access import Access
from dash_ui.gateway.audiences import Audiences
from dash_ui.gateway.audit import Audit
from dash_ui.gateway.bots import Bots
from dash_ui.gateway.calendar import Calendar
from dash_ui.gateway.chain import Chain
from dash_ui.gateway.definitions import Definitions
from dash_ui.gateway.facts import Facts
from dash_ui.gateway.launching import Launching
from dash_ui.gateway.listing import Listing
from dash_ui.gateway.measures import Measures
from dash_ui.gateway.planning import Planning
from dash_ui.gateway.programme import Programmes
from dash_ui.gateway.reconciling import Reconciling
from dash_ui.gateway.rehearsals import Rehearsals
from dash_ui.gateway.results import Results
from dash_ui.gateway.sharing import Sharing
from dash_ui.gateway.splits import Splits
from dash_ui.gateway.trust import Trust

__all__ = ["Gateway"]


class Gateway(
    Access,
    Audiences,
    Audit,
    Bots,
    Calendar,
    Chain,
    Definitions,
    Facts,
    Launching,
    Listing,
    Measures,
    Planning,
    Programmes,
    Reconciling,
    Rehearsals,
    Results,
    Sharing,
    Splits,
    Trust,
):
    """What the screens may ask, on behalf of a person; each part lives in the module of its subject."""
