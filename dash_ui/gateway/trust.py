"""The published table of error rates, as the trust page shows it."""

from __future__ import annotations

from functools import cache
from typing import Any

from dash_ui.gateway.base import Base
from dash_ui.trust_records import Share, Tried, TrustCell, TrustTable
from stats import trust
from stats.calibrate import monte_carlo


class Trust(Base):
    """What was tried before anybody relied on it."""

    def trust(self) -> TrustTable | None:
        """The table that came with this version; `None` where it was left out."""
        return _table()


@cache
def _table() -> TrustTable | None:
    document = trust.load()
    if document is None:
        return None
    replicates = document["replicates"]
    return TrustTable(
        version=document["version"],
        seed=document["seed"],
        alpha=document["alpha"],
        replicates=replicates,
        ours=tuple(trust.READINGS),
        others=tuple(trust.CONTRASTS),
        cells=tuple(_cell(cell, replicates) for cell in document["cells"]),
    )


def _cell(cell: dict[str, Any], replicates: int) -> TrustCell:
    return TrustCell(
        outcome=cell["outcome"],
        split=cell["split"],
        timing=cell["timing"],
        covariate=cell["covariate"],
        readings={name: _tried(line, replicates) for name, line in cell["readings"].items()},
    )


def _tried(line: dict[str, Any], replicates: int) -> Tried:
    return Tried(
        false_alarms=_share(line["false_alarms"], replicates),
        missed=_share(max(line["missed_absolute"], line["missed_relative"]), replicates),
        power_up=line["power_up"],
        power_down=line["power_down"],
        stopping=line["stopping"],
    )


def _share(value: float, replicates: int) -> Share:
    return Share(value, *monte_carlo(round(value * replicates), replicates))
