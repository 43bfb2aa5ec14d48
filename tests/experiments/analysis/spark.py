"""A Spark for tests: small, without pages or traffic of its own, and quiet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""What runs for a minute is not worth much of a compiler."""
SMALL = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    # Of a few hundred rows, compiling each statement takes far longer than running it.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.extraJavaOptions": JAVA,
}
NOTHING: Mapping[str, str] = {}
NO_JAVA = "Spark needs Java 17 (apt-get install openjdk-17-jre-headless)"


def environment(folder: Path, settings: Mapping[str, str] = NOTHING) -> dict[str, str]:
    """Environment variables by which Spark keeps to this machine and writes into the folder alone.

    Args:
        folder: For its settings and its files.
        settings: More of them, or others than in `SMALL`.
    """
    if shutil.which("java") is None and not os.environ.get("CI"):
        pytest.skip(NO_JAVA)
    kept = {"spark.local.dir": str(folder), "spark.sql.warehouse.dir": str(folder / "warehouse")}
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} {value}\n" for name, value in {**SMALL, **kept, **settings}.items()]
    (folder / "spark-defaults.conf").write_text("".join(lines))
    return {"SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_JAVA_OPTS": JAVA}
