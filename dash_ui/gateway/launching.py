"""What a draft rests on before its start, as the wizard's checklist shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash_ui.gateway.base import Base
from dash_ui.launch_records import EventArrival, Meeting, RehearsedReading
from dash_ui.records import Refused
from experiments.service.definitions import get_experiment
from experiments.service.lookup import find_metric
from experiments.service.overlaps import overlaps
from experiments.service.readiness import arrivals, experiment_to_rehearse, rehearsed, seal
from experiments.service.records import metric_form


class Launching(Base):
    """Events, rehearsals, other experiments, and the seal."""

    def arrivals(self, metrics: Sequence[str]) -> tuple[EventArrival, ...] | None:
        """How the events of these metrics come in; `None` before anybody has counted them.

        Raises:
            Refused: 404 for an unknown metric.
        """
        with self._reading() as session:
            found = arrivals(session, [metric_form(find_metric(session, key)) for key in metrics])
        if found is None:
            return None
        return tuple(
            EventArrival(each.metric, each.event, each.hour, each.last, each.as_of) for each in found
        )

    def rehearsed(self, metric: str) -> RehearsedReading:
        """What the newest rehearsal of any experiment says of a metric."""
        with self._reading() as session:
            found = rehearsed(session, metric)
            if found is None:
                return RehearsedReading(experiment_to_rehearse(session, metric), None, None)
        return RehearsedReading(found.experiment, found.kept, found.as_of)

    def meetings(self, document: dict[str, Any]) -> tuple[Meeting, ...]:
        """The experiments that shoppers of a draft would meet; none while that cannot be asked."""
        try:
            with self._reading() as session:
                found = overlaps(session, document)
        except Refused:
            return ()
        return tuple(
            Meeting(
                each.key,
                each.name,
                each.placement,
                each.same_placement,
                each.layer,
                each.units,
                each.share,
            )
            for each in found
        )

    def seal(self, key: str) -> str | None:
        """The hash that a draft's plan has as it stands; `None` while it cannot be sealed.

        Raises:
            Refused: 404.
        """
        with self._reading() as session:
            return seal(session, get_experiment(session, key))
