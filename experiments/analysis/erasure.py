"""Takes a person out of the lake: only the files that hold the person are written anew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import msgspec
import numpy as np

from assignment.errors import ProefwerkError
from experiments.analysis import parts
from experiments.analysis.engine import Engine, connection, key_of, literal
from experiments.analysis.lake import OTHER, Lake
from experiments.analysis.manifest import Manifest, Part
from experiments.analysis.persons import MOST_IDS, components
from experiments.analysis.schema import COLUMNS, rows_of
from experiments.analysis.tombstones import WHO
from experiments.analysis.view import SPILL, View

_COUNTED = {"exposures": "experiment", "conversions": "name"}
"""What the manifest counts the events of a kind by."""


@dataclass(frozen=True, slots=True)
class Person:
    """The ids of one person.

    Attributes:
        ids: As texts, in order.
        keys: As the lake's 64-bit keys.
    """

    ids: tuple[str, ...]
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took away.

    Attributes:
        person: Whom.
        rows: How many rows, by kind.
        files: How many files held any of them.
    """

    person: Person
    rows: dict[str, int]
    files: int


def person_of(view: View, ids: Sequence[str], *, alone: bool = False) -> Person:
    """All ids that are the same person's as the given ones, by the links between them.

    Args:
        view: The lake.
        ids: Of one person.
        alone: Leave linked ids out.

    Raises:
        ProefwerkError: 409, the links tie together more ids than a person has.
    """
    with view.engine() as engine:
        keys = {_key(engine, each) for each in ids}
        texts = set(ids)
        if alone or not view.has("links"):
            return Person(tuple(sorted(texts)), tuple(sorted(keys)))
        links = view.source("links")
        found = engine.execute(f"SELECT unit_key, person_key FROM {links}").fetchnumpy()
        linked, first, _ = components(*(np.asarray(found[name]) for name in ("unit_key", "person_key")))
        own = np.unique(first[np.isin(linked, list(keys))])
        keys |= {int(key) for key in linked[np.isin(first, own)]}
        if len(keys) > MOST_IDS + len(ids):
            raise ProefwerkError(
                409,
                "crowd",
                f"Links tie these ids to {len(keys) - len(ids):,} others, more than the {MOST_IDS} that one "
                "person has; something that many use, such as a till, is among them. Erase each id alone.",
            )
        for who in WHO:
            wanted = f"SELECT DISTINCT {who} FROM {links} WHERE {_among(f'{who}_key', keys)}"
            texts |= {row[0] for row in engine.execute(wanted).fetchall()}
    return Person(tuple(sorted(texts)), tuple(sorted(keys)))


def erase(lake: Lake, ids: Sequence[str], at: int, *, alone: bool = False) -> Erased:
    """Take all rows of a person away, and keep out what comes in late of what the person did until now.

    The old files are gone when this returns. Ids of events stay known, as hashes.

    Args:
        lake: Take the log over first.
        ids: Of one person; those that links tie to them are the same person's.
        at: Now, in microseconds since 1970 UTC.
        alone: Leave linked ids out.

    Raises:
        ProefwerkError: 409, the links tie together more ids than a person has.
    """
    erased = Erased(Person((), ()), {}, 0)

    def without(current: Manifest) -> Manifest:
        nonlocal erased
        person = person_of(lake.at(current), ids, alone=alone)
        with connection(lake.root / SPILL) as engine:
            following, erased = _without(engine, lake, current, person)
        return msgspec.structs.replace(
            following, erased={**current.erased, **{str(key): at for key in person.keys}}
        )

    lake.change(without, at_once=True)
    return erased


def _without(
    engine: duckdb.DuckDBPyConnection, lake: Lake, current: Manifest, person: Person
) -> tuple[Manifest, Erased]:
    rows: Counter[str] = Counter()
    counts = {kind: Counter(getattr(current, kind)) for kind in _COUNTED}
    kept: list[Part] = []
    holding = _holding(engine, lake.at(current), person)
    for part in current.parts:
        if part.path not in holding:
            kept.append(part)
            continue
        theirs = _theirs(part.kind, person.keys)
        source = rows_of(part.kind, [(lake.root / part.path, part.schema)])
        by = _COUNTED.get(part.kind, "NULL")
        for name, count in engine.execute(
            f"SELECT {by}, count(*) FROM {source} WHERE {theirs} GROUP BY 1"
        ).fetchall():
            rows[part.kind] += count
            if part.kind in counts:
                counts[part.kind][name if name in counts[part.kind] else OTHER] -= count
        kept += parts.rewritten(engine, lake.store, part, f"NOT ({theirs})")
    following = msgspec.structs.replace(
        current,
        parts=tuple(kept),
        removals=current.removals + bool(holding),
        **{
            kind: {name: count for name, count in counted.items() if count > 0}
            for kind, counted in counts.items()
        },
    )
    return following, Erased(person, dict(rows), len(holding))


def _holding(engine: Engine, view: View, person: Person) -> set[str]:
    """Paths of the parts with any row of a person."""
    files: dict[tuple[str, int], list[Part]] = defaultdict(list)
    for part in view.manifest.parts:
        files[part.kind, part.schema].append(part)
    view.fetch([part.path for part in view.manifest.parts])
    found = set()
    for (kind, _), group in files.items():
        names = ", ".join(literal(str(view.root / part.path)) for part in group)
        source = f"read_parquet([{names}], filename = true, hive_partitioning = false)"
        query = f"SELECT DISTINCT filename FROM {source} WHERE {_theirs(kind, person.keys)}"
        found |= {row[0] for row in engine.execute(query).fetchall()}
    return {part.path for part in view.manifest.parts if str(view.root / part.path) in found}


def _theirs(kind: str, keys: Sequence[int]) -> str:
    """SQL: a row of the kind is one of a person with these keys."""
    own = [f"{who}_key" for who in WHO if f"{who}_key" in COLUMNS[kind]]
    return " OR ".join(_among(column, keys) for column in own)


def _among(column: str, keys: Sequence[int] | set[int]) -> str:
    return f"{column} IN ({', '.join(str(key) for key in keys)})"


def _key(engine: Engine, ident: str) -> int:
    key: int = engine.execute(f"SELECT {key_of('unit')} FROM (SELECT {literal(ident)} AS unit)").fetchall()[
        0
    ][0]
    return key
