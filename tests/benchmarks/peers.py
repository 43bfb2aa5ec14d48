"""Starts the open peers that npm can install, each answering the same question as the product."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import requests

from tests.benchmarks.load import descendants, post
from tests.postgres import find_binaries, running_postgres
from tests.serving import SERVER_KEY, free_port

FOLDER = Path(__file__).parent / "peers"
SHOPPERS = 2_000
ADMIN_TOKEN = "*:*.administrator-of-the-benchmark"
FRONTEND_TOKEN = "*:development.frontend-of-the-benchmark"


@dataclass(frozen=True, slots=True)
class Target:
    """A running server that is asked for the variants of one shopper after another.

    Attributes:
        does: What it is, with its version.
        pids: Its processes.
        ask: The bytes of the request of this number.
    """

    name: str
    does: str
    port: int
    pids: list[int]
    ask: Callable[[int], bytes]


class CannotMeasure(Exception):  # noqa: N818 - a fact about this machine, not a defect
    """Why a peer cannot be measured here."""


def ask(number: int) -> bytes:
    """The request of one shopper after another, the same for everybody; each is in all audiences."""
    return _question(number % SHOPPERS)


@cache
def _question(number: int) -> bytes:
    context = {"targetingKey": f"shopper-{number}", "country": "NL", "visits": 5, "device": "mobile"}
    return post("/api/v1/assign", json.dumps({"context": context}).encode(), SERVER_KEY)


def install() -> None:
    """Install the peers beside their scripts, at the versions named there.

    Raises:
        CannotMeasure: Node or npm is missing, or the registry does not answer.
    """
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        raise CannotMeasure("Node 20 and npm are not installed")
    if all((FOLDER / "node_modules" / name / "package.json").is_file() for name in _wanted()):
        return
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    finished = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise CannotMeasure(f"npm cannot install it: {finished.stderr.strip()[-200:]}")


def _wanted() -> dict[str, str]:
    found: dict[str, str] = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    return found


@contextmanager
def growthbook(experiments: int) -> Iterator[Target]:
    """GrowthBook's own evaluator in Express."""
    versions = _wanted()
    does = f"@growthbook/growthbook {versions['@growthbook/growthbook']} in Express {versions['express']}"
    with _express("growthbook.cjs", experiments) as (port, pids):
        yield Target("GrowthBook in Express", does, port, pids, ask)


@contextmanager
def flagd(experiments: int) -> Iterator[Target]:
    """The evaluator of OpenFeature's flagd in Express."""
    versions = _wanted()
    does = f"@openfeature/flagd-core {versions['@openfeature/flagd-core']} in Express {versions['express']}"
    with _express("flagd.cjs", experiments) as (port, pids):
        yield Target("flagd in Express", does, port, pids, ask)


@contextmanager
def unleash(experiments: int) -> Iterator[Target]:
    """The Unleash server with PostgreSQL; its frontend API evaluates in memory.

    Raises:
        CannotMeasure: There is no PostgreSQL.
    """
    if find_binaries() is None:
        raise CannotMeasure("PostgreSQL is not installed")
    does = f"unleash-server {_wanted()['unleash-server']}, frontend API"
    with running_postgres() as postgres:
        settings = {
            "DATABASE_HOST": str(postgres.folder),
            "DATABASE_USERNAME": "postgres",
            "DATABASE_NAME": postgres.create_database(),
            "DATABASE_SSL": "false",
            "INIT_ADMIN_API_TOKENS": ADMIN_TOKEN,
            "INIT_FRONTEND_API_TOKENS": FRONTEND_TOKEN,
            "CHECK_VERSION": "false",
            "SEND_TELEMETRY": "false",
            "HTTP_HOST": "127.0.0.1",
        }
        script = "node_modules/unleash-server/dist/server.js"
        with _node([script], "HTTP_PORT", settings) as (port, process):
            _await(process, lambda: requests.get(f"http://127.0.0.1:{port}/health", timeout=2).ok)
            url = f"http://127.0.0.1:{port}/api"
            for number in range(experiments):
                _define_in_unleash(f"{url}/admin/projects/default/features", number)
            header = {"Authorization": FRONTEND_TOKEN}

            def knows_all() -> bool:
                answer = requests.get(f"{url}/frontend?{_query(1)}", headers=header, timeout=5)
                return len(answer.json()["toggles"]) == experiments

            _await(process, knows_all)
            yield Target("Unleash", does, port, descendants(process.pid), _ask_unleash)


def _define_in_unleash(url: str, number: int) -> None:
    name, share = f"experiment-{number}", 500 if number % 2 else 900
    variants = [
        {
            "name": variant,
            "weight": weight,
            "weightType": "variable",
            "stickiness": "userId",
            "payload": {"type": "json", "value": json.dumps({"columns": columns})},
        }
        for variant, weight, columns in (("control", share, 1), ("treatment", 1_000 - share, 2))
    ]
    strategy = {
        "name": "flexibleRollout",
        "parameters": {"rollout": "100", "stickiness": "userId", "groupId": name},
        "constraints": [
            {"contextName": "country", "operator": "IN", "values": ["NL", "BE"]},
            {"contextName": "visits", "operator": "NUM_GTE", "value": "2"},
        ],
        "variants": variants,
    }
    environment = f"{url}/{name}/environments/development"
    for address, document in (
        (url, {"name": name, "type": "experiment"}),
        (f"{environment}/strategies", strategy),
        (f"{environment}/on", {}),
    ):
        answer = requests.post(address, json=document, headers={"Authorization": ADMIN_TOKEN}, timeout=20)
        answer.raise_for_status()


def _query(number: int) -> str:
    return f"userId=shopper-{number}&country=NL&properties%5Bcountry%5D=NL&properties%5Bvisits%5D=5"


def _ask_unleash(number: int) -> bytes:
    head = f"GET /api/frontend?{_query(number % SHOPPERS)} HTTP/1.1\r\nHost: shop\r\n"
    return f"{head}Authorization: {FRONTEND_TOKEN}\r\n\r\n".encode()


@contextmanager
def _express(script: str, experiments: int) -> Iterator[tuple[int, list[int]]]:
    arguments = [script, "{port}", str(experiments), SERVER_KEY]
    with _node(arguments, "", {}) as (port, process):
        _await(process, lambda: requests.get(f"http://127.0.0.1:{port}/", timeout=2).status_code == 404)
        yield port, descendants(process.pid)


@contextmanager
def _node(
    arguments: list[str], port_name: str, settings: dict[str, str]
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = {**os.environ, "NODE_ENV": "production", **settings}
    if port_name:
        environment[port_name] = str(port)
    process = subprocess.Popen(
        ["node", *(argument.format(port=port) for argument in arguments)],
        cwd=FOLDER,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port, process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[Any], is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if is_ready():
                return
        except requests.RequestException:
            pass
        time.sleep(0.2)
    raise CannotMeasure("it did not start")
