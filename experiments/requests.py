"""What people send along with an action."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from experiments.form import Form
from experiments.forms import Key


class Decision(StrEnum):
    """What becomes of an experiment that stops."""

    SHIP = "ship"
    ROLLBACK = "rollback"
    INCONCLUSIVE = "inconclusive"


class StopForm(Form):
    """How an experiment ends; `variant` is what everyone gets from then on, when it ships."""

    decision: Decision
    variant: Key | None = None
    note: Annotated[str, Field(max_length=4000)] = ""


class CommentForm(Form):
    """Words for an experiment's journal."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
