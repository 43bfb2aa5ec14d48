"""Keys of a whole column are those that DuckDB and hashlib give for each id."""

from __future__ import annotations

import hashlib

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis import keys
from experiments.analysis.engine import unit_key
from experiments.analysis.keys import keys_of, signed


def alone(text: str) -> int:
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little")


@given(st.lists(st.text(max_size=70)), st.integers(0, 3), st.integers(1, 5))
def test_a_column_has_the_keys_of_its_ids_whatever_their_length(
    texts: list[str], skip: int, block: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "BLOCK", block)
        found = keys_of(pa.array(texts, pa.string()).slice(skip))
    assert found.tolist() == [alone(text) for text in texts[skip:]]


@pytest.mark.parametrize("length", [0, 1, 3, 4, 31, 32, 36, 54, 55, 56, 63, 64, 100])
def test_ids_of_one_length_have_their_keys_too(length: int) -> None:
    texts = [chr(97 + number) * length for number in range(3)]
    assert keys_of(pa.array(texts, pa.string())).tolist() == [alone(text) for text in texts]


def test_keys_are_those_of_duckdb_and_signed_ones_those_of_the_lake() -> None:
    texts = ["s-1", "é1", "x" * 200, "", "8d1c1f7e-6f0a-4a52-9d43-0a2b9a3f1f11"]
    found = keys_of(pa.array(texts, pa.string()))
    with duckdb.connect() as engine:
        rows = engine.execute("SELECT md5_number_lower(unnest($1))", [texts]).fetchall()
    assert found.tolist() == [row[0] for row in rows]
    assert signed(found).tolist() == [unit_key(text) for text in texts]


def test_no_ids_have_no_keys() -> None:
    assert keys_of(pa.array([], pa.string())).tolist() == []
