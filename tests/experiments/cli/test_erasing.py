"""A person is erased from the command line, after a question that says whom it concerns."""

from __future__ import annotations

import json
from pathlib import Path

from tests.experiments.analysis.test_erasure import holding
from tests.experiments.cli.test_access import proefwerk


def test_a_person_is_erased_once_the_question_is_answered(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "events.ndjson"
    time = "2026-11-01T12:00:00Z"
    events = [
        {"type": "conversion", "id": "1", "unit": "cookie-of-anna", "name": "order", "time": time},
        {"type": "conversion", "id": "2", "unit": "berta", "name": "order", "time": time},
        {"type": "link", "unit": "cookie-of-anna", "person": "anna", "time": "2026-11-02T12:00:00Z"},
    ]
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert proefwerk(home, "import", str(file)).returncode == 0
    refused = proefwerk(home, "erase", "anna", stdin="n\n")
    assert refused.returncode == 1
    assert "2 ids (1 given, 1 linked: cookie-of-anna)" in refused.stderr
    assert refused.stderr.splitlines()[-1].endswith("Nothing was erased.")
    assert holding(home, "cookie-of-anna")
    done = proefwerk(home, "erase", "anna", stdin="y\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Erased 2 ids: 2 events from 2 files, 0 kept variants.\n"
    assert holding(home, "anna") == []
    again = proefwerk(home, "erase", "anna", "--yes")
    assert again.stdout == "Erased 1 id: 0 events from 0 files, 0 kept variants.\n"


def test_an_id_that_none_can_have_is_refused(tmp_path: Path) -> None:
    refused = proefwerk(tmp_path, "erase", "x" * 201, "--yes")
    assert refused.returncode == 1
    assert "ids.0" in refused.stderr
