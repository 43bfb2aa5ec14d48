"""Who is left out of reports as a bot, as screens show and correct it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash_ui.bot_records import BotPage, BotRule, BotUnit
from dash_ui.gateway.base import Base, actor
from dash_ui.records import Person
from experiments.requests import BotForm, BotLimitForm
from experiments.service.bots import bots_document
from experiments.service.verdicts import judge, set_limit, take_back
from experiments.validation import parse

PER_PAGE = 25


class Bots(Base):
    """Looking at bots, and correcting who is one."""

    def bots(self, search: str = "", page: int = 1) -> BotPage:
        """The rules, and one page of the shoppers whose id or user agent holds the text."""
        with self._reading() as session:
            document = bots_document(session, search=search, page=max(page, 1), per_page=PER_PAGE)
        return BotPage(
            list_name=document["list"]["name"],
            list_version=document["list"]["version"],
            list_rules=document["list"]["rules"],
            limit=document["events_per_hour"],
            as_of=_moment(document["as_of"]),
            rules=tuple(
                BotRule(
                    each["rule"], each["source"], each["units"], _moment(each["seen_at"]), each["verdict"]
                )
                for each in document["rules"]
            ),
            units=tuple(_unit(each) for each in document["units"]),
            total=document["total"],
            page=document["page"],
            pages=max(1, -(-document["total"] // PER_PAGE)),
        )

    def judge_bot(self, person: Person, said: dict[str, Any]) -> None:
        """Says of a shopper, or of a rule, what the API's `POST /api/v1/bots` takes.

        Raises:
            Refused: 403; 422 naming fields.
        """
        with self._changing() as session:
            judge(session, parse(BotForm, said), actor(person))

    def take_back_bot(self, person: Person, verdict: int) -> None:
        """Takes back what was said.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            take_back(session, verdict, actor(person))

    def limit_bots(self, person: Person, events_per_hour: int | None) -> None:
        """Sets how many events an hour are too many for a shopper.

        Raises:
            Refused: 403, 422.
        """
        with self._changing() as session:
            set_limit(session, parse(BotLimitForm, {"events_per_hour": events_per_hour}), actor(person))


def _unit(found: dict[str, Any]) -> BotUnit:
    return BotUnit(
        unit=found["unit"],
        rule=found["rule"],
        source=found["source"],
        agent=found["agent"],
        seen_at=datetime.fromisoformat(found["seen_at"]),
        excluded=found["excluded"],
        verdict=found["verdict"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
