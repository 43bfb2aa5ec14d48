"""Starts Spark once in a process: the driver of all analyses that it runs, from any of its threads."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import socket
import threading
import warnings
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from assignment.errors import ProefwerkError

PATIENCE = 5.0
"""Seconds within which a master answers."""
_NEEDED = {
    "spark.app.name": "Proefwerk",
    "spark.sql.session.timeZone": "UTC",
    # An overflow is an error, never a number.
    "spark.sql.ansi.enabled": "true",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""The rest is the operator's, in `spark-defaults.conf`."""
_starting = threading.Lock()
_started: list[SparkSession] = []


def session(master: str) -> SparkSession:
    """The session of this process, started where there is none or the cluster has ended it.

    Args:
        master: `spark://host:port` or `local[N]`.

    Raises:
        ProefwerkError: 503, there is no Java, or the cluster does not answer.
    """
    with _starting:
        if _started and not _has_ended(_started[0]):
            return _started[0]
        stop()
        _check(master)
        builder = SparkSession.builder.master(master)
        for name, value in _NEEDED.items():
            builder = builder.config(name, value)
        with warnings.catch_warnings():
            # It warns of versions of pandas, which is not used here.
            warnings.simplefilter("ignore", FutureWarning)
            try:
                _started.append(builder.getOrCreate())
            except (PySparkException, Py4JError, OSError) as error:
                raise unavailable(str(error).split("\n", 1)[0]) from error
        return _started[0]


@atexit.register
def stop() -> None:
    """Let the cluster have its cores back, and Java end, so that the next session starts anew."""
    while _started:
        # Where the cluster or Java has gone already, there is nothing to stop.
        with contextlib.suppress(Exception):
            _started.pop().stop()
    gateway = SparkContext._gateway
    if gateway is not None:
        # Spark would hold on to a Java that has died.
        SparkContext._gateway = SparkContext._jvm = None
        with contextlib.suppress(Exception):
            gateway.shutdown()
        # Java reads from here until its end.
        with contextlib.suppress(Exception):
            gateway.proc.stdin.close()
            gateway.proc.wait(PATIENCE)


def _has_ended(session: SparkSession) -> bool:
    try:
        return bool(session.sparkContext._jsc.sc().isStopped())
    except (Py4JError, OSError):
        return True


def _check(master: str) -> None:
    home = os.environ.get("JAVA_HOME")
    if not (home and (Path(home) / "bin" / "java").exists()) and shutil.which("java") is None:
        raise unavailable("it needs Java 17 or later, and none is in JAVA_HOME or on the PATH")
    host, _, port = master.removeprefix("spark://").rpartition(":")
    if host and master.startswith("spark://"):
        try:
            socket.create_connection((host, int(port)), timeout=PATIENCE).close()
        except OSError as error:
            raise unavailable(f"no master answers at {host}:{port}: {error}") from error


def unavailable(why: str) -> ProefwerkError:
    """503 with a sentence that ends in the reason."""
    return ProefwerkError(503, "engine_unavailable", f"Spark cannot be used now: {why.rstrip('. ')}.")
