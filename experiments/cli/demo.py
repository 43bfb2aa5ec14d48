"""The demo: the platform on a folder of its own, beside a small shop with simulated shoppers."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import click

from experiments.cli.context import load_settings, prepare, set_environment
from experiments.cli.serve import refuse_a_taken_port, scheduler_and_web
from experiments.cli.supervise import Child, Supervisor

HOME = "./var/demo"
USER = "demo@example.org"
SHOP_PORT = 8001


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the platform.")
@click.option("--shop-port", type=click.IntRange(1, 65535), default=SHOP_PORT, show_default=True)
def demo(port: int | None, shop_port: int) -> None:
    """Run the platform with a demo shop, its experiments and simulated shoppers."""
    if not {"PROEFWERK_HOME", "PROEFWERK_HOME_FILE"} & set(os.environ):
        os.environ["PROEFWERK_HOME"] = HOME
    login = access(load_settings(port=port).home)
    set_environment({f"PROEFWERK_BOOTSTRAP_{name}": value for name, value in login.items()})
    settings = load_settings()
    refuse_a_taken_port(settings.host, settings.port)
    refuse_a_taken_port(settings.host, shop_port)
    prepare(settings)
    address = f"http://{settings.host}:{settings.port}"
    click.echo(f"Shop:     http://{settings.host}:{shop_port}/\nScreens:  {address}/ui/")
    click.echo(f"Login:    {login['USER']}\nPassword: {login['PASSWORD']}")
    sys.stdout.flush()
    arguments = ["-m", "assignment.demo", "--url", address, "--port", str(shop_port)]
    for kind in ("admin", "server", "client"):
        arguments += [f"--{kind}-key", login[f"{kind.upper()}_KEY"]]
    children = scheduler_and_web(settings)
    children.append(Child("demo shop", tuple(arguments)))
    raise SystemExit(Supervisor(children).run())


def access(home: Path) -> dict[str, str]:
    """Keys and login of this demo folder, the same again at the next start, unless they are set."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "demo-access"
    if not path.exists():
        names = ("ADMIN_KEY", "SERVER_KEY", "CLIENT_KEY", "PASSWORD")
        lines = [f"{name}={secrets.token_urlsafe(18)}" for name in names]
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join([*lines, f"USER={USER}"]))
    pairs = (line.partition("=") for line in path.read_text().splitlines())
    kept = {name: value for name, _, value in pairs}
    return {name: os.environ.get(f"PROEFWERK_BOOTSTRAP_{name}") or value for name, value in kept.items()}
