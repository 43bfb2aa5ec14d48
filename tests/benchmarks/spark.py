"""The same report, to the bit, by DuckDB and by Spark on the cores of this machine: time and processor."""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from experiments.analysis import spark_session
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from experiments.analysis.spark import Opener
from tests.benchmarks.scale import EXPOSURES, timed
from tests.benchmarks.scale_shop import AS_OF, definition, fill

MASTER = "local[2]"
MEMORY = "6g"


def main(exposures: int = EXPOSURES) -> None:
    """Print what a report takes; Spark makes two, because the first compiles its statements."""
    print(f"\nSpark: one experiment of 3 arms and 5 metrics with covariates, {exposures:,} exposures")
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "spark-defaults.conf"
        settings.write_text(
            f"spark.ui.enabled false\nspark.driver.memory {MEMORY}\nspark.local.dir {folder}\n"
        )
        os.environ |= {"SPARK_CONF_DIR": folder, "SPARK_LOCAL_IP": "127.0.0.1"}
        root = Path(folder) / "lake"
        fill(root, exposures, 1)
        view = Lake(root).view()
        on_spark = replace(view, opener=Opener(MASTER))
        cost, report = timed(lambda: analyse(definition(0), view, AS_OF))
        print(f"{'DuckDB':44}{cost}")
        for name in ("Spark, started for it", "Spark, once more"):
            cost, other = timed(lambda: analyse(definition(0), on_spark, AS_OF))
            print(f"{name:44}{cost.clock:9.2f} s{_processor():9.2f} s of processor since its start")
            assert other["data_hash"] == report["data_hash"]
        spark_session.stop()


def _processor() -> float:
    """Seconds of processor that Java has taken since it was started."""
    java = spark_session.session(MASTER).sparkContext._gateway.proc.pid  # type: ignore[union-attr]
    fields = Path(f"/proc/{java}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exposures", type=int, default=EXPOSURES)
    main(**vars(parser.parse_args()))
