"""What the reports of one refresh read once: conversions, ids with new events, and ids with very many."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import duckdb

from experiments.analysis.columns import Program
from experiments.analysis.engine import literal
from experiments.analysis.metrics import looked_at
from experiments.analysis.recheck import SAMPLED, lowest
from experiments.analysis.rows import moment
from experiments.analysis.state import Crowd, Mark, State
from experiments.analysis.view import View
from experiments.bots import BY_BEHAVIOUR, BotRules

MOST_NEW = 0.25
"""Share of new events from which on it takes less to compute everything again."""
KINDS = ("exposures", "conversions")
log = logging.getLogger(__name__)


class Shared:
    """Tables in an engine, each made when it is first asked for.

    Attributes:
        mark: Where the lake stands.

    Args:
        engine: Holds the tables.
        view: The lake.
        programs: What is computed of the experiments, by their keys.
        state: What was known before.
    """

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        view: View,
        programs: Mapping[str, Program],
        state: State | None,
    ) -> None:
        self._engine = engine
        self._view = view
        self._programs = list(programs.values())
        self._unknown = [key for key in programs if state is None or key not in state.records]
        self._limits: dict[str, int] | None = None
        self._state = state
        self._made: set[str] = set()
        self._new: dict[int, dict[str, int]] = {}
        rows = {kind: sum(p.rows for p in view.manifest.parts if p.kind == kind) for kind in KINDS}
        self.mark = Mark(view.manifest.generation, rows)

    def conversions(self) -> str:
        """Table of the conversions that any of the experiments looks at."""
        names = " OR ".join(f"({condition})" for condition in {looked_at(each) for each in self._programs})
        own = {term.field for each in self._programs for term in each.terms}
        properties = "properties" if own - {None, "value"} else "NULL::VARCHAR AS properties"
        return self._table(
            "shared_conversions",
            f"SELECT unit_key, time, received, name, value, currency, {properties} "
            f"FROM {self._view.source('conversions')} AS event WHERE {names or 'false'}",
        )

    def low_exposures(self, experiment: str) -> tuple[str, int] | None:
        """Table of the exposures of ids with low keys, and up to which key it has an experiment's.

        Those of all experiments of which nothing is known are read together, for they share files.
        """
        source = self._view.source("exposures")
        if self._limits is None:
            counts = f"SELECT experiment, count(*) FROM {source} GROUP BY experiment"
            rows = dict(self._engine.execute(counts).fetchall()) if len(self._unknown) > 1 else {}
            # Twice as many as are asked for where no unit has a second exposure; enough where it has one.
            self._limits = {key: lowest(rows[key], share=4) for key in self._unknown if key in rows}
        if experiment not in self._limits:
            return None
        limits = ", ".join(f"({literal(key)}, {limit})" for key, limit in self._limits.items())
        table = self._table(
            "low_exposures",
            f"SELECT {SAMPLED} FROM {source} AS event JOIN (VALUES {limits}) AS low(experiment, highest) "
            "ON event.experiment = low.experiment AND event.unit_key <= low.highest "
            f"WHERE event.unit_key <= {max(self._limits.values())}",
        )
        return table, self._limits[experiment]

    def recent(self) -> tuple[str, str]:
        """Table of all conversions of the ids with a new event, and that of these ids."""
        since = self._since()
        news = (f"SELECT unit_key FROM {self._view.source(kind, after=since)}" for kind in KINDS)
        ids = self._table("recent_ids", " UNION ".join(news))
        rows = (
            f"SELECT * FROM {self._view.source('conversions')} WHERE unit_key IN (SELECT unit_key FROM {ids})"
        )
        return self._table("recent_conversions", rows), ids

    def crowded(self, rules: BotRules | None) -> str | None:
        """SQL of the ids that may have more conversions in an hour than the rules allow."""
        if rules is None or rules.limit is None or BY_BEHAVIOUR in rules.acquitted:
            return None
        name = f"crowded_{rules.limit}"
        if name in self._made:
            return f"SELECT unit_key FROM memory.main.{name}"
        many = f"GROUP BY unit_key HAVING count(*) > {rules.limit}"
        crowd = self._state.crowds.get(rules.limit) if self._state is not None else None
        if crowd is not None and self.continues(crowd.mark):
            known = "".join(f" UNION SELECT {key}::BIGINT" for key in crowd.keys)
            table = self._table(name, f"SELECT unit_key FROM {self.recent()[0]} {many}{known}")
        else:
            table = self._table(name, f"SELECT unit_key FROM {self._view.source('conversions')} {many}")
        if self._state is not None:
            keys = [key for (key,) in self._engine.execute(f"SELECT unit_key FROM {table}").fetchall()]
            self._state.put_crowd(self._engine, Crowd(rules.limit, self.mark, sorted(keys)))
        return f"SELECT unit_key FROM {table}"

    def continues(self, mark: Mark) -> bool:
        """Whether the lake holds what it held then and new events, and these are few."""
        if mark.generation > self.mark.generation:
            return False
        if mark.generation not in self._new:
            self._new[mark.generation] = {
                kind: self._count(self._view.source(kind, after=mark.generation)) for kind in KINDS
            }
        new = self._new[mark.generation]
        if any(mark.rows[kind] + new[kind] != self.mark.rows[kind] for kind in KINDS):
            log.info("The lake is not the one that the state was made from")
            return False
        return sum(new.values()) <= MOST_NEW * sum(self.mark.rows.values())

    def reach_beyond(self, until: int) -> bool:
        """Whether any event happened after a moment in microseconds: one day it will count."""
        day = moment(until).date().isoformat()
        late = self._view.days(day)
        if any(part.day > day for part in late.manifest.parts):
            return True
        return any(
            self._count(f"{late.source(kind)} WHERE time > make_timestamptz({until})")
            for kind in KINDS
            if late.has(kind)
        )

    def _since(self) -> int:
        """The earliest generation that something kept holds."""
        assert self._state is not None
        marks = [each.mark for each in self._state.records.values()]
        marks += [each.mark for each in self._state.crowds.values()]
        return min(mark.generation for mark in marks if self.continues(mark))

    def _count(self, source: str) -> int:
        return int(self._engine.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])

    def _table(self, name: str, rows: str) -> str:
        if name not in self._made:
            self._engine.execute(f"CREATE TABLE memory.main.{name} AS {rows}")
            self._made.add(name)
        return f"memory.main.{name}"
