"""Management of definitions over HTTP."""

from experiments.api.register import register

__all__ = ["register"]
