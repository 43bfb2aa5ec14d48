"""Assigning a file of units again gives what the doors gave them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assignment.engine import CompiledSnapshot, decide
from experiments.cli.main import cli
from experiments.db import Database, migrate
from experiments.publish import compile_snapshot
from experiments.requests import Decision, StopForm
from experiments.service.transitions import archive, stop
from tests.experiments.conftest import BOB
from tests.experiments.examples import running

IDS = ["s-1", "s-2", "é", "klant-€", "😀", "a,b", 'say "x"', *(f"shopper-{number}" for number in range(500))]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("PROEFWERK_HOME", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path / 'proefwerk.db'}")
    monkeypatch.setenv("PROEFWERK_DATABASE_URL", database.url)
    migrate(database)
    with database.session() as session:
        running(session)
    return database


def _run(tmp_path: Path, content: bytes, *options: str) -> Result:
    (tmp_path / "ids.txt").write_bytes(content)
    return CliRunner().invoke(cli, ["assign", "bar", "--ids", str(tmp_path / "ids.txt"), *options])


def test_a_file_of_ids_is_assigned_as_the_doors_do(database: Database, tmp_path: Path) -> None:
    done = _run(tmp_path, "\r\n".join(IDS).encode(), "-o", str(tmp_path / "out.csv"))
    assert done.exit_code == 0, done.output
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with database.reading() as session:
        compiled = CompiledSnapshot(compile_snapshot(session))
    expected = []
    for unit in IDS:
        decision = decide(compiled, "bar", {"id": unit, "country": "NL", "visits": 3})
        expected.append([unit, decision.variant, "true" if decision.in_experiment else "false"])
    assert rows == [["id", "variant", "in_experiment"], *expected]
    assert {row[2] for row in rows[1:]} == {"true", "false"}


def test_without_a_file_to_write_the_answer_is_printed(database: Database, tmp_path: Path) -> None:
    done = _run(tmp_path, b"s-1\n")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0] == "id,variant,in_experiment"
    assert done.output.splitlines()[1].startswith("s-1,")


def test_a_file_that_is_not_text_is_refused_in_one_sentence(database: Database, tmp_path: Path) -> None:
    refused = _run(tmp_path, b"\xff\xfe")
    assert refused.exit_code == 1
    assert "is not text in UTF-8" in refused.output


def test_an_archived_experiment_assigns_nobody(database: Database, tmp_path: Path) -> None:
    with database.session() as session:
        stop(session, "bar", StopForm(decision=Decision.INCONCLUSIVE), BOB)
        archive(session, "bar", BOB)
    refused = _run(tmp_path, b"s-1\n")
    assert refused.exit_code == 1
    assert "archived" in refused.output


def test_whoever_may_have_kept_another_variant_is_spoken_of(database: Database, tmp_path: Path) -> None:
    with database.session() as session:
        running(session, key="followed", fallback_attribute="deviceId")
    (tmp_path / "ids.txt").write_text("s-1\n")
    done = CliRunner().invoke(cli, ["assign", "followed", "--ids", str(tmp_path / "ids.txt")])
    assert done.exit_code == 0, done.output
    assert "may have kept" in done.stderr
    assert done.stdout.splitlines()[0] == "id,variant,in_experiment"
