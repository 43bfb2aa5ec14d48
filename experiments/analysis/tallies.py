"""Events in whole numbers that add up and subtract: how late they came in, and what could not be counted."""

from __future__ import annotations

from collections import Counter

from experiments.analysis import exchange
from experiments.analysis.columns import Program
from experiments.analysis.engine import Engine, literal
from experiments.analysis.units import SECOND, Scope

DAY = 86_400
EDGES = (60, 300, 900, 3_600, 6 * 3_600, DAY, 2 * DAY, 7 * DAY, 30 * DAY)
"""Upper ends of the classes of delay, in seconds; a last class has none."""
AHEAD = 60
Tally = exchange.Tally
DELAY, LEFT = "delay", "left"


def exposures(engine: Engine, scope: Scope, source: str) -> Tally:
    """Exposures by class of delay, and by receipt where that was late and lately.

    Args:
        engine: Runs the statement.
        scope: Whose exposures count.
        source: SQL of the exposures.
    """
    return _delays(
        engine,
        f"{source} AS event WHERE event.experiment = {literal(scope.experiment)} AND {scope.counts('event')}",
        "epoch_us(event.received) - epoch_us(event.time)",
        "epoch_us(event.received)",
        scope,
    )


def conversions(engine: Engine, scope: Scope, work: Program) -> Tally:
    """What the table `hits` tells: delays of what came after exposure, and findings per column of values."""
    found = _delays(engine, "hits WHERE age >= 0 AND delay IS NOT NULL", "delay", "time + delay", scope)
    for term, lower, upper in sorted(windows(work)):
        rows = engine.execute(
            f"SELECT currency, x{term}, count(*) FROM hits WHERE x{term} IS NOT NULL "
            f"AND age BETWEEN {lower} AND {upper} GROUP BY ALL"
        ).fetchall()
        found.update({(LEFT, term, lower, upper, currency, finding): n for currency, finding, n in rows})
    return found + exchange.conversions(engine, scope, work)


def windows(work: Program) -> set[tuple[int, int, int]]:
    """Term, lower and upper end of every outcome that sums values."""
    return {
        (column.term, column.lower, column.upper)
        for columns in work.columns.values()
        for column in columns
        if column.term is not None
        and work.terms[column.term].field is not None
        and not column.role.startswith("covariate")
    }


def _delays(engine: Engine, source: str, delay: str, received: str, scope: Scope) -> Tally:
    ends = " ".join(f"WHEN delay <= {edge * SECOND} THEN {place}" for place, edge in enumerate(EDGES))
    lately = f"delay > {DAY * SECOND} AND received > {scope.received - DAY * SECOND}"
    rows = engine.execute(
        f"""SELECT CASE WHEN delay < {-AHEAD * SECOND} THEN -1 {ends} ELSE {len(EDGES)} END AS class,
          CASE WHEN {lately} THEN received END AS late, count(*)
        FROM (SELECT {delay} AS delay, {received} AS received FROM {source}) GROUP BY ALL"""
    ).fetchall()
    return Counter({(DELAY, place, late): count for place, late, count in rows})
