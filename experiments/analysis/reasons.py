"""Why a verdict was reached, in sentences and as codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]

SENTENCES = {
    "srm_failed": "The split over the variants is not the planned one, so the numbers cannot be trusted.",
    "multiple_exposure_failed": (
        "Too many units met more than one variant, or mostly those of one variant did; those who are left "
        "cannot be compared."
    ),
    "pre_period_failed": (
        "The variants differed before exposure, so a difference now need not come from the treatment."
    ),
    "silence_failed": "One variant stopped sending events, so the numbers cannot be compared.",
    "bots_failed": (
        "More units of one variant than of another are left out as bots, so those who are left cannot be "
        "compared."
    ),
    "trigger_balance_failed": (
        "The variant has a part in who reaches the trigger, or in what was done before it, so those who "
        "reached it cannot be compared."
    ),
    "no_primary": "No primary metric is defined, so nothing can be decided.",
    "not_enough_data": "No primary metric can be judged yet: {reason}",
    "primary_better": "'{metric}' is better with {variant}.",
    "primary_worse": "'{metric}' is worse with {variant}.",
    "guardrail_worse": "Guardrail '{metric}' is worse with {variant}.",
    "guardrail_beyond_margin": (
        "Guardrail '{metric}' is worse with {variant} by more than its margin of {margin:.2%}."
    ),
    "guardrail_within": "Guardrail '{metric}' stays within its margin of {margin:.2%} with {variant}.",
    "switch_off": "Switch {variant} off: harm is shown; the other variants can go on.",
    "guardrails_hold": "No guardrail is shown to be worse with {variant}.",
    "guardrail_open": (
        "Guardrail '{metric}' is not yet shown to stay within its margin of {margin:.2%} with {variant}."
    ),
    "equivalent": "Every primary metric differs by less than {mde:.2%}, the smallest effect of interest.",
    "no_conclusion": "No primary metric is conclusive yet.",
    "single_look": "The plan is read once, at {planned:,} units; nothing is decided before.",
    "cannot_be_decided": (
        "Cannot be decided with this traffic: {days} days at this pace bring {units:,} units, which show a "
        "lift of {detectable:.2%} on '{metric}'; the smallest effect of interest is {smallest:.2%}."
    ),
    "plan_too_small": (
        "{units:,} units show a lift of {detectable:.2%} on '{metric}'; for the smallest effect of interest, "
        "{smallest:.2%}, about {needed:,} are needed."
    ),
    "needed_days": "That is about {days} more days at this pace.",
    "days_to_go": "About {days} more days at this pace to the planned {planned:,} units.",
    "planned_size_reached": (
        "The planned {planned:,} units are reached; a difference, if any, is too small for this size."
    ),
    "futility": (
        "Stopped for futility at look {look} of {looks}: it is unlikely that the rest of the plan would show "
        "an effect of the size that it was made for."
    ),
    "between_looks": (
        "{taken} of {looks} planned looks are taken; numbers in between do not decide. "
        "Look {next} is due at {units:,} units."
    ),
    "looks_cut_off": (
        "Stopped by hand after {taken} of {looks} planned looks; what came after them does not decide."
    ),
    "ended_early": (
        "The experiment ended on its date with {share:.0%} of the planned information, which made this look "
        "the last one."
    ),
    "preliminary": "Preliminary: {share:.0%} of the units have completed their window.",
}


@dataclass(slots=True)
class Reasons:
    """Collects sentences and codes side by side."""

    details: list[Document] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    def say(self, code: str, **params: object) -> None:
        """Add a reason."""
        self.details.append({"code": code, "params": params})
        self.sentences.append(SENTENCES[code].format(**params))
