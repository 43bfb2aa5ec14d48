"""Whoever follows `docs/lake.md` reads the lake with bare DuckDB, polars and Spark, old files and new."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from experiments.analysis.lake import Lake
from experiments.analysis.object_store import ObjectStore, open_s3
from tests.experiments.analysis.build import START, add, conversion, exposure
from tests.experiments.analysis.test_lake import old_lake
from tests.object_store import CREDENTIALS, new_bucket, running_s3
from tests.serving import ROOT

TEXT = (ROOT / "docs" / "lake.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
LOCAL, BUCKET = SNIPPETS[:3], SNIPPETS[3]
EXPECTED = "[('2026-11-01', 1, 0), ('2026-11-04', 2, 2)]\n"


def fill(lake: Lake) -> None:
    """Orders of a second day, in files as they are written now."""
    at = START + timedelta(days=3)
    add(
        lake,
        [conversion("a", at=at), conversion("b", at=at), conversion("b", at=at, name="visit"), exposure("b")],
    )


def run(code: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", LOCAL, ids=["duckdb", "polars", "spark"])
def test_each_engine_reads_a_lake_of_old_and_new_files(tmp_path: Path, code: str) -> None:
    environment = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1", "SPARK_LOCAL_IP": "127.0.0.1"}
    if "pyspark" in code and importlib.util.find_spec("pyspark") is None:
        pytest.skip("needs Spark: install proefwerk[spark]")
    old_lake(tmp_path / "var")
    fill(Lake(tmp_path / "var" / "lake"))
    assert run(code, tmp_path, **environment) == EXPECTED


@pytest.fixture
def endpoint() -> Iterator[str]:
    with running_s3() as address:
        yield address


def test_a_lake_in_a_bucket_is_read_from_there(
    tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    url = f"s3://{new_bucket(endpoint)}/shop"
    lake = Lake(ObjectStore(url, open_s3(url), tmp_path / "cache", tmp_path / "quarantine", 10**9))
    add(lake, [conversion("a")])
    fill(lake)
    code = BUCKET.replace("s3://bucket/prefix", url)
    assert code != BUCKET
    assert run(code, tmp_path) == EXPECTED


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_does_as_the_text_says(tmp_path: Path, command: str) -> None:
    home = tmp_path / "home"
    add(Lake(home / "lake"), [conversion("cookie-1"), conversion("customer-9")])
    program = [sys.executable, "-m", "experiments.cli"]
    assert command.startswith(".venv/bin/proefwerk ")
    done = subprocess.run(
        [*program, *command.split()[1:]],
        cwd=ROOT,
        env={**os.environ, "PROEFWERK_HOME": str(home)},
        input="y\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said = {"erase": "Erased 2 ids: 2 events from 1 file", "compact": "the lake has 1 files"}
    assert said[command.split()[1]] in done.stdout
