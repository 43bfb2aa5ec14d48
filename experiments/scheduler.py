"""The background process: one leader at a time runs the jobs, each on its own clock."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update

from assignment.errors import ProefwerkError
from experiments import jobs
from experiments.db import Database, utc_now
from experiments.erasing import erase_requested
from experiments.jobs import Workplace
from experiments.models import SCHEDULER_LEASE, Lease
from experiments.reconciling import forget_orders, reconcile_requested
from experiments.settings import Settings
from experiments.tending import tend_lake

LEASE = timedelta(seconds=10)
RENEW_SECONDS = 2.0
REQUEST_SECONDS = 0.2
REHEARSE_SECONDS = 1.0
REFRESH_SECONDS = 2.0
SHIP_SECONDS = 2.0
DATES_SECONDS = 1.0
FORGET_SECONDS = 3600.0
TEND_SECONDS = 600.0
ERASE_SECONDS = 1.0
HEALTH_SECONDS = 30.0
BASELINE_SECONDS = 15.0
WATCH_SECONDS = 10.0
PULL_SECONDS = 5.0
NICENESS = 5
log = logging.getLogger(__name__)


class Leadership:
    """Holds the lease that lets one process among several run the jobs.

    Args:
        database: Where the lease lies.
        name: Of the lease.
    """

    def __init__(self, database: Database, name: str = SCHEDULER_LEASE) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database = database
        self._name = name
        self._held = threading.Event()

    @property
    def held(self) -> bool:
        """Whether this process leads."""
        return self._held.is_set()

    def renew(self) -> bool:
        """Take the lease, or keep it; whether this process newly leads."""
        led, leads = self.held, False
        try:
            leads = self._try()
        finally:
            if leads:
                self._held.set()
            else:
                self._held.clear()
        return leads and not led

    def release(self) -> None:
        """Let another process lead at once."""
        self._held.clear()
        with self._database.session() as session:
            session.exec(delete(Lease).where(col(Lease.name) == self._name, col(Lease.holder) == self.holder))

    def _try(self) -> bool:
        now = utc_now()
        mine = {"holder": self.holder, "expires_at": now + LEASE}
        try:
            with self._database.session() as session:
                lease = session.exec(select(Lease).where(Lease.name == self._name)).first()
                if lease is None:
                    session.connection().execute(insert(Lease).values(name=self._name, **mine))
                    return True
                free = (col(Lease.holder) == self.holder) | (col(Lease.expires_at) < now)
                query = update(Lease).where(col(Lease.name) == self._name, free).values(**mine)
                return bool(session.connection().execute(query).rowcount)
        except IntegrityError:
            return False


def run(settings: Settings) -> None:
    """Run the jobs until SIGTERM or SIGINT; a job that fails is logged and tried again."""
    # Decisions and events come first where the web workers share the machine.
    os.nice(NICENESS)
    database = Database(settings.database_url)
    try:
        _run(Workplace.of(settings, database), Leadership(database))
    finally:
        database.close()


def _run(place: Workplace, leadership: Leadership) -> None:
    # Its messages about jobs that still run when they are due again would fill the log.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BlockingScheduler(
        # What other nodes wait for must not wait for the analyses of this one.
        executors={"default": ThreadPoolExecutor(6), "ship": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )

    def lead() -> None:
        if leadership.renew():
            log.info("This process leads: %s", leadership.holder)
            jobs.reopen_requests(place.database)

    def led(job: Callable[[Workplace], object]) -> Callable[[], None]:
        def work() -> None:
            if leadership.held:
                _survive(job.__name__, lambda: job(place))

        return work

    _survive("lead", lead)
    for name, work, seconds in (
        ("lead", lambda: _survive("lead", lead), RENEW_SECONDS),
        ("run_requested", led(jobs.run_requested), REQUEST_SECONDS),
        ("rehearse_requested", led(jobs.rehearse_requested), REHEARSE_SECONDS),
        ("reconcile_requested", led(reconcile_requested), REHEARSE_SECONDS),
        ("refresh_reports", led(jobs.refresh_reports), REFRESH_SECONDS),
        ("apply_dates", led(jobs.apply_dates), DATES_SECONDS),
        ("refresh_baselines", led(jobs.refresh_baselines), BASELINE_SECONDS),
        ("watch_visitors", led(jobs.watch_visitors), WATCH_SECONDS),
        ("watch_bots", led(jobs.watch_bots), WATCH_SECONDS),
        ("watch_days", led(jobs.watch_days), WATCH_SECONDS),
        ("watch_events", led(jobs.watch_events), WATCH_SECONDS),
        ("check_health", led(jobs.check_health), HEALTH_SECONDS),
        ("pull_due", led(jobs.pull_due), PULL_SECONDS),
        ("tend_lake", led(tend_lake), TEND_SECONDS),
        ("erase_requested", led(erase_requested), ERASE_SECONDS),
        ("forget_variants", led(jobs.forget_variants), FORGET_SECONDS),
        ("forget_orders", led(forget_orders), FORGET_SECONDS),
    ):
        scheduler.add_job(work, "interval", seconds=seconds, id=name)

    if place.shipper is not None:
        # Every node does so, whether it leads or not.
        scheduler.add_job(
            lambda: _survive("ship", lambda: jobs.ship(place)), "interval", seconds=SHIP_SECONDS, id="ship",
            executor="ship",
        )  # fmt: skip

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # From a thread of its own: a lock of the scheduler may be held where the signal struck.
        threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, name="shutdown").start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    log.info("The scheduler runs")
    scheduler.start()
    _survive("release", leadership.release)
    if place.shipper is not None:
        _survive("drain", place.shipper.drain)
    log.info("The scheduler has stopped")


def _survive(name: str, work: Callable[[], object]) -> None:
    try:
        work()
    except ProefwerkError as refusal:
        log.warning("The job '%s' will be tried again: %s", name, refusal.detail)
    except Exception:
        log.exception("The job '%s' failed and will be tried again", name)
