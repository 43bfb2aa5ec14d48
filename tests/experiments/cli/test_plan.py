"""The calculator on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assignment.errors import ProefwerkError
from experiments.cli.main import cli
from experiments.db import Database, migrate, utc_now
from experiments.service.observations import observe
from experiments.service.reach import observation_of
from tests.dash_ui.sights import UNITS, visitors
from tests.experiments.examples import add_metrics


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROEFWERK_HOME", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path / 'proefwerk.db'}")
    monkeypatch.setenv("PROEFWERK_DATABASE_URL", database.url)
    migrate(database)
    with database.session() as session:
        add_metrics(session)
    database.close()
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["plan", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_plan_is_told_in_sentences(home: Path) -> None:
    told = run("conversion", "--mean", "0.02", "--effect", "0.1", "--daily", "20000")
    assert "An effect of +10.00% needs" in told
    assert "in 2 weeks" in told
    assert "Expected end" in told
    assert "Too small" not in told


def test_too_small_says_what_is_needed(home: Path) -> None:
    told = run("conversion", "--mean", "0.02", "--effect", "0.1", "--daily", "500")
    assert "Too small to test: that is more than 26 weeks." in told
    assert "shoppers a day" in told


def test_the_same_as_json(home: Path) -> None:
    document: dict[str, Any] = json.loads(
        run("revenue", "--mean", "3", "--std", "20", "--share", "0.9", "--share", "0.1", "--method", "fixed",
            "--effect", "0.1", "--no-cuped", "--json")
    )  # fmt: skip
    assert document["shares"] == [0.9, 0.1]
    assert document["size"]["units"] == document["size"]["fixed_units"]


def test_a_metric_of_which_nothing_is_known_needs_its_mean(home: Path) -> None:
    with pytest.raises(ProefwerkError) as refused:
        run("conversion", "--effect", "0.1")
    assert [item.field for item in refused.value.fields] == ["mean"]


def test_a_plan_may_rest_on_the_reach_of_an_audience(home: Path) -> None:
    given = ("conversion", "--mean", "0.02", "--effect", "0.1", "--json")
    unknown = json.loads(run(*given, "--audience", '{"country": "NL"}'))
    assert unknown["daily"] is None
    now = utc_now()
    database = Database(f"sqlite:///{home / 'proefwerk.db'}")
    with database.session() as session:
        observe(session, observation_of("id"), visitors(now), now)
    database.close()
    half = json.loads(run(*given, "--audience", '{"country": "NL"}', "--traffic", "0.5"))
    assert half["daily"] == pytest.approx(UNITS * 0.5 * 0.5 / 28)
