"""Changes of a running split: what they would do, and doing them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dash_ui.gateway.base import Base, actor
from dash_ui.i18n import _
from dash_ui.records import Person, Refused
from dash_ui.split_records import SplitPreview
from experiments.requests import PhaseForm
from experiments.service import definitions, phases, reports
from experiments.validation import parse

_SHOWN = 1e-4


class Splits(Base):
    """How shoppers are divided while an experiment runs."""

    def preview_split(self, key: str, traffic: float, weights: Sequence[float]) -> SplitPreview:
        """What another split would do to the shoppers who are divided already.

        Args:
            traffic: Share of the eligible shoppers that takes part, 0 to 1.
            weights: Shares of the variants, summing to 1.

        Raises:
            Refused: 404; 422 naming the field.
        """
        with self._reading() as session:
            experiment = definitions.get_experiment(session, key)
            document = definitions.experiment_document(experiment)
            found = phases.foresee(session, key, _patch(document, traffic, weights))
            newest = reports.newest(session, key)
            arms = [] if newest is None else json.loads(newest.body)["variants"]
        names = {item["key"]: item["name"] or item["key"] for item in document["variants"]}
        return SplitPreview(
            traffic=traffic,
            version=found.version,
            changed=found.changed,
            moves=bool(found.moved),
            seen=sum(arm["units"] for arm in arms),
            coming={names[variant]: share for variant, share in found.coming.items()},
        )

    def change_split(
        self,
        person: Person,
        key: str,
        traffic: float,
        weights: Sequence[float],
        phase: int | None = None,
        reason: str = "",
        carry_over: str | None = None,
    ) -> None:
        """Changes the split; in a new phase only where the person was told of it.

        Args:
            phase: Number of the phase that is to begin; `None` where nobody is to move.
            reason: Why, for the journal.
            carry_over: `keep` or `exclude` shoppers who met an earlier phase.

        Raises:
            Refused: 403, 404; 409 when shoppers would move without a new phase, or another one began
                meanwhile; 422.
        """
        with self._changing() as session:
            document = definitions.experiment_document(definitions.get_experiment(session, key))
            patch = _patch(document, traffic, weights)
            asked = None
            if phase is not None:
                if document["version"] != phase - 1:
                    raise Refused(409, "stale", _("Another phase began meanwhile; reload to see it."))
                told = {"new_phase": True, "phase_reason": reason, "carry_over": carry_over}
                asked = parse(PhaseForm, told)
            definitions.update_experiment(session, key, patch, actor(person), asked)
        self.published()


def _patch(document: dict[str, Any], traffic: float, weights: Sequence[float]) -> dict[str, Any]:
    variants = document["variants"]
    if len(weights) != len(variants):
        raise Refused(409, "stale", _("There are other variants now; reload to see them."))
    now = [variant["weight"] for variant in variants]
    # The page shows hundredths of a percent; who leaves them alone leaves the weights alone.
    if all(abs(weight - old) < _SHOWN for weight, old in zip(weights, now, strict=True)):
        weights = now
    if abs(traffic - document["traffic"]) < _SHOWN:
        traffic = document["traffic"]
    return {
        "traffic": traffic,
        "variants": [
            {**variant, "weight": weight} for variant, weight in zip(variants, weights, strict=True)
        ],
    }
