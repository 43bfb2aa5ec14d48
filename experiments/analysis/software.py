"""Which code made a report: this project and the libraries whose numbers stand in it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from platform import python_version

LIBRARIES = ("proefwerk", "duckdb", "numpy", "scipy", "statsmodels")


def software() -> dict[str, str]:
    """Versions by name, and under `statistics` a SHA-256 of the source of the `stats` package, shortened."""
    return dict(_software())


@cache
def _software() -> dict[str, str]:
    source = sha256()
    for file in sorted(files("stats").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".py"):
            source.update(file.name.encode() + b"\0" + file.read_bytes())
    versions = {name: version(name) for name in LIBRARIES}
    return {**versions, "python": python_version(), "statistics": source.hexdigest()[:16]}
