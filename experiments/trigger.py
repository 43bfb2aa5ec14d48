"""What an experiment says of its trigger: the event from which on the variants can differ at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from experiments.form import FieldValueError, Form
from experiments.plan import Method

if TYPE_CHECKING:
    from experiments.forms import ExperimentForm


class TriggerForm(Form):
    """An event, such as opening the cart; before it, every variant is the same to a shopper."""

    event: Annotated[
        str,
        Field(min_length=1, max_length=100, description="Name of the event that all variants send alike."),
    ]


Trigger = Annotated[
    TriggerForm | None,
    Field(description="Only units that reach this event after exposure decide; null: all units do."),
]


def check_trigger(form: ExperimentForm) -> None:
    """Refuses a trigger where the reading has no moment for it.

    Raises:
        FieldValueError: Naming the field.
    """
    if form.trigger is None:
        return
    if form.plan.method is Method.GROUP_SEQUENTIAL and form.plan.looks is not None:
        raise FieldValueError(
            ("trigger",),
            "planned looks are due by exposures, not by units that reached a trigger; "
            "plan 'sequential' or 'fixed', or leave 'looks' out",
        )
