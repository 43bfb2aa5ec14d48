"""Commands that run the platform: the web workers and the scheduler, together or apart."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import sys

import click

from experiments.cli.context import load_settings, prepare, set_environment
from experiments.cli.supervise import Child, Supervisor
from experiments.lifetime import die_with_parent, let_young_children_be_stopped
from experiments.settings import Settings

BLOCKING_THREADS = 8
STREAMS = 1_000
CONNECTIONS = 1_024
FILES = 512
METRICS_FOLDER = "metrics"


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="Number of web worker processes.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Run web workers and the scheduler, supervised."""
    settings = load_settings(host=host, port=port, workers=workers)
    refuse_a_taken_port(settings.host, settings.port)
    login = prepare(settings, first_login=True)
    address = f"http://{settings.host}:{settings.port}"
    click.echo(f"Proefwerk listens on {address}\nScreens: {address}/ui/")
    if login is not None:
        click.echo(f"First login: {login.email}\nPassword:    {login.password}   (shown once)")
    sys.stdout.flush()
    raise SystemExit(Supervisor(scheduler_and_web(settings)).run())


@click.command()
def worker() -> None:
    """Run the scheduler alone: reports, health, dates."""
    die_with_parent()
    from experiments.scheduler import run

    settings = load_settings()
    prepare(settings)
    run(settings)


@click.command(hidden=True)
def web() -> None:
    """Run the web workers alone; `serve` starts this."""
    die_with_parent()
    let_young_children_be_stopped()
    settings = load_settings()
    folder = settings.home / METRICS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))
    streams = room_for_streams(STREAMS if settings.streams is None else settings.streams)
    set_environment({"PROEFWERK_STREAMS": str(streams)})
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "wsgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=BLOCKING_THREADS,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS + streams,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=10,
    ).serve()


def scheduler_and_web(settings: Settings) -> list[Child]:
    """The two processes that make up the platform on one machine."""
    shutil.rmtree(settings.home / METRICS_FOLDER, ignore_errors=True)
    return [
        Child("scheduler", ("-m", "experiments.cli", "worker")),
        Child("web", ("-m", "experiments.cli", "web")),
    ]


def refuse_a_taken_port(host: str, port: int) -> None:
    """Fail in one sentence before anything is started.

    Raises:
        click.ClickException: The address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise click.ClickException(f"Cannot listen on {host}:{port}: {reason}.") from error


def room_for_streams(wanted: int) -> int:
    """How many streams the limit on open files allows, after raising it as far as need be and may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + CONNECTIONS + FILES
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(0, min(wanted, allowed - FILES))
