"""The place that the settings describe is the one that work is done on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.analysis.engine import connection, limit_memory
from experiments.db import Database
from experiments.settings import Settings
from experiments.workplace import Workplace


@pytest.fixture(autouse=True)
def unlimited() -> Iterator[None]:
    yield
    limit_memory(None)


def test_an_analysis_takes_no_more_memory_than_the_operator_allows(
    database: Database, tmp_path: Path
) -> None:
    environment = {"PROEFWERK_HOME": str(tmp_path), "PROEFWERK_MEMORY": "512MiB"}
    Workplace.of(Settings.from_environment(environment), database)
    with connection() as engine:
        assert engine.execute("SELECT current_setting('memory_limit')").fetchall() == [("512.0 MiB",)]


def test_without_a_limit_it_is_duckdbs_own(database: Database, tmp_path: Path) -> None:
    Workplace.of(Settings.from_environment({"PROEFWERK_HOME": str(tmp_path)}), database)
    with connection() as engine:
        assert engine.execute("SELECT current_setting('memory_limit')").fetchall() != [("512.0 MiB",)]
