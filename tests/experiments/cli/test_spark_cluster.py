"""`proefwerk analyze` on a real Spark cluster of a master and two workers reports what DuckDB reports."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pyspark
import pytest

from assignment.events import Event
from experiments.analysis.lake import Lake
from experiments.db import Database, migrate, utc_now
from tests.experiments.analysis.build import add, conversion, exposure
from tests.experiments.analysis.spark import environment
from tests.experiments.examples import running
from tests.serving import ROOT, free_port

PAGE = (ROOT / "docs" / "scale.md").read_text().split("## Spark")[1]
INSTALL, ENGINE, ANALYSE = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[0].splitlines()
KEY = "free-shipping-bar"
CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
WAIT = 120.0
WORKERS = 2


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A shop with a running experiment and events of it."""
    database = Database(f"sqlite:///{tmp_path / 'proefwerk.db'}")
    migrate(database)
    with database.session() as session:
        running(session, key=KEY)
    database.close()
    draw, now, events = random.Random(2), utc_now(), list[Event]()
    for number in range(400):
        at, variant = now + draw.uniform(-90, 0) * timedelta(seconds=1), draw.choice(["control", "bar"])
        attributes = {"device": draw.choice(["phone", "desk"])}
        events.append(exposure(f"u{number}", variant, at, experiment=KEY, attributes=attributes))
        events += [conversion(f"u{number}", draw.lognormvariate(3, 1), at) for _ in range(draw.randrange(3))]
    add(Lake(tmp_path / "lake"), events, now)
    return tmp_path


@contextmanager
def process(name: str, log: Path, *arguments: str, **variables: str) -> Iterator[None]:
    """A part of the cluster, stopped at the end."""
    command = [str(CLASS), f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1", *arguments]
    with log.open("wb") as output:
        started = subprocess.Popen(command, env=os.environ | variables, stdout=output, stderr=output)
        try:
            yield
        finally:
            started.terminate()
            started.wait(30)


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not what():
        assert time.monotonic() < end, "Spark's processes did not come up"
        time.sleep(0.2)


def workers_of(page: int) -> int:
    """How many workers the master counts."""
    try:
        with urlopen(f"http://127.0.0.1:{page}/json/", timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (URLError, OSError):
        return 0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Environment variables that name a running cluster."""
    folder = tmp_path / "spark"
    quiet = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    # Both workers must take part, also of little work.
    variables = environment(folder, quiet | {"spark.cores.max": "2", "spark.locality.wait": "0"})
    port, page = free_port(), free_port()
    with ExitStack() as stack:
        master = process(
            "master.Master",
            folder / "master.log",
            "--port",
            f"{port}",
            "--webui-port",
            f"{page}",
            **variables,
        )
        stack.enter_context(master)
        for number in range(WORKERS):
            own = ("--port", "0", "--webui-port", "0", "--cores", "1", "--memory", "1g")
            work = ("--work-dir", str(folder / f"worker-{number}"), f"spark://127.0.0.1:{port}")
            log = folder / f"worker-{number}.log"
            stack.enter_context(process("worker.Worker", log, *own, *work, **variables))
        wait_for(lambda: workers_of(page) == WORKERS)
        engine = ENGINE.removeprefix("export PROEFWERK_ENGINE=").replace(
            "spark.internal:7077", f"127.0.0.1:{port}"
        )
        yield {**variables, "PROEFWERK_ENGINE": engine}


def proefwerk(home: Path, *arguments: str, **variables: str) -> str:
    command = [sys.executable, "-m", "experiments.cli", *arguments]
    known = os.environ | {"PROEFWERK_HOME": str(home)} | variables
    done = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(600)
def test_a_cluster_gives_the_report_that_duckdb_gives(home: Path, cluster: dict[str, str]) -> None:
    text = proefwerk(home, *ANALYSE.split()[1:], "--json", **cluster)
    report = json.loads(text)
    assert report["progress"]["units"] > 300
    assert report["metrics"][0]["comparisons"][0]["absolute"]["estimate"] is not None
    assert all(list((home / "spark").glob(f"worker-{number}/app-*/*")) for number in range(WORKERS))
    file = home / "report.json"
    file.write_text(text)
    # Every number is computed again by DuckDB, and the hash of the moments tells whether one bit differs.
    assert "is what the events and the plan give" in proefwerk(home, "verify", str(file))


def test_the_documentation_installs_an_extra_that_there_is() -> None:
    extra = re.fullmatch(r'.venv/bin/pip install "proefwerk\[(\w+)\]"', INSTALL)
    assert extra is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert any(each.startswith("pyspark") for each in project["optional-dependencies"][extra[1]])
