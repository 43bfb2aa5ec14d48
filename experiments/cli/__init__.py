"""The proefwerk command."""

from experiments.cli.main import main

__all__ = ["main"]
