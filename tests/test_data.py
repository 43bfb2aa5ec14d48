"""What is documented of data runs as it stands, on files and a database like those that it speaks of."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from experiments.cli.main import cli
from experiments.db import Database
from tests.experiments.api.conftest import make_api
from tests.postgres import running_postgres
from tests.serving import ROOT

DATA = (ROOT / "docs" / "data.md").read_text()
HISTORY = "Date,USD,JPY,\n2026-11-03,1.0871,N/A,\n2026-11-02,1.0842,161.55,\n"
SHOP = """
CREATE TABLE orders (id int, customer_id text, created_at timestamptz, updated_at timestamptz, total numeric,
  margin float);
CREATE TABLE refunds (id int, order_id int, refunded_at timestamptz, amount numeric);
INSERT INTO orders VALUES (1001, 'a', '2026-11-02 10:00+00', '2026-11-02 10:00+00', 49.95, 12.5);
INSERT INTO refunds VALUES (7, 1001, '2026-11-09 10:00+00', 20);
"""


def section(title: str) -> str:
    """The part of the documentation under a title."""
    return re.split(r"^## ", DATA.split(f"## {title}\n")[1], flags=re.MULTILINE)[0]


def commands(title: str) -> list[str]:
    """Its commands, one a line."""
    blocks = re.findall(r"```sh\n(.*?)```", section(title), re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROEFWERK_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("PROEFWERK_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str) -> str:
    finished = CliRunner().invoke(cli, shlex.split(line)[1:])
    assert finished.exit_code == 0, f"{line}\n{finished.output}\n{finished.exception}"
    return finished.output


@pytest.fixture
def api(home: Path) -> Iterator[tuple[str, str]]:
    """Address and admin key of the management API on the same database."""
    run("proefwerk migrate")
    database = Database(f"sqlite:///{home / 'var' / 'proefwerk.db'}")
    made = make_api(database)
    server = make_server("127.0.0.1", 0, made.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", made.keys["admin"]
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


def test_every_command_on_currencies_runs(home: Path, api: tuple[str, str]) -> None:
    (home / "eurofxref-hist.csv").write_text(HISTORY)
    address, key = api
    found = commands("Currencies")
    assert len(found) == 5
    for line in found:
        if line.startswith("curl"):
            line = line.replace("http://127.0.0.1:8000", address).replace(
                "curl -s", "curl -sS --fail-with-body"
            )
            environment = {**os.environ, "PROEFWERK_ADMIN_KEY": key}
            finished = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True)
            assert finished.returncode == 0, f"{line}\n{finished.stdout}\n{finished.stderr}"
            shown = finished.stdout
        else:
            shown = run(line)
    assert json.loads(shown)["rates"][0]["rate"] == "0.8831"


def test_every_command_on_sources_runs_on_a_real_database(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", section("Tables that you already have"), re.DOTALL)
    (home / "shop.json").write_text(block)
    with running_postgres() as server:
        url = server.url().replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as opened:
            opened.execute(SHOP)
        monkeypatch.setenv("PROEFWERK_SOURCE_SHOP", url)
        told = [run(line) for line in commands("Tables that you already have")]
    assert len(told) == 4
    assert "unit a" in told[1]
    assert told[2].startswith("2 rows: 1 orders and 1 refunds are new")
    assert re.search(r"^shop +postgresql +order +ok .* 2 +0$", told[3], re.MULTILINE)


def test_every_command_on_importing_runs(home: Path) -> None:
    (table,) = re.findall(r"```\n(type,.*?)```", section("Importing"), re.DOTALL)
    (home / "orders.csv").write_text(table)
    row = {"type": "conversion", "id": "o-1003", "unit": "s-3", "name": "order"}
    lines = [json.dumps(row), json.dumps({**row, "id": "o-1004", "value": "nine"})]
    (home / "history.ndjson.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    first, second = commands("Importing")
    assert "2 conversions and 0 links are new" in run(first)
    finished = CliRunner().invoke(cli, shlex.split(second)[1:])
    assert finished.exit_code == 1
    assert "1 conversions and 0 links are new, 2 were known, 1 were refused" in finished.output
    assert "history.ndjson.gz:2: value" in finished.output
    (refused,) = (home / "refused.ndjson").read_text().splitlines()
    assert json.loads(refused)["row"]["id"] == "o-1004"
