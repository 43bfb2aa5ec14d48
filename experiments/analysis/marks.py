"""What an event itself says of being a bot's: by its sender's user agent, or by what the shop passes on."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from assignment.agents import MAX_AGENT, crawler, list_version
from assignment.events import Event, Exposure, Link

AGENT, FLAG = "userAgent", "bot"
"""Names of the attributes (of conversions: properties) that a storefront's back end may pass on."""
FLAGGED = "(flagged by the shop)"


class Mark(NamedTuple):
    """Why an event is a bot's.

    Attributes:
        rule: Name of the rule of the list, or `FLAGGED`.
        source: `agent` (of the request), `attribute` (passed on by the shop) or `flag` (`bot` is true).
        agent: The user agent; `None` for a flag.
        list: Version of the list of crawlers; `None` for a flag.
    """

    rule: str
    source: str
    agent: str | None
    list: str | None


_FLAG = Mark(FLAGGED, "flag", None, None)


def mark_of(event: Event, agent: str | None) -> Mark | None:
    """Why the event is a bot's; `None` for a shopper's.

    Args:
        agent: The crawler's user agent that the door noted with the event.
    """
    if agent is not None and (mark := _by_agent(agent, "agent")) is not None:
        return mark
    if isinstance(event, Link):
        return None
    said = event.attributes if isinstance(event, Exposure) else event.properties
    if not said:
        return None
    if said.get(FLAG) is True:
        return _FLAG
    passed_on = said.get(AGENT)
    return _by_agent(passed_on[:MAX_AGENT], "attribute") if isinstance(passed_on, str) else None


@lru_cache(maxsize=4_096)
def _by_agent(agent: str, source: str) -> Mark | None:
    rule = crawler(agent)
    return None if rule is None else Mark(rule, source, agent, list_version())
