"""The scheduler process: one leads, whoever asks is answered at once, and it stops when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from experiments import scheduler
from experiments.analysis.lake import Lake
from experiments.db import Database, migrate, utc_now
from experiments.jobs import Workplace
from experiments.models import Lease
from experiments.scheduler import Leadership
from experiments.service.analysis import request_analysis
from experiments.service.reports import newest
from tests.experiments.examples import running
from tests.experiments.test_jobs import shop

_RUN = """
import logging, sys
logging.basicConfig(level=logging.INFO)
from experiments.scheduler import run
from experiments.settings import Settings
run(Settings.from_environment())
"""


def test_one_of_two_leads_until_it_lets_go(database: Database) -> None:
    first, second = Leadership(database), Leadership(database)
    assert (first.renew(), second.renew()) == (True, False)
    assert (first.held, second.held) == (True, False)
    assert first.renew() is False
    assert first.held
    first.release()
    assert second.renew()
    assert first.renew() is False
    assert not first.held


def test_a_leader_that_fell_silent_is_followed(database: Database) -> None:
    first, second = Leadership(database), Leadership(database)
    first.renew()
    with database.session() as session:
        lease = session.exec(select(Lease)).one()
        lease.expires_at = utc_now() - timedelta(seconds=1)
        session.add(lease)
    assert second.renew()
    first.renew()
    assert not first.held


def test_of_many_that_start_at_once_exactly_one_leads(database: Database) -> None:
    rivals = [Leadership(database) for _ in range(6)]
    threads = [threading.Thread(target=rival.renew) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(rival.held for rival in rivals) == 1


def test_a_failing_job_is_logged_and_the_process_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise ArithmeticError("nothing adds up")

    scheduler._survive("refresh_reports", fails)
    assert "The job 'refresh_reports' failed" in caplog.text
    assert "nothing adds up" in caplog.text


@contextmanager
def scheduling(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler process on a home folder, killed at the end if it still runs."""
    with (home / "scheduler.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN],
            env={**os.environ, "PROEFWERK_HOME": str(home)},
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with one running experiment, `bar`."""
    database = Database(f"sqlite:///{tmp_path / 'proefwerk.db'}")
    migrate(database)
    with database.session() as session:
        running(session)
    database.close()
    return tmp_path


def wait_for_leader(database: Database, holder: str | None = None) -> str:
    """The holder of the lease, once there is one (another than `holder`)."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with database.reading() as session:
            lease = session.exec(select(Lease)).first()
        if lease is not None and lease.holder != holder:
            return lease.holder
        time.sleep(0.05)
    raise AssertionError("nobody leads")


def test_a_request_is_answered_at_once_and_a_term_signal_ends_the_process_cleanly(home: Path) -> None:
    database = Database(f"sqlite:///{home / 'proefwerk.db'}")
    place = Workplace(database, Lake(home / "lake"), home / "log")
    with scheduling(home) as process:
        wait_for_leader(database)
        request_analysis(database, "bar", 60)
        shop(place, 6)
        began = time.monotonic()
        report = request_analysis(database, "bar", 60)
        assert time.monotonic() - began < 10
        assert [arm["units"] for arm in report["variants"]] == [3, 3]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    with database.reading() as session:
        assert session.exec(select(Lease)).first() is None
    log = (home / "scheduler.log").read_text()
    assert "has stopped" in log
    assert "Traceback" not in log
    database.close()


def test_reports_refresh_by_themselves_and_a_killed_leader_is_replaced(home: Path) -> None:
    database = Database(f"sqlite:///{home / 'proefwerk.db'}")
    place = Workplace(database, Lake(home / "lake"), home / "log")
    shop(place, 6)
    with scheduling(home) as process:
        killed = wait_for_leader(database)
        process.kill()
    with scheduling(home):
        wait_for_leader(database, killed)
        deadline = time.monotonic() + 60
        units: list[int] = []
        while units != [3, 3] and time.monotonic() < deadline:
            with database.reading() as session:
                report = newest(session, "bar")
            if report is not None:
                units = [arm["units"] for arm in json.loads(report.body)["variants"]]
            time.sleep(0.1)
        assert units == [3, 3]
    database.close()
