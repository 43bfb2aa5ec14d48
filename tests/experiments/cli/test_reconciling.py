"""The command that reconciles a file of orders with a report."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlmodel import Session

from assignment.errors import ProefwerkError
from experiments.analysis.lake import Lake
from experiments.cli.main import cli
from experiments.db import Database, migrate, utc_now
from experiments.models import Report
from tests.experiments.analysis.build import add, conversion, exposure
from tests.experiments.examples import running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with an experiment, and two orders of which one came."""
    monkeypatch.setenv("PROEFWERK_HOME", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path / 'proefwerk.db'}")
    monkeypatch.setenv("PROEFWERK_DATABASE_URL", database.url)
    migrate(database)
    with database.session() as session:
        running(session)
    database.close()
    now = utc_now()
    add(
        Lake(tmp_path / "lake"),
        [
            exposure("a", "control", now - timedelta(hours=2), experiment="bar"),
            exposure("b", "bar", now - timedelta(hours=2), experiment="bar"),
            conversion("a", 600, now - timedelta(hours=1), id="A", currency="EUR"),
        ],
        now,
    )
    moment = (now - timedelta(hours=1)).isoformat()
    (tmp_path / "orders.csv").write_text(
        f"order_number,unit,time,value,currency\nA,a,{moment},600,EUR\nB,b,{moment},25.50,EUR\n"
    )
    return tmp_path


def run(home: Path, *more: str) -> Result:
    return CliRunner().invoke(cli, ["reconcile", str(home / "orders.csv"), "--experiment", "bar", *more])


def test_the_table_explains_every_cent(home: Path) -> None:
    done = run(home, "--rows", str(home / "rows.csv"))
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    assert "counted 1 600.00 EUR" in lines
    assert "missing 1 25.50 EUR" in lines
    assert "sum of the export 2 625.50 EUR" in lines
    assert "cut off by the cap -100.00 0.00 EUR" in lines
    assert "sum in the report 500.00 0.00 EUR" in lines
    assert lines[-1] == "Explained to the cent."
    with (home / "rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["order"], row["class"], row["counted"]) for row in rows] == [
        ("A", "counted", "600.00"), ("B", "missing", ""),
    ]  # fmt: skip
    assert rows[1]["reason"] == "The report would count the order, but no event of it has come."


def test_a_cent_that_is_not_explained_ends_with_an_exit_code(home: Path) -> None:
    run(home)
    database = Database(f"sqlite:///{home / 'proefwerk.db'}")
    with database.session() as session:
        _spoil(session)
    database.close()
    done = run(home, "--json")
    assert done.exit_code == 1
    assert isinstance(done.exception, ProefwerkError)
    assert done.exception.detail == "Not explained: 0.01 EUR and 0 orders."
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["explained"] is False
    assert run(home, "--now").exit_code == 0


def _spoil(session: Session) -> None:
    report = session.get(
        Report, next(iter(session.connection().exec_driver_sql("SELECT id FROM reports")))[0]
    )
    assert report is not None
    report.body = report.body.replace('"sum":500.0', '"sum":500.01')
    session.add(report)


def test_what_comes_after_the_report_is_late_until_one_analyses_again(home: Path) -> None:
    run(home)
    now = utc_now()
    add(Lake(home / "lake"), [conversion("b", 25.5, now - timedelta(hours=1), id="B", currency="EUR")], now)
    classes = json.loads(run(home, "--json").stdout)["classes"]
    assert [each["class"] for each in classes if each["orders"]] == ["counted", "late"]
    classes = json.loads(run(home, "--json", "--now").stdout)["classes"]
    assert [(each["class"], each["orders"]) for each in classes if each["orders"]] == [("counted", 2)]


def test_a_metric_that_sums_nothing_is_refused(home: Path) -> None:
    done = run(home, "--metric", "conversion")
    assert isinstance(done.exception, ProefwerkError)
    assert "there are 'revenue'" in done.exception.detail
