"""What adds up over events and units, so that a refresh counts only what is new."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add, sub

from experiments.analysis import metrics, tallies
from experiments.analysis.columns import Column, Program
from experiments.analysis.engine import Engine
from experiments.analysis.sums import Sums, add_up, scales_of
from experiments.analysis.units import Scope


@dataclass(slots=True)
class Counted:
    """What adds up over events and units.

    Attributes:
        exposures: The exposures in whole numbers.
        conversions: The conversions of units.
        scales: Of the sums of values per unit.
        sums: Over the table `outcomes`, or over what it was before `changes`; `None` where not known.
        changes: The tables of the rows that went from it since, and of those that came.
    """

    exposures: tallies.Tally
    conversions: tallies.Tally
    scales: metrics.Scales
    sums: Sums | None = None
    changes: tuple[str, str] | None = None

    def add_up(
        self, engine: Engine, columns: dict[str, list[Column]], bounds: dict[str, float]
    ) -> Sums | None:
        """The sums over `outcomes` as it is; from the changes alone where the scales still fit."""
        if not columns:
            return None
        keys, scales = ("variant",), scales_of(columns, bounds)
        if self.sums is None or self.changes is None or self.sums.scales != scales:
            return add_up(engine, "outcomes", keys, columns, scales)
        went, came = self.changes
        both = f"SELECT *, 0 AS came FROM {went} UNION ALL BY NAME SELECT *, 1 AS came FROM {came}"
        changed = add_up(engine, f"({both}) AS outcomes", ("came", *keys), columns, scales)
        return self.sums.combined(changed.of((0,)), sub).combined(changed.of((1,)), add)


def count(engine: Engine, scope: Scope, work: Program) -> Counted:
    """Read the conversions of the units in `named` into `hits` and `outcomes`, and count events."""
    scales = metrics.build(engine, scope, work)
    exposures = tallies.exposures(engine, scope, scope.view.source("exposures"))
    return Counted(exposures, tallies.conversions(engine, scope, work), scales)
