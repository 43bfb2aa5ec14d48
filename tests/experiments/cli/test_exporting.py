"""The commands that write events, moments and reports."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assignment.errors import ProefwerkError
from experiments.analysis.lake import Lake
from experiments.cli.main import cli
from experiments.db import Database, migrate, utc_now
from tests.experiments.analysis.build import add, conversion, exposure
from tests.experiments.examples import running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with an experiment and four events."""
    monkeypatch.setenv("PROEFWERK_HOME", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path / 'proefwerk.db'}")
    monkeypatch.setenv("PROEFWERK_DATABASE_URL", database.url)
    migrate(database)
    with database.session() as session:
        running(session)
    database.close()
    now = utc_now()
    events = [
        exposure("a", "control", now - timedelta(hours=2), experiment="bar", attributes={"device": "phone"}),
        exposure("b", "bar", now - timedelta(hours=2), experiment="bar"),
        conversion("a", 20, now - timedelta(hours=1), currency="EUR"),
        conversion("stranger", 5, now - timedelta(hours=1)),
    ]
    add(Lake(tmp_path / "lake"), events, now)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["export", *arguments])


def test_events_go_to_standard_output_or_a_file_by_its_name(home: Path) -> None:
    assert len(run("events").stdout.splitlines()) == 4
    assert len(run("events", "--experiment", "bar").stdout.splitlines()) == 3
    done = run("events", "-o", str(home / "events.csv"))
    assert done.exit_code == 0, done.output
    with (home / "events.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 4
    assert not list(home.glob(".events*"))


def test_a_file_that_is_there_is_replaced_only_by_force(home: Path) -> None:
    path = home / "events.ndjson"
    path.write_text("mine")
    refused = run("events", "-o", str(path))
    assert refused.exit_code == 1
    assert "is there already; --force replaces it." in refused.output
    assert path.read_text() == "mine"
    assert run("events", "-o", str(path), "--force").exit_code == 0
    assert len(path.read_text().splitlines()) == 4


def test_what_cannot_be_exported_is_refused_in_a_sentence(home: Path) -> None:
    assert "does not tell its format" in run("events", "-o", str(home / "events.xlsx")).output
    assert "is no moment such as" in run("events", "--since", "yesterday").output
    assert isinstance(run("events", "--experiment", "nothing").exception, ProefwerkError)
    missing = run("events", "-o", str(home / "nowhere" / "events.csv"))
    assert "Cannot write" in missing.output
    assert isinstance(run("moments", "nothing").exception, ProefwerkError)
    assert isinstance(run("reports", "nothing").exception, ProefwerkError)


def test_a_span_without_an_offset_is_in_utc(home: Path) -> None:
    future = (utc_now() + timedelta(days=1)).replace(tzinfo=None).isoformat()
    assert run("events", "--since", future).stdout == ""
    assert len(run("events", "--until", future).stdout.splitlines()) == 4


def test_moments_are_those_of_the_newest_report_or_of_now(home: Path) -> None:
    document = json.loads(run("moments", "bar").stdout)
    revenue = next(each for each in document["metrics"] if each["metric"] == "revenue")
    assert [(arm["variant"], arm["units"], arm["means"][0]) for arm in revenue["moments"]] == [
        ("control", 1, 20.0), ("bar", 1, 0.0),
    ]  # fmt: skip
    report = json.loads(CliRunner().invoke(cli, ["analyze", "bar", "--json"]).stdout)
    add(Lake(home / "lake"), [conversion("b", 7, utc_now(), currency="EUR")], utc_now())
    assert json.loads(run("moments", "bar").stdout)["as_of"] == report["as_of"]
    done = run("moments", "bar", "--report", report["id"], "-o", str(home / "moments.csv"))
    assert done.exit_code == 0, done.output
    with (home / "moments.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["variant"] for row in rows} == {"control", "bar"}
    assert {row["segment"] for row in rows} == {"", "device"}


def test_every_report_of_an_experiment_is_written_the_oldest_first(home: Path) -> None:
    assert run("reports", "bar").stdout == ""
    assert json.loads(run("reports", "bar", "--format", "json").stdout) == []
    made = [json.loads(CliRunner().invoke(cli, ["analyze", "bar", "--json"]).stdout)["id"] for _ in range(2)]
    assert [json.loads(line)["id"] for line in run("reports", "bar").stdout.splitlines()] == made
    assert run("reports", "bar", "-o", str(home / "all.json")).exit_code == 0
    assert [each["id"] for each in json.loads((home / "all.json").read_text())] == made
