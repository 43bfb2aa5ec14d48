"""Numbers of other programs, where the folder that holds them is beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "reference"


def cases(name: str) -> list[dict[str, Any]]:
    """Cases of one reference file; skips the test when the file is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"put {name} into ../shared/reference to compare with all of its numbers")
    found: list[dict[str, Any]] = json.loads(path.read_text())["cases"]
    return found
