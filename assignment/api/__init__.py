"""The doors of the delivery side, over HTTP."""

from assignment.api.doors import Doors, EventSink, SnapshotSource
from assignment.api.hot import HotDoor
from assignment.api.views import register

__all__ = ["Doors", "EventSink", "HotDoor", "SnapshotSource", "register"]
