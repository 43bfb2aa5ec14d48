"""Shows how far the loading of files is, on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from experiments.analysis.loading import Progress, Step

PARTS = 1_000
"""Of a file, that the bar goes forward by."""


@contextmanager
def loading_shown() -> Iterator[Progress | None]:
    """A bar for each file, with its rows and their rate; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.finish()


class _Bars:
    def __init__(self) -> None:
        self._path: Path | None = None

    def __call__(self, step: Step) -> None:
        if step.path != self._path:
            self.finish()
            self._path, self._begun, self._first = step.path, time.monotonic(), step.rows
            self._bar = click.progressbar(
                length=PARTS, label=step.path.name, item_show_func=lambda shown: shown, file=sys.stderr
            )
        rate = (step.rows - self._first) / max(time.monotonic() - self._begun, 0.001)
        refused = f", {step.refused:,} refused" if step.refused else ""
        shown = f"{step.rows:,} rows{refused}, {rate:,.0f}/s"
        self._bar.update(int(step.share * PARTS) - self._bar.pos, shown)

    def finish(self) -> None:
        """Leave the last bar as it is."""
        if self._path is not None:
            self._bar.render_finish()
