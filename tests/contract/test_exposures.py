"""What storefronts report with our OpenFeature packages reaches the platform once, whatever happens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from assignment.engine import decide_all
from assignment.events import Conversion, Exposure
from assignment.hashing import hash_value
from tests.assignment.api.conftest import logged
from tests.assignment.examples import CLIENT_KEY, SERVER_KEY
from tests.contract.conftest import Live, serving_doors
from tests.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
JAVASCRIPT = ROOT / "clients" / "javascript"
UNITS = 12
STOREFRONTS = ["python", "server", "web"]


def node() -> str:
    """The path of Node, with what the package needs installed beside it."""
    found = shutil.which("node")
    if found and (JAVASCRIPT / "node_modules").is_dir():
        return found
    sentence = "the JavaScript package cannot run: install Node 20 and run `npm ci` in clients/javascript"
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@contextmanager
def storefront(kind: str, live: Live) -> Iterator[subprocess.Popen[str]]:
    """A process that has evaluated and tracked everything, and waits for a line before it ends."""
    # Nobody asks for the holdout; it is exposed where one of its experiments is met.
    decisions = decide_all(live.compiled, {"id": "s"})
    flags = ",".join(item.experiment for item in decisions if not item.is_holdout)
    key = CLIENT_KEY if kind == "web" else SERVER_KEY
    if kind == "python":
        command = [sys.executable, str(Path(__file__).parent / "exposing.py")]
    else:
        command = [node(), str(JAVASCRIPT / "tests" / "exposing.js")]
    arguments = [live.url, key, flags, str(UNITS), *([] if kind == "python" else [kind])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python")}
    with subprocess.Popen(
        command + arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout
            assert running.stdout.readline() == "waiting\n"
            yield running
            running.communicate("end\n", timeout=30)
            assert running.returncode == 0
        finally:
            running.kill()


def expected(live: Live) -> set[tuple[str, str, str]]:
    """Unit, experiment and variant of every exposure that the shoppers of a storefront have."""
    found = set()
    for number in range(UNITS):
        shopper = {"id": f"s-é-{number}", "country": "NL", "visits": 3, "company": number % 4}
        for decision in decide_all(live.compiled, shopper):
            if decision.in_experiment:
                unit = hash_value(shopper[decision.hash_attribute])
                found.add((unit, decision.experiment, decision.variant))
    return found


def check(live: Live) -> None:
    """Everything is in the log, and nothing is there twice."""
    events = logged(live.folder)
    exposures = [event for event in events if isinstance(event, Exposure)]
    said = [(event.unit, event.experiment, event.variant) for event in exposures]
    assert len(said) == len(set(said))
    assert set(said) == expected(live)
    assert all(event.attributes["country"] == "NL" for event in exposures)
    orders = [event for event in events if isinstance(event, Conversion)]
    assert sorted((order.unit, order.id, order.value) for order in orders) == sorted(
        (f"s-é-{number}", f"order-{number}", number + 0.5) for number in range(UNITS)
    )


def test_processes_and_languages_that_report_the_same_count_once(tmp_path: Path) -> None:
    with serving_doors(tmp_path) as live:
        for kind in STOREFRONTS:
            with storefront(kind, live):
                pass
        check(live)


@pytest.mark.parametrize("kind", STOREFRONTS)
def test_what_is_reported_around_a_restart_of_the_platform_is_not_lost(tmp_path: Path, kind: str) -> None:
    port = free_port()
    with ExitStack() as closing:
        live = closing.enter_context(serving_doors(tmp_path, port))
        with storefront(kind, live):
            closing.close()
            closing.enter_context(serving_doors(tmp_path, port))
        check(live)
