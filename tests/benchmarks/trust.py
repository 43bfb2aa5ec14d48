"""Makes the table of error rates, coverage and power anew: package data, and a selection in the README."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from stats.trust import ALPHA, FILE, SEED, attempt, summary_table, trials

ROOT = Path(__file__).parents[2]
BETWEEN = re.compile(r"(<!-- trust -->\n).*(<!-- end trust -->)", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("replicates", nargs="?", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--dry", action="store_true", help="print the README's table and write nothing")
    arguments = parser.parse_args()
    document = run(arguments.replicates, arguments.processes)
    table = summary_table(document)
    print(table)
    if not arguments.dry:
        write(document)
        readme = ROOT / "README.md"
        text = readme.read_text(encoding="utf-8")
        readme.write_text(BETWEEN.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text), encoding="utf-8")


def run(replicates: int, processes: int | None) -> dict[str, Any]:
    """Every cell, in the order of `trials` however many processes share the work."""
    todo, started = trials(), time.monotonic()
    cells = []
    with get_context("spawn").Pool(processes) as pool:
        for done, cell in enumerate(pool.imap(partial(attempt, replicates=replicates), todo), start=1):
            cells.append(cell)
            label = todo[done - 1].label
            print(
                f"\r{done} of {len(todo)}, {time.monotonic() - started:.0f} s: {label:50}",
                end="",
                file=sys.stderr,
            )
    print(file=sys.stderr)
    head = {"version": version("proefwerk"), "seed": SEED, "alpha": ALPHA, "replicates": replicates}
    return {**head, "cells": cells}


def write(document: dict[str, Any]) -> None:
    """One cell a line, so that what changed can be read in a difference."""
    lines = ",\n".join(json.dumps(cell, separators=(",", ":")) for cell in document["cells"])
    head = json.dumps({key: value for key, value in document.items() if key != "cells"})[:-1]
    (ROOT / "stats" / FILE).write_text(f'{head}, "cells": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
