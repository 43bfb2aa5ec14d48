"""Defines and starts the demo's experiments through the management API; what is there is left as it is."""

from __future__ import annotations

from typing import Any

from assignment.demo.client import Client, PlatformError
from assignment.demo.definitions import EXPERIMENTS, METRICS


def arrange(admin: Client) -> list[str]:
    """Makes sure that every metric and experiment exists, and starts those that have never run.

    Returns:
        A sentence on each experiment.

    Raises:
        PlatformError: The platform refused.
        ConnectionError: The platform is away.
    """
    for metric in METRICS:
        if _find(admin, f"/api/v1/metrics/{metric['key']}") is None:
            admin.post("/api/v1/metrics", metric)
    told = []
    for experiment in EXPERIMENTS:
        path = f"/api/v1/experiments/{experiment['key']}"
        found = _find(admin, path)
        if found is None:
            found = admin.post("/api/v1/experiments", experiment)
        if found["status"] == "draft":
            found = admin.post(f"{path}/start")
        told.append(f"{experiment['key']} is {found['status']}")
    return told


def _find(admin: Client, path: str) -> Any:
    try:
        return admin.get(path)
    except PlatformError as error:
        if error.status != 404:
            raise
        return None
