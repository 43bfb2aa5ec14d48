"""Numbers of other programs, where the folder that holds them is beside the repository."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

# rpact 3.3.4 stops its search at a tail probability of about 1e-8; ours goes on to 1e-13. Tails are held to
# its precision, critical values to what that means for them.
TAIL = 5e-8
CRITICAL = 2e-6
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "reference"


def document(name: str) -> dict[str, Any]:
    """One reference file; skips the test when the file is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"put {name} into ../shared/reference to compare with all of its numbers")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def cases(name: str) -> list[dict[str, Any]]:
    """Cases of one reference file; skips the test when the file is not there."""
    found: list[dict[str, Any]] = document(name)["cases"]
    return found


def tail(value: float) -> float:
    """Normal chance above a value."""
    return math.erfc(value / math.sqrt(2)) / 2


def assert_bounds_equal(found: Sequence[float], expected: Sequence[float | None]) -> None:
    """Critical values equal rpact's as far as its own search goes; `None` is a look that it drops."""
    for value, wanted in zip(found, expected, strict=True):
        if wanted is None:
            assert tail(value) < TAIL
            continue
        assert tail(value) == pytest.approx(tail(wanted), abs=TAIL)
        if tail(wanted) > 1e-5:
            assert value == pytest.approx(wanted, abs=CRITICAL)
