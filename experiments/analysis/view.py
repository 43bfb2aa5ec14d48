"""The lake at one moment, as the analysis reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from experiments.analysis.engine import Engine, connection
from experiments.analysis.manifest import Manifest
from experiments.analysis.schema import rows_of
from experiments.analysis.store import Fetch

SPILL = "spill"


def _here(_paths: Collection[str]) -> None:
    """Files of a folder need not be fetched."""


Opener = Callable[[Path | None], AbstractContextManager[Engine]]


@dataclass(frozen=True, slots=True)
class View:
    """The lake at one moment, for reading; later changes do not touch it.

    Attributes:
        root: The lake's folder.
        manifest: What it consists of.
        opener: Opens an engine that spills into a folder.
        fetch: Brings files into the folder.
        reads_remote: Whether that engine reads the store itself, so that files need not be fetched for it.
    """

    root: Path
    manifest: Manifest
    opener: Opener = connection
    fetch: Fetch = _here
    reads_remote: bool = False

    def engine(self) -> AbstractContextManager[Engine]:
        """A fresh engine for statements about these events."""
        return self.opener(self.root / SPILL)

    def on_duckdb(self) -> View:
        """The same for statements that only DuckDB understands, on this machine."""
        return replace(self, opener=connection, reads_remote=False)

    def source(self, kind: str, after: int | None = None) -> str:
        """SQL: the events of one kind as a table expression, without rows where there are none.

        Every column of `schema.COLUMNS` is there, whatever the age of the files.

        Args:
            kind: Of the events.
            after: Only those that came into the lake after this generation of its manifest.
        """
        least = -1 if after is None else after
        found = [part for part in self.manifest.parts if part.kind == kind and part.last_generation > least]
        if not self.reads_remote:
            self.fetch([part.path for part in found])
        rows = rows_of(kind, [(self.root / part.path, part.schema) for part in found])
        if all(part.first_generation > least for part in found):
            return rows
        return f"(SELECT * FROM {rows} WHERE generation > {least})"

    def has(self, kind: str) -> bool:
        """Whether there are events of the kind."""
        return any(part.kind == kind for part in self.manifest.parts)

    def days(self, first: str, last: str | None = None) -> View:
        """Only the events of some UTC days, given as `YYYY-MM-DD`, the last one included."""
        inside = tuple(
            part for part in self.manifest.parts if first <= part.day and (last is None or part.day <= last)
        )
        return replace(self, manifest=msgspec.structs.replace(self.manifest, parts=inside))

    def paths(self, kind: str) -> list[Path]:
        """The files of one kind."""
        found = [part.path for part in self.manifest.parts if part.kind == kind]
        self.fetch(found)
        return [self.root / path for path in found]

    def last_received(self) -> int:
        """Latest receipt of any event, microseconds since 1970 UTC; 0 without events."""
        return max((part.last_received for part in self.manifest.parts), default=0)
