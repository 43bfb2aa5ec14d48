"""Everything that is known of bots, as people inspect it: rules, units, and what was said by hand."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from assignment.agents import LIST, URL, list_size, list_version
from experiments.bots import BY_HAND, Says, Subject, rules_at
from experiments.db import utc_now
from experiments.documents import timestamp
from experiments.models import BotVerdict
from experiments.service.observations import BOTS, observed
from experiments.service.verdicts import LIMIT, standing, verdict_document, verdicts

Document = dict[str, Any]


def bots_document(
    session: Session, *, rule: str | None = None, search: str | None = None, page: int = 1, per_page: int = 50
) -> Document:
    """The rules with their counts, one page of the units that they leave out, and every verdict that holds.

    Args:
        rule: Only units that this rule knows.
        search: Only units whose id or user agent holds this text, in any case of letters.
    """
    found, as_of = observed(session, BOTS) or ({"rules": [], "units": []}, None)
    said = standing(session)
    wanted = (search or "").lower()
    fitting = [
        each
        for each in (*_by_hand(said), *found["units"])
        if (rule is None or each["rule"] == rule)
        and (wanted in each["unit"].lower() or wanted in (each["agent"] or "").lower())
    ]
    first = (page - 1) * per_page
    return {
        "list": {"name": LIST, "version": list_version(), "url": URL, "rules": list_size()},
        LIMIT: rules_at(verdicts(session), utc_now()).limit,
        "as_of": timestamp(as_of),
        "rules": _rules(found["rules"], said),
        "verdicts": [verdict_document(each) for each in said],
        "units": _judged(fitting[first : first + per_page], said),
        "total": len(fitting),
        "page": page,
        "per_page": per_page,
    }


def _rules(found: list[Document], said: list[BotVerdict]) -> list[Document]:
    acquitted = {each.key: each.id for each in said if each.subject == Subject.RULE.value}
    seen = {each["rule"] for each in found}
    by_hand = len(_by_hand(said))
    rows = [{**each, "verdict": acquitted.get(each["rule"])} for each in found]
    for name in [BY_HAND] * bool(by_hand) + sorted(acquitted.keys() - seen - {BY_HAND}):
        source, count = ("hand", by_hand) if name == BY_HAND else ("agent", 0)
        rows.append(
            {"rule": name, "source": source, "units": count, "seen_at": None, "list": None,
             "verdict": acquitted.get(name)}
        )  # fmt: skip
    return rows


def _by_hand(said: list[BotVerdict]) -> list[Document]:
    return [
        {
            "unit": each.key,
            "rule": BY_HAND,
            "source": "hand",
            "agent": None,
            "seen_at": timestamp(each.created_at),
        }
        for each in said
        if each.subject == Subject.UNIT.value and each.says == Says.BOT.value
    ]


def _judged(found: list[Document], said: list[BotVerdict]) -> list[Document]:
    """Units with whether they are left out now, and the verdict on the unit itself that decides so."""
    own = {each.key: each for each in said if each.subject == Subject.UNIT.value}
    acquitted = {each.key for each in said if each.subject == Subject.RULE.value}
    rows = []
    for each in found:
        verdict = own.get(each["unit"])
        out = each["rule"] not in acquitted
        if verdict is not None:
            out = verdict.says == Says.BOT.value and BY_HAND not in acquitted
        rows.append({**each, "excluded": out, "verdict": None if verdict is None else verdict.id})
    return rows
