"""What the README says is true: its commands run, its settings are all of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from experiments.analysis import schema
from experiments.settings import SETTINGS
from tests.serving import CLIENT_KEY, ROOT, SERVER_KEY, Server, serving

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.strip()]
STORED_AS = {
    "VARCHAR": "text",
    "BIGINT": "int64",
    "INTEGER": "int32",
    "DOUBLE": "float64",
    "TIMESTAMPTZ": "time",
}
"""What the documentation calls the types of the lake's columns."""
EXPERIMENT = {
    "key": "free-shipping-bar",
    "name": "Free-shipping bar",
    "surface": "offer",
    "variants": [
        {"key": "control", "weight": 0.5, "payload": {"show": False}},
        {"key": "bar", "weight": 0.5, "payload": {"show": True}},
    ],
    "metrics": {"primary": ["conversion"]},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with shop(tmp_path_factory.mktemp("docs") / "var") as running:
        yield running


@contextmanager
def shop(home: Path) -> Iterator[Server]:
    """The product with the experiment that the documentation speaks of."""
    with serving(home) as running:
        headers = running.headers()
        metric = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}
        requests.post(f"{running.url}/api/v1/metrics", json=metric, headers=headers).raise_for_status()
        requests.post(
            f"{running.url}/api/v1/experiments", json=EXPERIMENT, headers=headers
        ).raise_for_status()
        started = requests.post(
            f"{running.url}/api/v1/experiments/free-shipping-bar/start", json={}, headers=headers
        )
        started.raise_for_status()
        yield running


def test_every_command_of_the_readme_runs(server: Server, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PROEFWERK_HOME": str(server.home),
        "PROEFWERK_SERVER_KEY": SERVER_KEY,
        "PROEFWERK_CLIENT_KEY": CLIENT_KEY,
    }
    ran = 0
    for command in COMMANDS:
        if command.startswith("make "):
            continue
        line = command.replace("http://127.0.0.1:8000", server.url)
        line = line.replace(".venv/bin/proefwerk", f"{sys.executable} -m experiments.cli")
        line = line.replace("curl -s", "curl -sS --fail-with-body")
        environment["PYTHONPATH"] = str(ROOT)
        finished = subprocess.run(
            line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
        assert finished.returncode == 0, f"{line}\n{finished.stdout}\n{finished.stderr}"
        ran += 1
    assert ran >= 7


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z-]+)", README))))
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    finished = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_readme_with_its_default(setting: object) -> None:
    name, default, meaning = (getattr(setting, part) for part in ("name", "default", "meaning"))
    assert f"| `{name}` | {default} | {meaning} |" in README


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    table = README.split("<!-- settings -->")[1].split("<!-- end settings -->")[0]
    assert set(re.findall(r"`(PROEFWERK_[A-Z_]+)`", table)) == {setting.name for setting in SETTINGS}


def test_the_pictures_of_the_readme_are_there() -> None:
    for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README):
        assert (ROOT / name).is_file(), name


def test_the_format_of_the_lake_is_documented_as_it_is() -> None:
    text = (ROOT / "docs" / "lake.md").read_text()
    for kind, columns in schema.COLUMNS.items():
        table = text.split(f"### {kind}\n")[1].split("\n### ")[0].split("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\d+) \|", table, re.MULTILINE)
        assert rows == [
            (name, STORED_AS[column.type], str(column.since)) for name, column in columns.items()
        ], kind
    assert f"The `schema` is {schema.SCHEMA} since" in text
