"""The memory of ids is bounded and never forgets the newest half."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assignment.seen import SeenIds


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(0, 60).map(str), max_size=6)), st.integers(2, 20))
def test_it_recalls_only_what_it_was_told_and_always_the_newest_half(
    told: list[set[str]], capacity: int
) -> None:
    seen = SeenIds(capacity)
    everything: list[str] = []
    for ids in told:
        seen.remember(ids)
        everything += sorted(ids)
    recalled = seen.known(set(map(str, range(61))))
    assert recalled <= set(everything)
    newest: set[str] = set()
    for ids in reversed(told):
        if len(newest) + len(ids) > capacity // 2:
            break
        newest |= ids
    assert newest <= recalled
    assert len(seen) <= capacity + 12


def test_an_empty_memory_knows_nothing() -> None:
    assert SeenIds().known({"a"}) == set()
