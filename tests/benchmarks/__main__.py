"""Runs every benchmark, one after the other."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from tests.benchmarks import assignment, compaction, evaluator, events, importing, scale, sizes, spark

README = Path(__file__).parents[2] / "README.md"
BETWEEN = re.compile(r"(<!-- speed -->\n).*(<!-- end speed -->)", re.DOTALL)


def write(rows: list[tuple[str, str, str]], load: float) -> None:
    """Put what was measured of assignment into the README, with how busy the machine was before."""
    table = "\n".join(
        f"| {' | '.join(row)} |" for row in [("what", "measured", "against"), ("---",) * 3, *rows]
    )
    note = f"Load of the machine before: {load:.1f}; other work lowers rates and lengthens answers."
    text = README.read_text(encoding="utf-8")
    README.write_text(
        BETWEEN.sub(lambda found: f"{found[1]}{table}\n\n{note}\n{found[2]}", text), encoding="utf-8"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speed", action="store_true", help="assignment alone, and write the README's table")
    speed_alone = parser.parse_args().speed
    load_before = os.getloadavg()[0]
    measured = assignment.main() + evaluator.main()
    if speed_alone:
        write(measured, load_before)
    else:
        events.main()
        scale.main()
        compaction.main()
        importing.main()
        sizes.main()
        spark.main()
