"""The official JavaScript clients of GrowthBook and OpenFeature, unmodified, agree with our engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from assignment.engine import decide_all
from tests.assignment.examples import CLIENT_KEY
from tests.contract.conftest import Live
from tests.contract.test_growthbook_sdk import attributes_of

FOLDER = Path(__file__).parent / "javascript"
UNITS = 200


@pytest.fixture(scope="module")
def node() -> str:
    """The path of Node, with the clients installed beside the script."""
    found = shutil.which("node")
    if found and (FOLDER / "node_modules").is_dir():
        return found
    sentence = (
        "the JavaScript clients are missing: install Node 20 and run `npm ci` in tests/contract/javascript"
    )
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def test_every_javascript_client_gets_the_variant_that_the_engine_decides(live: Live, node: str) -> None:
    people = [attributes_of(number) for number in range(UNITS)]
    decided = [decide_all(live.compiled, attributes) for attributes in people]
    cases = [
        json.dumps({"attributes": attributes, "flags": [item.experiment for item in decisions]})
        for attributes, decisions in zip(people, decided, strict=True)
    ]
    said = subprocess.run(
        [node, "clients.cjs", live.url, CLIENT_KEY],
        cwd=FOLDER,
        input="\n".join(cases),
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )
    assert said.returncode == 0, said.stderr
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert len(answers) == UNITS
    for answer, decisions in zip(answers, decided, strict=True):
        for decision in decisions:
            found = answer[decision.experiment]
            entered = decision.variant if decision.in_experiment else None
            assert found["local"] == {"value": decision.payload, "variant": entered}
            assert found["remote"] == {"value": decision.payload, "variant": entered}
            expected = {"value": decision.payload, "variant": decision.variant, "error": None}
            assert found["server"] == found["web"] == expected
