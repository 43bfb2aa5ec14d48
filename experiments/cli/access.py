"""Commands for who may come in: API keys and people."""

from __future__ import annotations

import sys

import click

from assignment.errors import ProefwerkError
from experiments.auth import Actor, KeyKind, Role
from experiments.cli.context import ready_database
from experiments.service.keys import create_key, list_keys, revoke_key
from experiments.service.people import create_user

OPERATOR = Actor("system", "command line", Role.ADMIN)


@click.group()
def keys() -> None:
    """API keys."""


@keys.command("create")
@click.option("--kind", type=click.Choice([kind.value for kind in KeyKind]), required=True)
@click.option("--name", default="", help="What the key is for.")
def create(kind: str, name: str) -> None:
    """Make a key; its text is shown once."""
    _, database = ready_database()
    with database.session() as session:
        key, text = create_key(session, kind, name, OPERATOR)
    click.echo(text)
    click.echo(f"Key {key.id} ({kind}). Keep this text: it is not shown again.", err=True)


@keys.command("list")
def show() -> None:
    """List keys, without their texts."""
    _, database = ready_database()
    with database.reading() as session:
        found = list_keys(session)
    click.echo(f"{'ID':>4}  {'KIND':8}{'ENDS IN':9}{'CREATED':18}{'STATE':10}NAME")
    for key in found:
        state = "revoked" if key.revoked_at else "active"
        created = f"{key.created_at:%Y-%m-%d %H:%M}"
        click.echo(f"{key.id:>4}  {key.kind:8}{key.hint:9}{created:18}{state:10}{key.name}")


@keys.command("revoke")
@click.argument("ident", metavar="ID", type=int)
def revoke(ident: int) -> None:
    """End a key, by the number that `keys list` shows."""
    _, database = ready_database()
    with database.session() as session:
        revoke_key(session, ident, OPERATOR)
    click.echo(f"Key {ident} is revoked.")


@click.group()
def users() -> None:
    """People who may sign in."""


@users.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", default="", help="How the screens call this person.")
def add(email: str, role: str, name: str) -> None:
    """Make a person; the password comes from a prompt, or from standard input."""
    _, database = ready_database()
    with database.session() as session:
        create_user(session, email, role, _password(), OPERATOR, name=name)
    click.echo(f"{email} may sign in as {role}.")


def _password() -> str:
    if sys.stdin.isatty():
        text: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return text
    text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise ProefwerkError(422, "invalid", "No password came from standard input.")
    return text
