"""Which ids are one person's, by the links between them, and what that makes of an experiment's units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from experiments.analysis.engine import Engine, keep
from experiments.analysis.lake import View

MOST_IDS = 100
"""A person has no more ids than this; what ties more together is used by many, such as a till."""
Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Joined:
    """What links did to the units of an experiment.

    Attributes:
        known: Ids that links speak of, of whichever experiment.
        persons: Units that were exposed under several ids.
        ids: These ids.
        parted: Those of the units that met several variants, though each of their ids met one: before the ids
            were linked. They are left out with all who met several.
        crowds: Groups of more than `MOST_IDS` ids that links tie together; they are in no other number.
        crowd_ids: Exposed ids in them.
    """

    known: int
    persons: int
    ids: int
    parted: int
    crowds: int
    crowd_ids: int


def name_ids(engine: Engine, *, joined: bool) -> None:
    """Make the view `named`: `units` by every id that a unit has, as `id_key`.

    Args:
        joined: Whether there is a table `persons`.
    """
    others = (
        "UNION ALL SELECT persons.unit_key AS id_key, units.* FROM persons "
        "JOIN units ON persons.person_key = units.unit_key WHERE persons.unit_key <> persons.person_key"
    )
    every = f"SELECT unit_key AS id_key, * FROM units {others if joined else ''}"
    engine.execute(f"CREATE OR REPLACE TEMP VIEW named AS {every}")


def find_persons(engine: Engine, view: View, known: str) -> bool:
    """Make the table `persons` of every linked id: `unit_key`, `person_key` and whether it is of a crowd.

    A person is a connected component of the links; its key is the least of its ids' keys, so that neither the
    order nor the number of times in which links came in matters.

    Args:
        view: The lake.
        known: SQL condition on a link `event`: it counts.

    Returns:
        Whether there are any links; without them there is no table.
    """
    if not view.has("links"):
        return False
    found = engine.execute(
        f"SELECT event.unit_key, event.person_key FROM {view.source('links')} AS event WHERE {known}"
    ).fetchnumpy()
    units, persons = (np.asarray(found[name], dtype=np.int64) for name in ("unit_key", "person_key"))
    if not len(units):
        return False
    keys, person_keys, sizes = components(units, persons)
    rows = {"unit_key": keys, "person_key": person_keys, "crowd": sizes > MOST_IDS}
    keep(engine, "persons", pa.table(rows))
    return True


def components(units: Keys, persons: Keys) -> tuple[Keys, Keys, Keys]:
    """Every distinct id of the links, ascending, with the least id of its component and that one's size.

    Args:
        units: One end of each link, shape `(n,)`.
        persons: The other end.
    """
    keys, codes = np.unique(np.concatenate([units, persons]), return_inverse=True)
    ends = codes.reshape(2, -1)
    graph = coo_array((np.ones(len(units), dtype=np.int8), (ends[0], ends[1])), shape=(len(keys), len(keys)))
    count, labels = connected_components(graph, directed=False)
    first = np.full(count, len(keys))
    np.minimum.at(first, labels, np.arange(len(keys)))
    sizes = np.bincount(labels, minlength=count)
    return keys, keys[first[labels]], sizes[labels]


def join(engine: Engine, segments: int) -> Joined:
    """Make persons of the ids in `met` and `bots`: the earliest exposure counts, of its segments too.

    Args:
        segments: How many columns of segments `met` has; with any, it has `first_id` of the first exposure.
    """
    names = [f"segment_{index}" for index in range(segments)]
    own = "".join(
        f", arg_min({name}, row(first, first_id)) FILTER (first IS NOT NULL) AS {name}" for name in names
    )
    plain = "".join(f", {name}" for name in names)
    engine.execute(
        f"""CREATE TEMP TABLE gathered AS
        SELECT person_key AS unit_key, min(first) AS first, min(variant) AS variant,
          max(last_variant) AS last_variant, sum(events)::BIGINT AS events,
          sum(unknown)::BIGINT AS unknown{own},
          count(*) FILTER (variant IS NOT NULL) AS ids,
          coalesce(bool_or(variant <> last_variant), false) AS parted_alone, bool_or(crowd) AS crowd
        FROM (SELECT met.*, persons.person_key, persons.crowd FROM met JOIN persons USING (unit_key))
        GROUP BY person_key"""
    )
    crowds, crowd_ids = engine.execute(
        "SELECT count(*), coalesce(sum(ids), 0)::BIGINT FROM gathered WHERE crowd AND ids > 0"
    ).fetchall()[0]
    columns = f"unit_key, first, variant, last_variant, events, unknown{plain}"
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE met AS SELECT {columns}, bot FROM met ANTI JOIN persons "
        f"USING (unit_key) UNION ALL SELECT {columns}, NULL AS bot FROM gathered WHERE NOT crowd"
    )
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE bots AS
        SELECT coalesce(persons.person_key, bots.unit_key) AS unit_key, rule, source
        FROM bots LEFT JOIN persons ON bots.unit_key = persons.unit_key"""
    )
    persons, ids, parted = engine.execute(
        """SELECT count(*), coalesce(sum(ids), 0)::BIGINT,
          count(*) FILTER (variant <> last_variant AND NOT parted_alone)
        FROM gathered WHERE ids > 1 AND NOT crowd AND unit_key NOT IN (SELECT unit_key FROM bots)"""
    ).fetchall()[0]
    engine.execute("DROP TABLE gathered")
    known = engine.execute("SELECT count(*) FROM persons").fetchall()[0][0]
    return Joined(known, persons, ids, parted, crowds, crowd_ids)


def already_met(links: str) -> str:
    """SQL of the ids in `begun` that were linked, when they were first met, to one that was met before.

    Such an id is no newcomer, and no link that comes in later changes that.

    Args:
        links: SQL of the links, named `event`: from `FROM` to a `WHERE` with its condition.
    """
    return f"""
      SELECT later.unit_key FROM (
        SELECT event.unit_key, event.person_key AS other, epoch_us(event.received) AS told {links}
        UNION ALL SELECT event.person_key, event.unit_key, epoch_us(event.received) {links}) AS link
      JOIN begun AS later ON link.unit_key = later.unit_key
      JOIN begun AS earlier ON link.other = earlier.unit_key
      WHERE told <= later.arrival
        AND (earlier.arrival, earlier.unit_key) < (later.arrival, later.unit_key)"""
