"""Takes a person out of the lake: only the files that hold the person are written anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from assignment.errors import ProefwerkError
from experiments.analysis.engine import Engine, connection, key_of, literal
from experiments.analysis.lake import Lake
from experiments.analysis.manifest import Manifest, Part
from experiments.analysis.persons import MOST_IDS, components
from experiments.analysis.removal import Removed, without
from experiments.analysis.schema import COLUMNS
from experiments.analysis.tombstones import WHO
from experiments.analysis.view import SPILL, View


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
        removed: The rows.
    """

    person: Person
    removed: Removed


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
    erased = Erased(Person((), ()), Removed({}, 0))

    def leave_out(current: Manifest) -> Manifest:
        nonlocal erased
        view = lake.local_view(current)
        person = person_of(view, ids, alone=alone)
        with connection(lake.root / SPILL) as engine:
            conditions = {
                part.path: _theirs(part.kind, person.keys) for part in _holding(engine, view, person)
            }
            following, removed = without(engine, lake, current, conditions)
        erased = Erased(person, removed)
        tombstones = {**current.erased, **{str(key): at for key in person.keys}}
        return msgspec.structs.replace(following, erased=tombstones)

    lake.change(leave_out, at_once=True)
    return erased


def _holding(engine: Engine, view: View, person: Person) -> list[Part]:
    """The parts with any row of a person."""
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
    return [part for part in view.manifest.parts if str(view.root / part.path) in found]


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
