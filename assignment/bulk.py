"""Assigns arrays of units at once, for analyses and audits: the same variants as the doors give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assignment.allocation import FREE, gates_of, opened_by, owners_of, slots_of
from assignment.hashing import BUCKETS, fnv32
from assignment.snapshot import Experiment

Whole = NDArray[np.int64]
Codes = NDArray[np.uint8] | NDArray[np.uint16]
States = NDArray[np.uint32]

_BLOCK = 16_384
"""Units hashed at a time, so that their states stay in the processor's cache."""
_PRIME = np.uint32(16777619)
_ZERO = np.uint32(ord("0"))
_TAIL = np.uint32(100_000)


@dataclass(frozen=True, slots=True)
class Units:
    """Texts to hash, as the UTF-16 code units that every SDK hashes, grouped by length.

    Attributes:
        count: Number of texts.
        groups: For each length the places of its texts, and their code units, one row a text.
    """

    count: int
    groups: tuple[tuple[Whole | slice, Codes], ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Units:
        """The units with these ids."""
        joined = "".join(texts)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        try:
            codes: Codes = np.frombuffer(joined.encode("latin-1"), np.uint8)
        except UnicodeEncodeError:
            codes = np.frombuffer(joined.encode("utf-16-le", "surrogatepass"), np.dtype("<u2"))
            if len(codes) != len(joined):
                sizes = (len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in texts)
                lengths = np.fromiter(sizes, np.int64, len(texts))
        return cls._grouped(codes, np.concatenate(([0], np.cumsum(lengths))))

    @classmethod
    def of_utf8(cls, data: bytes | memoryview, offsets: Sequence[int] | NDArray[Any]) -> Units:
        """The units whose ids lie one after the other in UTF-8, as in an Arrow array of text.

        Args:
            offsets: Where each id begins, and last where the last one ends.

        Raises:
            UnicodeDecodeError: The data is not UTF-8.
        """
        raw = np.frombuffer(data, np.uint8)
        edges = np.asarray(offsets, np.int64)
        if raw.max(initial=0) < 0x80:
            return cls._grouped(raw, edges)
        # A character takes one code unit, and two when its first byte says that it has four.
        sizes = ((raw & 0xC0) != 0x80).view(np.uint8) + (raw >= 0xF0).view(np.uint8)
        codes = np.frombuffer(str(data, "utf-8").encode("utf-16-le"), np.dtype("<u2"))
        return cls._grouped(codes, np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))[edges])

    @classmethod
    def _grouped(cls, codes: Codes, edges: Whole) -> Units:
        starts, lengths = edges[:-1], np.diff(edges)
        count = len(lengths)
        if count and (lengths == lengths[0]).all():
            together = codes[starts[0] : edges[-1]].reshape(count, lengths[0])
            return cls(count, ((slice(None), together),))
        # Few lengths sort much faster as small numbers.
        small = lengths.astype(np.uint16) if lengths.max(initial=0) < 2**16 else lengths
        order = np.argsort(small, kind="stable")
        sizes, firsts = np.unique(small[order], return_index=True)
        parts = np.split(order, firsts[1:]) if count else []
        return cls(
            count,
            tuple(
                (places, _gathered(codes, starts[places], int(size)))
                for size, places in zip(sizes, parts, strict=True)
            ),
        )


def _gathered(codes: Codes, starts: Whole, size: int) -> Codes:
    columns = np.empty((size, len(starts)), codes.dtype)
    places = starts.copy()
    for column in columns:
        codes.take(places, out=column, mode="clip")
        places += 1
    return columns.T


def assign(experiment: Experiment, units: Units | Mapping[str, Units]) -> NDArray[np.int16]:
    """The variant of every unit that is in the audience; status and audience themselves are not asked.

    Nor is what people have kept from another id, where the experiment has a fallback attribute.

    Args:
        units: The values of the hash attribute; by attribute where gates hash another one too.

    Returns:
        Places in `experiment.variants`, shape `(n,)`; `FREE`, -1, for a unit that takes no part: it has no
        value to hash, a gate keeps it out, or its bucket is nobody's.

    Raises:
        KeyError: An attribute that a gate hashes is missing.
    """
    values = {experiment.hash_attribute: units} if isinstance(units, Units) else units
    owners = np.array([*owners_of(slots_of(experiment)), FREE], np.int16)
    found: NDArray[np.int16] = owners[buckets(values[experiment.hash_attribute], experiment.seed)]
    for gate in gates_of(experiment):
        opened = np.frombuffer(opened_by(gate.ranges), np.bool_)
        found[~opened[buckets(values[gate.attribute], gate.seed)]] = FREE
    return found


def buckets(units: Units, seed: str) -> NDArray[np.uint16]:
    """Each unit's bucket, 0 to 9,999, under hash version 2; 10,000 for an empty text, which has none."""
    found = np.empty(units.count, np.uint16)
    first = np.uint32(fnv32(seed))
    for places, codes in units.groups:
        found[places] = _hashed(codes, first)
    return found


def _hashed(codes: Codes, first: np.uint32) -> NDArray[np.uint16]:
    count, size = codes.shape
    if size == 0:
        return np.full(count, BUCKETS, np.uint16)
    found = np.empty(count, np.uint16)
    for start in range(0, count, _BLOCK):
        block = codes[start : start + _BLOCK]
        states = np.full(len(block), first)
        for column in block.T:
            states ^= column
            states *= _PRIME
        found[start : start + _BLOCK] = _hash_decimal(states) % np.uint32(BUCKETS)
    return found


def _hash_decimal(numbers: States) -> States:
    """FNV-1a of each number's decimal text: the leading digits from a table, the last five one by one."""
    leading = numbers // _TAIL
    rest = numbers - leading * _TAIL
    states: States = _LEADING_STATES[leading]
    for power in (10_000, 1_000, 100, 10):
        digit = rest // np.uint32(power)
        rest -= digit * np.uint32(power)
        digit += _ZERO
        states ^= digit
        states *= _PRIME
    rest += _ZERO
    states ^= rest
    states *= _PRIME
    short = np.flatnonzero(leading == 0)
    states[short] = _LEADING_STATES[numbers[short]]
    return states


def _leading_states() -> States:
    """The state of FNV-1a after the decimal text of each number below 100,000."""
    numbers = np.arange(100_000, dtype=np.uint32)
    states = np.full(len(numbers), np.uint32(fnv32("")))
    for power in (10_000, 1_000, 100, 10, 1):
        longer = numbers >= power if power > 1 else np.True_
        states = np.where(
            longer, (states ^ (numbers // np.uint32(power) % np.uint32(10) + _ZERO)) * _PRIME, states
        )
    return states


_LEADING_STATES = _leading_states()
