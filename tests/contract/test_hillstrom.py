"""A real experiment, replayed over HTTP and loaded from a file, gives the figures that are known of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contract import hillstrom
from tests.contract.hillstrom import Customer
from tests.serving import ADMIN_KEY, ROOT, SERVER_KEY, serving

Document = dict[str, Any]
VISITS = {"no-email": 10.62, "mens": 18.28, "womens": 15.14}
UNITS = {"no-email": 21_306, "mens": 21_307, "womens": 21_387}
# What tells one run from another, and has nothing to do with the events.
OF_THE_RUN = ("id", "as_of", "started_at")

pytestmark = pytest.mark.skipif(
    not hillstrom.DATA.is_file(), reason=f"{hillstrom.DATA} is missing; put the Hillstrom data set there"
)


@pytest.fixture(scope="module")
def everyone() -> list[Customer]:
    return hillstrom.customers()


@pytest.fixture(scope="module")
def sent() -> datetime:
    return hillstrom.campaign_moment(datetime.now(UTC))


@pytest.fixture(scope="module")
def replayed(
    tmp_path_factory: pytest.TempPathFactory, everyone: list[Customer], sent: datetime
) -> Iterator[Document]:
    """The report after all events came over HTTP, every batch twice."""
    with serving(tmp_path_factory.mktemp("replay") / "home") as server:
        hillstrom.define(server.url, ADMIN_KEY)
        accepted = hillstrom.send(server.url, SERVER_KEY, everyone, sent)
        assert accepted == 64_000 + sum(each.visited + each.ordered for each in everyone)
        assert hillstrom.send(server.url, SERVER_KEY, everyone[:5_000], sent) == 0
        yield hillstrom.analyse(server.url, ADMIN_KEY)


def arms(report: Document, metric: str) -> dict[str, Document]:
    """What each variant did on a metric."""
    measured = next(each for each in report["metrics"] if each["metric"] == metric)
    return {arm["variant"]: arm for arm in measured["variants"]}


def test_every_customer_counts_in_the_arm_as_recorded(replayed: Document) -> None:
    assert {arm["key"]: arm["units"] for arm in replayed["variants"]} == UNITS
    assert replayed["health"]["srm"]["status"] == "ok"
    assert replayed["health"]["multiple_exposure"]["units"] == 0


def test_visits_are_those_that_are_known(replayed: Document) -> None:
    found = {key: round(100 * arm["mean"], 2) for key, arm in arms(replayed, "visit").items()}
    assert found == VISITS


def test_both_e_mails_are_conclusive_on_visits(replayed: Document) -> None:
    visit = next(each for each in replayed["metrics"] if each["metric"] == "visit")
    assert [row["significant"] for row in visit["comparisons"]] == [True, True]
    assert all(row["absolute"]["lower"] > 0 for row in visit["comparisons"])
    assert (replayed["decision"]["verdict"], replayed["decision"]["variant"]) == ("ship", "mens")


def test_spend_equals_a_direct_computation(replayed: Document, everyone: list[Customer]) -> None:
    for variant, arm in arms(replayed, "spend").items():
        values = np.array([each.spend for each in everyone if each.variant == variant])
        assert arm["mean"] == pytest.approx(values.mean(), rel=1e-9)
        assert arm["std"] == pytest.approx(values.std(ddof=1), rel=1e-9)
        assert arm["sum"] == pytest.approx(values.sum(), rel=1e-9)


def test_the_same_data_loaded_from_a_file_give_the_identical_report(
    replayed: Document, everyone: list[Customer], sent: datetime, tmp_path: Path
) -> None:
    path = hillstrom.write_csv(tmp_path / "hillstrom-events.csv", everyone, sent)
    with serving(tmp_path / "home") as server:
        hillstrom.define(server.url, ADMIN_KEY)
        for _ in range(2):
            proefwerk(server.home, "import", str(path))
        loaded = json.loads(proefwerk(server.home, "analyze", hillstrom.KEY, "--json"))
    assert without_the_run(loaded) == without_the_run(replayed)


def without_the_run(report: Document) -> Document:
    return {name: value for name, value in report.items() if name not in OF_THE_RUN}


def proefwerk(home: Path, *arguments: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "experiments.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "PROEFWERK_HOME": str(home)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
