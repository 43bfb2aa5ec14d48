"""What the result page shows, as plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dash_ui.calendar_records import CalendarMark
from dash_ui.look_records import EffectLooks, Looks
from dash_ui.reading_records import Coded, Difference, Unadjusted, UsedRates, Year
from dash_ui.reading_records import Range as Range
from dash_ui.way_records import Assumption, Together


@dataclass(frozen=True, slots=True)
class Arm:
    """A variant with its units; `share` as planned."""

    key: str
    name: str
    units: int
    share: float


@dataclass(frozen=True, slots=True)
class ArmValue:
    """One metric in one variant."""

    units: int | None
    mean: float | None
    std: float | None
    total: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One way of reading a comparison.

    Attributes:
        way: Code of the way, such as `single_look`.
        p_value: Its own, before any correction; `None` of a posterior.
        probability_better: Posterior chance that the variant's value is higher.
        promise: Code of what holds of its false alarms.
        assumes: Codes of what it takes for granted.
        level: Of its interval: 0.05 for one of 95 %.
    """

    way: str
    method: str
    absolute: Range
    relative: Range
    p_value: float | None
    probability_better: float | None
    promise: str
    assumes: tuple[str, ...]
    level: float
    preliminary: bool = False
    undetermined: str | None = None
    undetermined_code: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """A treatment against the control on one metric.

    Attributes:
        role: `primary`, `guardrail` or `secondary`.
        kind: Kind of the metric, such as `proportion`.
        direction: `increase` or `decrease`: which way is good.
        unit: Currency code or other unit of the metric.
        verdict: `better`, `worse`, `within_limit`, `no_difference`, `unclear` or `undetermined`, by benefit.
        limit: The relative effect at which a guardrail fails, with its sign; `None` without a margin.
        undetermined: Why there is no interval, in an English sentence; `undetermined_code` names it.
        covariates: Codes of what the numbers are adjusted for.
        looks: At the planned looks; `None` for a plan without.
        level: Of the interval, 0.05 for one of 95 %; `None` in reports that do not tell.
        readings: The way that decides, then all other ways; none in reports of before they were computed.
        yearly: What the difference comes to in a year, in money or as a count; `None` where it is no amount.
        unadjusted: Without covariates; `None` where there are none or it cannot be given.
        reasons: The parts of `method_reason`; none in reports that have the sentence only.
        cap: Most that a shopper counts for; `None` without a cap.
    """

    metric: str
    metric_name: str
    role: str
    kind: str
    direction: str
    unit: str | None
    variant: str
    variant_name: str
    control_name: str
    control_value: ArmValue
    variant_value: ArmValue
    absolute: Range
    relative: Range
    p_value: float | None
    alpha: float
    significant: bool
    method: str
    method_reason: str
    adjustment: str
    variance_reduction: float | None
    verdict: str
    limit: float | None = None
    undetermined: str | None = None
    undetermined_code: str | None = None
    covariates: tuple[str, ...] = ()
    looks: EffectLooks | None = None
    level: float | None = None
    readings: tuple[Reading, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    yearly: Range | None = None
    unadjusted: Unadjusted | None = None
    reasons: tuple[Coded, ...] = ()
    cap: float | None = None

    @property
    def gain(self) -> int:
        """1 when more is good, -1 when less is."""
        return -1 if self.direction == "decrease" else 1


@dataclass(frozen=True, slots=True)
class Check:
    """One finding about the data itself.

    Attributes:
        status: `ok`, `warning` or `failed`.
        code: Stable name of the finding.
        detail: One English sentence.
        numbers: What else the check reports, such as `units`, `share` or `origin`.
    """

    name: str
    status: str
    code: str
    detail: str
    p_value: float | None = None
    method: str | None = None
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """Units against the plan; `days_left` is `None` when it cannot be told."""

    units: int
    planned_units: int | None
    share: float | None
    days_left: float | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the decision is what it is: a code with its numbers, and the English sentence."""

    sentence: str
    code: str | None = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExposurePoint:
    """How many units a variant had by a moment."""

    moment: datetime
    variant: str
    units: int


@dataclass(frozen=True, slots=True)
class EvidencePoint:
    """What one kept report said about a treatment on a metric, relative."""

    moment: datetime
    relative: Range
    significant: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the shoppers, with the effects on the primary metrics."""

    name: str
    value: str
    units: int
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Whether an effect changes with the days since exposure.

    Attributes:
        direction: `fades` or `grows` where that is shown, else `None`.
        p_value: Of no change; `None` where it cannot be said.
    """

    metric_name: str
    variant_name: str
    direction: str | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Cuts:
    """Effects by days since exposure and by its date.

    Attributes:
        ages: A segment per span of days; its value is the span, such as `2–3`.
        dates: One per cohort; its value is the first date.
        changes: One per primary metric and treatment.
        limits: Half-widths of the two axes, relative.
        step: Days of first exposure that go together in a cohort.
    """

    ages: tuple[Segment, ...]
    dates: tuple[Segment, ...]
    changes: tuple[Change, ...]
    limits: tuple[float, float]
    step: int = 1


@dataclass(frozen=True, slots=True)
class Entered:
    """The shoppers who reached the trigger, who decide where one is declared.

    Attributes:
        event: Name of the trigger.
        units: How many reached it.
        share: Of those exposed; `None` without any.
        withdrawn: Whether the variant has a part in who reached it, so that nothing is read.
        effects: On what they did from then on.
        everybody: The same effects spread over all who were exposed, relative, in their order.
    """

    event: str
    units: int
    share: float | None
    withdrawn: bool
    effects: tuple[Effect, ...]
    everybody: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report, read.

    Attributes:
        headline: `better`, `worse`, `no_difference`, `unclear`, `collecting` or `distrust`.
        featured: The effect that the headline is about.
        forest: Half-width of the scorecard's common axis, relative.
        looks: The planned looks; `None` for a plan without.
        grown_at: When the split grew within the phase.
        entered: The shoppers who reached the trigger; `None` without one.
        cuts: Over time; `None` in reports of before that was computed.
        year: What a year is taken to bring, of those who decide.
        changes: What would change the verdict, the most telling first.
        differences: Whether effects differ within segments.
        maturity: Share of the shoppers whose window has closed, by metric that has one.
        rates: Exchange rates that the money rests on; `None` where none were needed.
    """

    id: str
    as_of: datetime
    alpha: float
    method: str
    plan_hash: str | None
    data_hash: str | None
    arms: tuple[Arm, ...]
    health: tuple[Check, ...]
    effects: tuple[Effect, ...]
    segments: tuple[Segment, ...]
    exposures: tuple[ExposurePoint, ...]
    progress: Progress
    headline: str
    featured: Effect | None
    reasons: tuple[Reason, ...]
    forest: float
    looks: Looks | None = None
    grown_at: tuple[datetime, ...] = ()
    entered: Entered | None = None
    cuts: Cuts | None = None
    year: Year | None = None
    changes: tuple[Coded, ...] = ()
    differences: tuple[Difference, ...] = ()
    maturity: dict[str, float] = field(default_factory=dict)
    rates: UsedRates | None = None

    @property
    def failed(self) -> tuple[Check, ...]:
        """The health checks that failed."""
        return tuple(check for check in self.health if check.status == "failed")

    @property
    def known(self) -> float | None:
        """Share of the shoppers whose windows have all closed; `None` where no metric has a window."""
        return min(self.maturity.values(), default=None)

    @property
    def units(self) -> int:
        """Exposed units over all arms."""
        return sum(arm.units for arm in self.arms)

    @property
    def treatments(self) -> tuple[Arm, ...]:
        """All arms but the control, which comes first."""
        return self.arms[1:]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """An entry of the journal.

    Attributes:
        text: As it was stored; English unless a person wrote it.
        data: What it tells, by `kind`; `None` in entries of before that was kept.
        id: Its number; 0 where it is not stored.
    """

    moment: datetime
    actor: str
    kind: str
    text: str
    data: dict[str, Any] | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment as its result page shows it.

    Attributes:
        document: Its whole definition in the contract's shape.
        metric_names: Names of the metrics by key.
        decision: `ship`, `rollback` or `inconclusive` once decided, with its variant and note.
        children: Keys of the experiments that refine it.
    """

    key: str
    name: str
    hypothesis: str
    surface: str
    status: str
    owner: str
    version: int
    plan_hash: str | None
    created_at: datetime | None
    started_at: datetime | None
    stopped_at: datetime | None
    document: dict[str, Any]
    metric_names: dict[str, str]
    decision: str | None = None
    decision_variant: str | None = None
    decision_note: str | None = None
    parent: str | None = None
    children: tuple[str, ...] = ()

    @property
    def variants(self) -> tuple[tuple[str, str], ...]:
        """Key and name of every variant, the control first."""
        return tuple((each["key"], each.get("name") or each["key"]) for each in self.document["variants"])

    @property
    def is_holdout(self) -> bool:
        """Whether it measures what all other experiments bring."""
        return bool(self.document.get("role") == "holdout")

    def variant_name(self, key: str | None) -> str:
        """What people call a variant."""
        return dict(self.variants).get(key or "", key or "")


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that a result page shows at once.

    Attributes:
        report: The newest report; `None` before a first one.
        evidence: How `evidence_of` narrowed over all kept reports, oldest first.
        band: Half-width of the evidence chart's axis, relative.
        stamp: Changes whenever something on the page does.
        together: What holds over all running experiments; `None` where this one has no part in that.
        calendar: What the shop's calendar holds from the start on.
    """

    experiment: Experiment
    report: Report | None
    evidence_of: Effect | None
    evidence: tuple[EvidencePoint, ...]
    band: float
    journal: tuple[JournalLine, ...]
    stamp: str
    together: Together | None = None
    calendar: tuple[CalendarMark, ...] = ()
