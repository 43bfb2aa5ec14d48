"""Tables that stay tables for screen readers when a narrow window shows them as cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dash_ui.components.attributes import aria, data


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, whether it holds numbers, and further class names."""

    title: Any
    number: bool = False
    name: str = ""
    label: str | None = None

    @property
    def classes(self) -> str:
        """Class names of its cells."""
        return " ".join(each for each in ("pw-number" if self.number else "", self.name) if each)

    @property
    def words(self) -> str:
        """What stands before a value when the table is shown as cards."""
        return self.label if self.label is not None else str(self.title)


def table(caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]], name: str = "") -> html.Div:
    """A table whose first cell in each row names the row; it scrolls by itself, by keyboard too."""
    head = html.Tr(
        [
            html.Th(column.title, scope="col", role="columnheader", className=column.classes)
            for column in columns
        ],
        role="row",
    )
    body = [
        html.Tr(
            [
                _cell(index, column, cell)
                for index, (column, cell) in enumerate(zip(columns, row, strict=True))
            ],
            role="row",
        )
        for row in rows
    ]
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="pw-hidden"),
                html.Thead(head, role="rowgroup"),
                html.Tbody(body, role="rowgroup"),
            ],
            role="table",
            className=f"pw-table {name}".strip(),
        ),
        className="pw-scroll",
        role="region",
        tabIndex=0,
        **aria(label=caption),
    )


def _cell(index: int, column: Column, cell: Any) -> Any:
    if index == 0:
        return html.Th(cell, scope="row", role="rowheader", className=column.classes)
    return html.Td(cell, role="cell", className=column.classes, **data(label=column.words))
