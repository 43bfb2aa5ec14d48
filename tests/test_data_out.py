"""What the documentation says of reconciling and exporting is so: commands run, classes are all there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from experiments.analysis.fates import Fate
from tests.serving import ADMIN_KEY, ROOT, SERVER_KEY, Server, serving
from tests.test_data import DATA, commands, section
from tests.test_docs import EXPERIMENT

TITLES = ("Reconciling with your own orders", "Exporting")
COMMANDS = [line for title in TITLES for line in commands(title)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The shop of the documentation, with two shoppers and the event of one order."""
    now = datetime.now(UTC)
    metric = {"key": "revenue", "name": "Revenue", "kind": "mean", "event": "order", "unit": "EUR"}
    rule = {**EXPERIMENT, "metrics": {"primary": ["revenue"]}}
    events: list[dict[str, Any]] = [
        {"type": "exposure", "id": f"e{unit}", "unit": unit, "experiment": "free-shipping-bar",
         "variant": variant, "time": (now - timedelta(hours=2)).isoformat()}
        for unit, variant in (("a", "control"), ("b", "bar"))
    ]  # fmt: skip
    events.append(
        {"type": "conversion", "id": "A1", "unit": "a", "name": "order", "value": 35.5, "currency": "EUR",
         "time": (now - timedelta(hours=1)).isoformat()}
    )  # fmt: skip
    with serving(tmp_path_factory.mktemp("data") / "var") as running:
        for path, body in (
            ("metrics", metric),
            ("experiments", rule),
            ("experiments/free-shipping-bar/start", {}),
        ):
            sent = requests.post(f"{running.url}/api/v1/{path}", json=body, headers=running.headers())
            sent.raise_for_status()
        took = requests.post(f"{running.url}/api/v1/events", json=events, headers=running.headers(SERVER_KEY))
        assert took.json()["accepted"] == 3, took.text
        # One that began while the events were being written down may lack them.
        requests.post(
            f"{running.url}/api/v1/experiments/free-shipping-bar/analyze", headers=running.headers()
        ).raise_for_status()
        yield running


def test_every_command_of_the_documentation_runs(server: Server, tmp_path: Path) -> None:
    moment = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    (tmp_path / "orders.csv").write_text(
        f"order_id,unit,time,value,currency\nA1,a,{moment},35.50,EUR\nB1,b,{moment},20,EUR\nC1,c,{moment},5,USD\n"
    )
    (tmp_path / "bestellingen.csv").write_text("Referentie;Klant;Bedrag\nA1;a;35,50\n")
    environment = {
        **os.environ, "PROEFWERK_HOME": str(server.home), "PROEFWERK_ADMIN_KEY": ADMIN_KEY,
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    assert len(COMMANDS) == 10
    for command in COMMANDS:
        line = command.replace("http://127.0.0.1:8000", server.url).replace(
            "curl -s", "curl -sS --fail-with-body"
        )
        line = re.sub(r"^proefwerk", f"{shlex.quote(sys.executable)} -m experiments.cli", line)
        done = subprocess.run(line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        if command.startswith("curl") and "reconcile?" in command:
            found = json.loads(done.stdout)["result"]
            classes = {each["class"]: each["orders"] for each in found["classes"] if each["orders"]}
            assert classes == {"counted": 1, "missing": 1, "not_exposed": 1}
            assert found["explained"]
    assert (tmp_path / "classes.csv").read_text().count("\n") == 4
    assert (tmp_path / "events.parquet").is_file()
    assert len(json.loads((tmp_path / "reports.json").read_text())) >= 1


def test_the_example_in_python_runs_on_exported_moments(tmp_path: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", section("Exporting"), re.DOTALL)[0]
    arms = [
        {"units": 100, "means": [mean], "comoments": [[spread * 99]]}
        for mean, spread in ((10.0, 4.0), (11.0, 5.0))
    ]
    document = {"metrics": [{"metric": "revenue", "moments": arms}]}
    (tmp_path / "moments.json").write_text(json.dumps(document))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "3.333" in done.stdout, "a difference of 1 in standard errors of 0.3"


def test_the_documentation_has_every_class_in_their_order() -> None:
    table = DATA.split("<!-- classes -->")[1].split("<!-- end classes -->")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [fate.value for fate in Fate]
