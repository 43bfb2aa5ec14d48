"""Which requests crawlers send: they are served like all others, and their events say so in the log."""

from __future__ import annotations

from assignment.agents import MAX_AGENT, crawler
from assignment.api.keys import Kind
from assignment.api.reading import Environ


def crawler_agent(environ: Environ, kind: str) -> str | None:
    """The user agent of a request that a crawler sends with a key of this kind; `None` for all others.

    With a server key it is a storefront's back end that asks, on behalf of whomever: its own user agent says
    nothing of the shopper.
    """
    if kind != Kind.CLIENT:
        return None
    agent: str = environ.get("HTTP_USER_AGENT", "")[:MAX_AGENT]
    return agent if crawler(agent) is not None else None
