"""Results of an analysis as small immutable records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its bounds, each `None` when it cannot be given and infinite when there is none.

    Attributes:
        estimate: Point estimate, in the unit of the quantity.
        lower: Lower bound; `-inf` for an unbounded side.
        upper: Upper bound; `inf` for an unbounded side.
    """

    estimate: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Undetermined:
    """Why a number cannot be given, with what is still needed.

    Attributes:
        code: Stable name of the reason, such as `too_few_events`.
        reason: One English sentence for people, numbers included.
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Because:
    """Part of why a method was chosen.

    Attributes:
        code: Stable name, such as `one_look`.
        sentence: The same in English for people, numbers included.
        numbers: What stands in the sentence, by name.
    """

    code: str
    sentence: str
    numbers: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A treatment against the control on one metric.

    Attributes:
        absolute: Treatment minus control, in the metric's unit.
        relative: (treatment - control) / control, as a fraction.
        p_value: For no difference, valid in the sense of `method`, adjusted as `adjustment` says.
        significant: Whether the adjusted interval excludes zero, which is when `p_value <= alpha`.
        method: Stable name of the method that gave the numbers.
        method_reason: Why this method was chosen, in English sentences.
        adjustment: Stable name of the correction for many comparisons, `none` without one.
        variance_reduction: Share of the variance removed by covariates, 0 to 1.
        undetermined: Why interval and p-value are missing; `None` when they are given.
        probability_better: Posterior chance that the treatment's metric is higher; Bayesian reading only.
        expected_loss: Posterior mean of what choosing the treatment gives away, in the metric's unit.
        level: Two-sided level of the intervals.
        own_p_value: Before any correction for many comparisons; at most `level` exactly when `significant`.
        at_planned_size: Read when the planned size was reached, not from the newest numbers.
        preliminary: Read before the single planned look; not to be decided upon.
        covariates: Columns at which the covariates begin that the numbers are adjusted for.
        because: The parts of `method_reason`; none where nothing could be read.
    """

    absolute: Interval
    relative: Interval
    p_value: float | None
    significant: bool
    method: str
    method_reason: str
    adjustment: str
    variance_reduction: float
    undetermined: Undetermined | None
    probability_better: float | None = None
    expected_loss: float | None = None
    level: float = 0.05
    own_p_value: float | None = None
    at_planned_size: bool = False
    preliminary: bool = False
    covariates: tuple[str, ...] = ()
    because: tuple[Because, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One finding about the data itself.

    Attributes:
        status: `ok`, `warning` or `failed`.
        code: Stable name of the finding.
        detail: One English sentence, numbers included.
        p_value: Sequential p-value where the check is a test.
        method: Stable name of the test where there is one.
    """

    status: str
    code: str
    detail: str
    p_value: float | None = None
    method: str | None = None
