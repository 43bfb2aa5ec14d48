"""Every command that the documentation gives for a file runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from experiments.cli.analyzing import analyze
from tests.serving import ROOT

SECTION = (ROOT / "docs" / "data.md").read_text().split("## Just a file\n")[1].split("\n## ")[0]
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL) for line in block.splitlines()
]


def test_every_command_on_a_file_runs(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PROEFWERK_HOME": str(tmp_path / "nothing")}
    said = ""
    for command in COMMANDS:
        line = command.replace("proefwerk analyze", f"{sys.executable} -m experiments.cli analyze")
        finished = subprocess.run(
            line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
        assert finished.returncode == 0, f"{line}\n{finished.stdout}\n{finished.stderr}"
        said += finished.stdout
    assert "I take column 'ab_group' as the variant" in said
    assert (tmp_path / "report.html").is_file()
    assert not (tmp_path / "nothing").exists()


def test_the_options_are_those_of_the_command() -> None:
    options = {name for option in analyze.params for name in option.opts if name.startswith("--")}
    assert set(re.findall(r"^\| `(--[a-z]+)", SECTION, re.MULTILINE)) == options - {"--json", "--html"}
