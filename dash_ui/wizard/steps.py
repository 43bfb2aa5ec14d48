"""The steps in their order."""

from __future__ import annotations

from dash_ui.wizard import duration, idea, measures, review, traffic, variants, who
from dash_ui.wizard.state import Step

STEPS: tuple[Step, ...] = (
    idea.STEP,
    variants.STEP,
    who.STEP,
    traffic.STEP,
    measures.STEP,
    duration.STEP,
    review.STEP,
)
CODES: tuple[str, ...] = tuple(step.code for step in STEPS)


def step_of(code: str) -> Step:
    """The step with this code; the first for an unknown one."""
    return next((step for step in STEPS if step.code == code), STEPS[0])
