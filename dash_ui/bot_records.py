"""What screens show of bots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class BotRule:
    """A rule that makes shoppers bots.

    Attributes:
        name: Its name; crawlers go by their own.
        source: `hand`, `flag`, `agent`, `attribute` or `behaviour`.
        units: Shoppers who fit it.
        seen_at: When the latest of them was seen.
        verdict: Number of the verdict that acquits it; `None` while it holds.
    """

    name: str
    source: str
    units: int
    seen_at: datetime | None
    verdict: int | None


@dataclass(frozen=True, slots=True)
class BotUnit:
    """A shopper who fits a rule.

    Attributes:
        unit: Id.
        rule: Name of the rule.
        source: As of the rule.
        agent: User agent, where that is how it is known.
        seen_at: When it was last seen.
        excluded: Whether it is left out of reports.
        verdict: Number of what somebody said of this very shopper; `None` where nobody did.
    """

    unit: str
    rule: str
    source: str
    agent: str | None
    seen_at: datetime
    excluded: bool
    verdict: int | None


@dataclass(frozen=True, slots=True)
class BotPage:
    """One page of the bots, with all rules.

    Attributes:
        list_name: The public list of crawlers.
        list_version: Its version.
        list_rules: How many rules it has.
        limit: Events an hour that are too many for a shopper; `None` without a limit.
        as_of: When the events were looked at; `None` before they were.
        rules: Those that shoppers fit.
        units: This page of the shoppers.
        total: All of them.
        page: From 1.
        pages: How many there are, at least 1.
    """

    list_name: str
    list_version: str
    list_rules: int
    limit: int | None
    as_of: datetime | None
    rules: tuple[BotRule, ...]
    units: tuple[BotUnit, ...]
    total: int
    page: int
    pages: int
