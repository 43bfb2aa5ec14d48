"""Exchange rates from CSV files: the ECB's table with a column per currency, or a row per rate."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from assignment.errors import ProefwerkError
from experiments.documents import shown
from experiments.rates import CURRENCY
from experiments.requests import RateForm
from experiments.validation import parse

NO_RATE = frozenset({"", "N/A", "-"})
ECB_BASE = "EUR"


@dataclass(frozen=True, slots=True)
class RateFile:
    """What a file holds.

    Attributes:
        forms: Its rates.
        lines: The line of each, from 1.
        refused: Cells that are no rates, with their line and why.
    """

    forms: list[RateForm]
    lines: list[int]
    refused: list[tuple[int, str]]


def read_rates(path: Path, base: str = ECB_BASE) -> RateFile:
    """The rates of a file.

    Args:
        path: A table as the ECB publishes it (`Date`, then a column per currency; cells without a rate are
            empty or `N/A`), or one with the columns `day`, `currency`, `rate` and perhaps `base`.
        base: Of which one is priced, where no column says.

    Raises:
        ProefwerkError: 422 for a file that cannot be read, or has other columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return rates_in(file, str(path), base)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ProefwerkError(422, "unreadable_file", f"{path} cannot be read: {error}.") from error


def rates_in(lines: Iterable[str], name: str, base: str = ECB_BASE) -> RateFile:
    """The same of lines that lie under another name.

    Raises:
        ProefwerkError: 422 for other columns.
    """
    found = RateFile([], [], [])
    reader = csv.reader(lines)
    header = [cell.strip() for cell in next(reader, [])]
    cells = _cells(header, name)
    for row in reader:
        for document in cells([cell.strip() for cell in row]):
            _take(found, reader.line_num, {"base": base, **document})
    return found


def _cells(header: list[str], path: str) -> _Layout:
    names = [name.lower() for name in header]
    if {"day", "currency", "rate"} <= set(names):
        return _Layout(names, {})
    if names[:1] == ["date"] and any(map(CURRENCY.match, header[1:])):
        return _Layout(["day"], {place: name for place, name in enumerate(header) if CURRENCY.match(name)})
    raise ProefwerkError(
        422,
        "unknown_columns",
        f"{path} begins with {shown(','.join(header))}; it needs the columns day, currency and rate, or Date "
        "and one column per currency.",
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a row says, by the columns of the file."""

    names: list[str]
    currencies: dict[int, str]

    def __call__(self, row: list[str]) -> Iterator[dict[str, str]]:
        if not any(row):
            return
        if not self.currencies:
            named = dict(zip(self.names, row, strict=False))
            document = {name: named.get(name, "") for name in ("day", "currency", "rate")}
            yield document | ({"base": named["base"]} if named.get("base") else {})
            return
        for place, currency in self.currencies.items():
            if place < len(row) and row[place] not in NO_RATE:
                yield {"day": _day(row[0]), "currency": currency, "rate": row[place]}


def _day(text: str) -> str:
    """The ECB writes `2026-11-25` in its history and `25 November 2026` in the table of one day."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        return datetime.strptime(text, "%d %B %Y").date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return text


def _take(found: RateFile, line: int, document: dict[str, str]) -> None:
    try:
        form = parse(RateForm, document)
    except ProefwerkError as error:
        found.refused.append((line, error.detail))
    else:
        found.forms.append(form)
        found.lines.append(line)
