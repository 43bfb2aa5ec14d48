"""Tables of exchange rates are read as the ECB publishes them, and every bad cell is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from assignment.errors import ProefwerkError
from experiments.cli.main import cli
from experiments.rate_files import read_rates

HISTORY = """Date,USD,JPY,BGN,
2026-11-24,1.0842,161.55,1.9558,
2026-11-23,1.0810,N/A,1.9558,
"""
ONE_DAY = """Date, USD, JPY,
25 November 2026, 1.0851, 162.03,
"""
ROWS = """currency,day,rate
USD,2026-11-24,1.0842
GBP,2026-11-24,0.8831
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rates.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HISTORY, {"2026-11-24 USD 1.0842", "2026-11-24 JPY 161.55", "2026-11-24 BGN 1.9558",
                   "2026-11-23 USD 1.0810", "2026-11-23 BGN 1.9558"}),
        (ONE_DAY, {"2026-11-25 USD 1.0851", "2026-11-25 JPY 162.03"}),
        (ROWS, {"2026-11-24 USD 1.0842", "2026-11-24 GBP 0.8831"}),
    ],
)  # fmt: skip
def test_every_layout_gives_its_rates(tmp_path: Path, text: str, expected: set[str]) -> None:
    found = read_rates(written(tmp_path, text))
    assert {f"{form.day} {form.currency} {form.rate}" for form in found.forms} == expected
    assert {form.base for form in found.forms} == {"EUR"}
    assert found.refused == []


def test_a_bad_cell_is_told_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = "USD,2026-11-24,-1\nusd,2026-11-24,1\nUSD,soon,1\nUSD,2026-11-24,1e3\nEUR,2026-11-24,1\n"
    found = read_rates(written(tmp_path, f"currency,day,rate\n{rows}GBP,2026-11-24,0.88\n"))
    assert [form.currency for form in found.forms] == ["GBP"]
    assert [line for line, _ in found.refused] == [2, 3, 4, 5, 6]
    assert "'-1' is not a rate" in found.refused[0][1]
    assert "'usd' is not a currency" in found.refused[1][1]


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProefwerkError, match="needs the columns day, currency and rate"):
        read_rates(written(tmp_path, "a,b\n1,2\n"))


def test_rates_are_loaded_listed_locked_and_corrected_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROEFWERK_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("PROEFWERK_DATABASE_URL", raising=False)
    run = CliRunner()
    table = str(written(tmp_path, HISTORY))
    loaded = run.invoke(cli, ["rates", "import", table])
    assert (loaded.exit_code, loaded.output) == (0, "5 rates are new, 0 were known, 0 were changed.\n")
    written(tmp_path, HISTORY.replace("1.0842", "1.0843"))
    again = run.invoke(cli, ["rates", "import", table])
    assert again.exit_code == 1
    assert "0 rates are new, 4 were known" in again.output
    assert "rates.csv:2: 1.0843 differs from 1.0842" in again.output
    entered = run.invoke(cli, ["rates", "set", "EUR", "USD", "2026-11-24", "1.0843"])
    assert isinstance(entered.exception, ProefwerkError)
    corrected = ["rates", "set", "EUR", "USD", "2026-11-24", "1.0843", "--correction", "A typing error"]
    assert run.invoke(cli, corrected).exit_code == 0
    assert "1.0843" in run.invoke(cli, ["rates", "list"]).output
    days = run.invoke(cli, ["rates", "list", "--currency", "USD"]).output
    assert "1.0843" in days
    assert "1.0810" in days
