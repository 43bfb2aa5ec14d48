"""What people and rules say of who is a bot, and which of it holds at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EVENTS_PER_HOUR = 1_000
"""Exposures of one experiment, or conversions, in one hour; no shopper reaches one every 3.6 seconds."""
BY_HAND, BY_BEHAVIOUR = "(by hand)", "(too many events)"
"""Names of the rules that are not in the list of crawlers."""


class Subject(StrEnum):
    """What a verdict is about."""

    UNIT = "unit"
    RULE = "rule"
    LIMIT = "limit"


class Says(StrEnum):
    """What a verdict says of its subject."""

    BOT = "bot"
    SHOPPER = "shopper"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody decided, from a moment until it was taken back.

    Attributes:
        subject: A unit, a rule (its bots are shoppers after all), or the limit of behaviour.
        key: The unit's id, or the name of the rule.
        says: `None` for a limit.
        limit: Events an hour; `None` for another subject, or where behaviour excludes nobody.
        since: When it was said.
        until: When it was taken back; `None` while it stands.
    """

    subject: Subject
    key: str
    says: Says | None
    limit: int | None
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class BotRules:
    """What holds at one moment.

    Attributes:
        bots: Units that are bots whatever else is known.
        shoppers: Units that are none, whatever else is known.
        acquitted: Rules that exclude nobody.
        limit: Most events an hour of a shopper; `None` without such a rule.
    """

    bots: tuple[str, ...] = ()
    shoppers: tuple[str, ...] = ()
    acquitted: tuple[str, ...] = ()
    limit: int | None = EVENTS_PER_HOUR


def rules_at(verdicts: Sequence[Verdict], moment: datetime) -> BotRules:
    """The rules as they were at a moment, so that a report computed again excludes the same units."""
    standing = sorted(
        (each for each in verdicts if each.since <= moment and (each.until is None or moment < each.until)),
        key=lambda each: each.since,
    )
    # The newest word on a subject counts.
    newest = {(each.subject, each.key): each for each in standing}

    def said(subject: Subject, says: Says) -> tuple[str, ...]:
        found = (each for each in newest.values() if each.subject is subject and each.says is says)
        return tuple(sorted(each.key for each in found))

    limits = [each.limit for each in newest.values() if each.subject is Subject.LIMIT]
    return BotRules(
        bots=said(Subject.UNIT, Says.BOT),
        shoppers=said(Subject.UNIT, Says.SHOPPER),
        acquitted=said(Subject.RULE, Says.SHOPPER),
        limit=limits[0] if limits else EVENTS_PER_HOUR,
    )
