"""Runs the demo against a platform: its experiments, its shop, its shoppers."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType

import click
from werkzeug.serving import BaseWSGIServer, make_server

from assignment.demo.arrange import arrange
from assignment.demo.client import Client, PlatformError
from assignment.demo.shop import create_shop
from assignment.demo.shoppers import Crowd, Pace


@click.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the platform listens.")
@click.option("--admin-key", envvar="PROEFWERK_BOOTSTRAP_ADMIN_KEY", required=True)
@click.option("--server-key", envvar="PROEFWERK_BOOTSTRAP_SERVER_KEY", required=True)
@click.option("--client-key", envvar="PROEFWERK_BOOTSTRAP_CLIENT_KEY", required=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the shop listens.")
@click.option("--port", default=8001, show_default=True, help="Where the shop listens.")
@click.option("--shop-only", is_flag=True, help="No simulated shoppers.")
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.01, 100), help="Of the shoppers."
)
@click.option("--shoppers", default=None, type=click.IntRange(1), help="Stop after about this many.")
def main(
    url: str,
    admin_key: str,
    server_key: str,
    client_key: str,
    host: str,
    port: int,
    shop_only: bool,
    speed: float,
    shoppers: int | None,
) -> None:
    """A small shop with experiments of each surface and shoppers with known effects, all over HTTP."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        with Client(url, admin_key) as admin:
            for sentence in arrange(admin):
                click.echo(f"Experiment {sentence}")
        server = _serve(url, client_key, host, port)
    except (PlatformError, ConnectionError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The shop is at http://{host}:{server.server_port}/ and the results are at {url}/ui/")
    crowd = Crowd(url, server_key, Pace(Pace().rush * speed, trickle=Pace().trickle * speed), limit=shoppers)
    if not shop_only:
        crowd.start()
    _watch(crowd, stopped, endless=shop_only)
    crowd.stop()
    server.shutdown()
    if crowd.failure is not None:
        raise click.ClickException(str(crowd.failure))


def _serve(url: str, client_key: str, host: str, port: int) -> BaseWSGIServer:
    try:
        server = make_server(host, port, create_shop(url, client_key), threaded=True)
    except SystemExit as error:
        raise OSError(f"the shop cannot listen on {host}:{port}; choose another with --port") from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _watch(crowd: Crowd, stopped: threading.Event, *, endless: bool) -> None:
    """Tells how many have come, until stopped or none come any more."""
    shows = sys.stdout.isatty()
    while not stopped.wait(1.0) and (endless or crowd.wait(0)):
        if shows and crowd.arrived:
            click.echo(f"\r{crowd.arrived:,} shoppers so far", nl=False)
    if shows and crowd.arrived:
        click.echo()


if __name__ == "__main__":
    main()
