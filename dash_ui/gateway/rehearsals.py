"""Rehearsals of a reading on an experiment's own shoppers, as the result page shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash_ui.gateway.base import Base
from dash_ui.trust_records import Rehearsal, RehearsedMetric, Share
from experiments.service.rehearsals import standing, start_rehearsal


class Rehearsals(Base):
    """How often fake assignments would have raised an alarm."""

    def rehearsal(self, key: str) -> Rehearsal:
        """How far the newest one is, with what the newest finished one found."""
        with self._reading() as session:
            found = standing(session, key)
        if found.document is None:
            return Rehearsal(found.running, found.error is not None)
        document = found.document
        return Rehearsal(
            running=found.running,
            failed=found.error is not None,
            replicates=document["replicates"],
            looks=document["looks"],
            units=document["units"],
            units_in_all=document["units_in_all"],
            as_of=datetime.fromisoformat(document["as_of"]),
            metrics=tuple(_metric(each) for each in document["metrics"]),
        )

    def start_rehearsal(self, key: str) -> None:
        """Asks for one, or joins the one that is under way.

        Raises:
            Refused: 404; 409 before the start; 503 when no scheduler runs.
        """
        with self._changing() as session:
            start_rehearsal(session, key)


def _metric(row: dict[str, Any]) -> RehearsedMetric:
    known = row["false_alarms"] is not None
    return RehearsedMetric(
        name=row["name"] or row["metric"],
        promised=row["promised"],
        false_alarms=Share(row["false_alarms"], row["lower"], row["upper"]) if known else None,
        kept=row["kept"],
        every_look=row["every_look"],
        why=row["undetermined_code"],
    )
