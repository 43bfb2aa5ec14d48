"""The doors of the delivery side, over HTTP."""

from assignment.api.doors import Doors, EventSink, Site, SnapshotSource
from assignment.api.hot import HotDoor
from assignment.api.meters import Meters
from assignment.api.stream import Streams
from assignment.api.views import register

__all__ = ["Doors", "EventSink", "HotDoor", "Meters", "Site", "SnapshotSource", "Streams", "register"]
