"""Exchange rates and sources, as the screens see and change them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash_ui.fact_records import LookedAt, RateRow, RatesKept, RefusedRow, SourceRow
from dash_ui.gateway.base import Base, actor, refusals
from dash_ui.records import Person
from experiments.auth import Role, require
from experiments.rate_files import rates_in
from experiments.requests import RatesForm
from experiments.service import sources
from experiments.service.rates import enter_rates, keep_rates, latest_rates
from experiments.sources.check import check_source
from experiments.sources.forms import SourceForm
from experiments.validation import parse


class Facts(Base):
    """What the shop keeps beside its events."""

    def rates(self) -> tuple[RateRow, ...]:
        """The newest rate of each pair of currencies."""
        with self._reading() as session:
            return tuple(
                RateRow(row.base, row.currency, row.day, row.value, row.actor)
                for row in latest_rates(session)
            )

    def enter_rate(self, person: Person, rate: dict[str, str], reason: str) -> None:
        """Enters one rate; with a reason it may correct another.

        Raises:
            Refused: 403; 409 for one that is locked; 422 naming fields.
        """
        with self._changing() as session:
            form = parse(RatesForm, {"rates": [rate], "correction": reason or None})
            enter_rates(session, form.rates, actor(person), form.correction)

    def paste_rates(self, person: Person, text: str, name: str, reason: str) -> RatesKept:
        """Enters a table of rates, as a CSV file would hold it.

        Raises:
            Refused: 403; 422 for other columns.
        """
        with self._changing() as session:
            found = rates_in(text.strip().splitlines(), name)
            kept = keep_rates(session, found.forms, actor(person), reason or None)
        locked = [(found.lines[place], said) for place, said in kept.refused]
        return RatesKept(
            kept.added, kept.unchanged, kept.changed + kept.corrected, tuple(sorted(found.refused + locked))
        )

    def sources(self) -> tuple[SourceRow, ...]:
        """Every source, by key."""
        with self._reading() as session:
            return tuple(
                _source(sources.source_document(session, each)) for each in sources.list_sources(session)
            )

    def save_source(self, person: Person, document: dict[str, Any], *, known: bool) -> None:
        """Declares a source, anew where it is known.

        Raises:
            Refused: 403, 404, 409; 422 naming fields.
        """
        with self._changing() as session:
            form = parse(SourceForm, document)
            if known:
                sources.update_source(session, form.key, form, actor(person))
            else:
                sources.create_source(session, form, actor(person))

    def delete_source(self, person: Person, key: str) -> None:
        """Ends a source.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            sources.delete_source(session, key, actor(person))

    def pull_source(self, person: Person, key: str) -> None:
        """Asks for a pull.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            sources.request_pull(session, key, actor(person))

    def check_source(self, person: Person, key: str) -> tuple[LookedAt, ...]:
        """The first rows of a source.

        Raises:
            Refused: 403, 404; 503 when it cannot be read.
        """
        with self._reading() as session:
            require(actor(person), Role.ADMIN)
            form = sources.form_of_source(sources.find_source(session, key))
        with refusals():
            found = check_source(form)
        return tuple(
            LookedAt(part, row["row"], row["reads"], row["refused"])
            for part, looked in found.items()
            for row in looked["rows"]
        )


def _source(document: dict[str, Any]) -> SourceRow:
    state = document["state"]
    return SourceRow(
        key=document["key"],
        name=document["name"],
        kind=document["kind"],
        event=document["event"],
        document={name: value for name, value in document.items() if name != "state"},
        status=state["status"],
        pulled_at=None if state["pulled_at"] is None else datetime.fromisoformat(state["pulled_at"]),
        error=state["error"],
        events=(state["total"] or {}).get("events", 0),
        last=state["last"] or {},
        refused=state["refused"],
        refusals=tuple(
            RefusedRow(each["part"], each["id"], each["reason"], datetime.fromisoformat(each["first_at"]))
            for each in state["refusals"]
        ),
    )
