"""Which bucket a unit falls in, by the hash that every GrowthBook SDK computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fnv_hash_fast import fnv1a_32

from assignment.javascript import number_text

BUCKETS = 10_000
POSITIONS = tuple(bucket / BUCKETS for bucket in range(BUCKETS))
_OFFSET = 2166136261
_PRIME = 16777619
_MASK = 0xFFFFFFFF
_WEIGHT_TOLERANCE = 0.01

Range = tuple[float, float]
fnv_bytes: Callable[[bytes], int] = fnv1a_32


def fnv32(text: str) -> int:
    """32-bit FNV-1a over the UTF-16 code units of the text, each XORed whole.

    Below U+0100 a code unit is a byte, so that the C routine gives the same number.
    """
    try:
        return fnv_bytes(text.encode("latin-1"))
    except UnicodeEncodeError:
        return _fnv32_wide(text)


def _fnv32_wide(text: str, state: int = _OFFSET) -> int:
    for unit in memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H"):
        state = ((state ^ unit) * _PRIME) & _MASK
    return state


def bucket_of(seed: str, value: str) -> int:
    """The unit's bucket, 0 to 9,999, under hash version 2: seed first, hashed twice."""
    try:
        inner = fnv_bytes((seed + value).encode("latin-1"))
    except UnicodeEncodeError:
        inner = _fnv32_wide(seed + value)
    return fnv_bytes(b"%d" % inner) % BUCKETS


def bucket_after(state: int, value: str) -> int:
    """As `bucket_of`, given `fnv32(seed)`: for text beyond Latin-1, which the C routine cannot hash."""
    return fnv_bytes(b"%d" % _fnv32_wide(value, state)) % BUCKETS


def hash_unit(seed: str, value: str, version: int) -> float | None:
    """The unit's position in [0, 1) under hash version 1 or 2; `None` for any other version."""
    if version == 2:
        return bucket_of(seed, value) / BUCKETS
    if version == 1:
        return fnv32(value + seed) % 1000 / 1000
    return None


def hash_value(value: object) -> str:
    """The text to hash of an attribute; empty when it has none.

    Non-empty text and finite numbers other than 0 count; truth values, lists and objects do not.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    text = number_text(value) if value else ""
    return "" if text in {"NaN", "Infinity", "-Infinity"} else text


def equal_weights(count: int) -> list[float]:
    """`count` equal weights that sum to 1; none for a count of 0 or less."""
    return [1 / count] * count if count > 0 else []


def bucket_ranges(count: int, coverage: float = 1.0, weights: Sequence[float] | None = None) -> list[Range]:
    """The half-open range of every variation.

    Coverage shrinks each range from its own start, so that raising it moves nobody. Weights of another
    length than `count`, or whose sum is outside [0.99, 1.01], are replaced by equal ones.
    """
    share = min(max(coverage, 0.0), 1.0)
    chosen = list(weights) if weights is not None else equal_weights(count)
    if len(chosen) != count or abs(sum(chosen) - 1) > _WEIGHT_TOLERANCE + 1e-12:
        chosen = equal_weights(count)
    ranges: list[Range] = []
    start = 0.0
    for weight in chosen:
        ranges.append((start, start + share * weight))
        start += weight
    return ranges


def choose_variation(position: float, ranges: Sequence[Sequence[float]]) -> int:
    """The first range that contains the position, or -1."""
    for index, (low, high) in enumerate(ranges):
        if low <= position < high:
            return index
    return -1


def in_namespace(value: str, namespace: tuple[str, float, float]) -> bool:
    """Whether the unit is in the old kind of namespace, `(id, low, high)`, which hashes with version 1."""
    name, low, high = namespace
    position = hash_unit(f"__{name}", value, 1)
    return position is not None and low <= position < high
