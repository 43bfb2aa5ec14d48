"""Puts the rooms together into one WSGI application; the only place that knows them all."""

from __future__ import annotations

import atexit
import gc
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Flask

import experiments.api
from assignment.api import Doors, HotDoor, Meters, Site, Streams, register
from assignment.errors import ProefwerkError
from assignment.log import EventLog
from assignment.sink import LogSink
from assignment.source import PollingSource
from dash_ui.app import create_dash
from dash_ui.gateway import Gateway
from experiments.db import Database
from experiments.lifetime import die_with_parent, when_told_to_stop
from experiments.order_uploads import OrderUploads
from experiments.publish import fetch_published
from experiments.service.analysis import request_analysis
from experiments.settings import Settings
from experiments.stickiness import PATIENCE_SECONDS, StickyAssignments
from experiments.stream_threads import give_streams_their_own_threads
from experiments.workplace import store_of

POLL_SECONDS = 0.25
MAX_BODY_BYTES = 6 * 1024 * 1024
# Fewer than a worker's threads, so that waiting for reports never keeps shoppers waiting.
MAX_WAITING = 4
# By then the port is closed: some clients come back at once, and give up for good when told that we stop.
GOODBYE_SECONDS = 0.5


def create_app(settings: Settings) -> Flask:
    """The whole web side: delivery, management and screens, on a migrated database.

    The hot door is wrapped round the Flask application's `wsgi_app`.
    """
    database = Database(settings.database_url)
    source = PollingSource(fetch_published(database), settings.home / "snapshot.json", POLL_SECONDS)
    source.start()
    log = EventLog(settings.log_folder, max_bytes=settings.log_max_bytes, writers=settings.workers)
    sink = LogSink(log, max_age=timedelta(days=settings.late_days))
    atexit.register(sink.close)
    meters = Meters()
    streams = Streams(source, meters, settings.streams) if settings.streams else None
    if streams:
        when_told_to_stop(lambda: _let_go(streams))
    site = Site(settings.shop_origins, settings.cookie_domain)
    sticky = StickyAssignments(Database(settings.database_url, PATIENCE_SECONDS))
    doors = Doors(source, sink, meters, streams, site, sticky)
    published = _spread(source, settings.workers)

    waiting = threading.BoundedSemaphore(MAX_WAITING)

    def analyse(key: str) -> dict[str, Any]:
        if not waiting.acquire(blocking=False):
            raise ProefwerkError(503, "busy", "Several analyses are being made now; try again in a moment.")
        try:
            return request_analysis(database, key)
        finally:
            waiting.release()

    app = Flask("proefwerk", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    register(app, doors)
    uploads = OrderUploads(lambda: store_of(settings))
    experiments.api.register(app, database, analyse=analyse, published=published, uploads=uploads)
    create_dash(app, Gateway(database, analyse, published, uploads), secret=settings.secret)
    app.wsgi_app = HotDoor(app.wsgi_app, doors)  # type: ignore[method-assign]
    return app


def _let_go(streams: Streams) -> None:
    time.sleep(GOODBYE_SECONDS)
    streams.close()


def _spread(source: PollingSource, workers: int) -> Callable[[], None]:
    """What to do after a publish, so that the next request finds the change in whichever worker it meets."""

    def published() -> None:
        source.refresh()
        if workers > 1:
            time.sleep(2 * POLL_SECONDS)

    return published


@cache
def _serving_app() -> Flask:
    die_with_parent()
    settings = Settings.from_environment()
    if settings.streams:
        give_streams_their_own_threads()
    app = create_app(settings)
    # The quarter of a million objects of the screens stay: looking for garbage among them would stop every
    # request for as long as a second.
    gc.freeze()
    # A request behind a page that is being made, or behind new rules, gets its turn after one millisecond
    # and not after five.
    sys.setswitchinterval(0.001)
    return app


def __getattr__(name: str) -> Flask:
    """Make `wsgi:app` when a server asks for it, and not when a test imports this module."""
    if name == "app":
        return _serving_app()
    raise AttributeError(name)
