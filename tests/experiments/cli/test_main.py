"""The command line finds its commands, and loads only what the asked one needs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from experiments.cli.main import COMMANDS, cli
from tests.serving import ROOT


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_says_what_it_does(name: str) -> None:
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: cli {name} ")


def test_an_unknown_command_is_refused_by_name() -> None:
    refused = CliRunner().invoke(cli, ["analyse"])
    assert refused.exit_code == 2
    assert "No such command 'analyse'" in refused.output


@pytest.mark.parametrize("name", ["serve", "keys"])
def test_a_command_that_analyses_nothing_starts_without_the_statistics(name: str) -> None:
    code = (
        "import sys\n"
        "from experiments.cli.main import cli\n"
        f"cli([{name!r}, '--help'], standalone_mode=False)\n"
        "print(sorted({'scipy', 'pyarrow', 'duckdb'} & set(sys.modules)))"
    )
    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert finished.stdout.splitlines()[-1:] == ["[]"], finished.stderr
