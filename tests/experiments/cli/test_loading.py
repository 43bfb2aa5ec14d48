"""The bar of an import shows how much of each file is read, and how fast; scripts see none."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from experiments.analysis.loading import Step
from experiments.cli.loading import loading_shown


class Terminal(io.StringIO):
    """Somebody looks."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_rows_rate_and_refusals_of_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with loading_shown() as progress:
        assert progress is not None
        progress(Step(Path("a.csv"), 1_000, 0.5, 0))
        progress(Step(Path("a.csv"), 2_000, 1.0, 3))
        progress(Step(Path("b.csv"), 10, 1.0, 0))
    shown = terminal.getvalue()
    assert "a.csv" in shown
    assert "2,000 rows, 3 refused, " in shown
    assert shown.count("100%") == 2


def test_nobody_is_shown_anything_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with loading_shown() as progress:
        assert progress is None
