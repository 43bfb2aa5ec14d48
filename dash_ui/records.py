"""What the screens show, as plain frozen records; the gateway fills them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dash_ui.metric_records import MetricUse

ROLES: tuple[str, ...] = ("analyst", "marketer", "admin")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may use the screens.

    Attributes:
        id: Number of the person.
        role: `analyst` reads, `marketer` also defines and decides, `admin` also manages keys and people.
        stamp: Changes with the password and the role, and so ends older sessions.
        language: Of their screens, as they chose it; `None` follows the browser.
        theme: `light` or `dark` as they chose it; `None` follows the system.
        signed_in_at: When they last signed in.
    """

    id: int
    email: str
    name: str
    role: str
    active: bool = True
    stamp: str = ""
    language: str | None = None
    theme: str | None = None
    signed_in_at: datetime | None = None

    def may(self, role: str) -> bool:
        """Whether this person has at least this role."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        words = (self.name or self.email.split("@")[0]).replace(".", " ").split()
        letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else "".join(words)[:2]
        return letters.upper() or "?"


@dataclass(frozen=True, slots=True)
class Lift:
    """A relative difference against the control; `good` is `None` while unclear."""

    estimate: float
    lower: float | None
    upper: float | None
    good: bool | None


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """One line of the list.

    Attributes:
        phase: `ready`, `attention`, `running`, `scheduled`, `paused`, `draft`, `stopped` or `archived`.
        units: Exposed units in the newest report; `None` without one.
        health: `ok`, `warning`, `failed`, or `None` before a first report.
        health_code: The worst finding, such as `srm`.
        days: Days since the start, up to the stop.
    """

    key: str
    name: str
    surface: str
    status: str
    phase: str
    units: int | None
    lift: Lift | None
    health: str | None
    health_code: str | None
    days: int | None
    owner: str
    parent: str | None = None
    variants: int = 2


@dataclass(frozen=True, slots=True)
class Counts:
    """The four figures above the list."""

    total: int
    running: int
    ready: int
    units: int
    attention: int


@dataclass(frozen=True, slots=True)
class ExperimentPage:
    """A page of the list, with how many rows match in all."""

    rows: tuple[ExperimentRow, ...]
    matching: int
    page: int
    pages: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field, in words; `field` is a dotted path, empty for the whole."""

    field: str
    message: str


class Refused(Exception):  # noqa: N818
    """The rules did not allow something; pages show `detail` and `fields` as text.

    Attributes:
        status: HTTP status that fits, such as 404 or 409.
        code: Stable name of the reason.
        detail: One sentence for people.
        fields: The fields concerned, if any.
    """

    def __init__(self, status: int, code: str, detail: str, fields: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as it stands, `document` being its whole definition.

    Attributes:
        used_by: How many experiments name it.
        uses: These experiments.
        certified_by: Name, or else the address, of who stands for the definition.
        archived: Whether it is no longer offered.
        changed_at: When its definition last changed.
        changed_by: Who changed it; empty where nobody is on record.
    """

    key: str
    name: str
    kind: str
    direction: str
    unit: str | None
    document: dict[str, Any] = field(default_factory=dict)
    used_by: int = 0
    uses: tuple[MetricUse, ...] = ()
    certified_by: str | None = None
    archived: bool = False
    changed_at: datetime | None = None
    changed_by: str = ""

    @property
    def held_by(self) -> tuple[MetricUse, ...]:
        """Experiments because of which it may not change its meaning."""
        return tuple(use for use in self.uses if use.holds)


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """An API key, without its secret.

    Attributes:
        kind: `client`, `server` or `admin`.
        hint: Last characters of the key, enough to recognise it.
        created_by: Name, or else the address, of who made it.
        last_used_at: To the hour; known of keys for management only.
        replaced_by: Number of the key to use instead.
    """

    id: int
    name: str
    kind: str
    hint: str
    created_at: datetime | None
    revoked_at: datetime | None
    created_by: str = ""
    last_used_at: datetime | None = None
    replaced_by: int | None = None


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest lift and drop that so many weeks show; `None` where they show none."""

    weeks: int
    increase: float | None
    decrease: float | None


@dataclass(frozen=True, slots=True)
class TooSmall:
    """What a plan would need that takes too long.

    Attributes:
        most: What the longest time that makes sense can show.
        daily_needed: Shoppers per day that would do.
        methods: Methods that would do, with their weeks.
        metrics: Names of metrics that would do, with their weeks.
    """

    most: Detectable
    daily_needed: int
    methods: tuple[tuple[str, int], ...]
    metrics: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SizeEstimate:
    """How many units and days a plan takes; `reason` says why it cannot be told.

    Attributes:
        units: Over all variants, in the worst case.
        per_variant: In the order of the variants.
        days: Whole days at the given traffic; `None` without traffic.
        expected_days: Mean days until the end when the effect is as planned; `None` without traffic.
        expected_days_without: The same when there is no effect.
        window_days: Days from a shopper's start until the outcome is complete; 0 where it is at once.
        explained: Share of the variance that covariates take.
        approximate: Whether a few large or rare values decide.
        detectable: What some weeks can show.
        too_small: What would be needed, where the plan takes too long.
    """

    units: int | None
    per_variant: tuple[int, ...] = ()
    days: int | None = None
    expected_days: int | None = None
    expected_days_without: int | None = None
    window_days: int = 0
    explained: float = 0.0
    approximate: bool = False
    detectable: tuple[Detectable, ...] = ()
    too_small: TooSmall | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How many shoppers an audience has.

    Attributes:
        units: Shoppers a week, or so far while `weeks` is 0; `None` where that cannot be told.
        lower: Lower end of the interval of `units`.
        upper: Upper end.
        share: Share of all shoppers.
        part: Shoppers a week who take part, after traffic, layer and holdout.
        factor: Share that these leave.
        sample: Shoppers that it rests on.
        of: Shoppers who were seen.
        weeks: Whole weeks in which they were seen.
        until: End of these; `None` before anyone was seen.
        code: Why it cannot be told: `no_events`, `attribute_unseen`; `None` where it can.
        unseen: Properties that no shopper had.
        seen: Properties that shoppers had, each with its frequent values.
    """

    units: int | None
    lower: int | None
    upper: int | None
    share: float | None
    part: int | None
    factor: float
    sample: int
    of: int
    weeks: int
    until: datetime | None
    code: str | None
    unseen: tuple[str, ...]
    seen: dict[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a metric was lately.

    Attributes:
        mean: Per shopper; a share for proportions.
        std: Standard deviation of one shopper's value.
        experiment: Name of the experiment whose control it is; `None` where it comes from the shop's events.
        units: Shoppers that it rests on.
        since: Start of their period; `None` for an experiment.
        until: End of their period.
        daily: New shoppers per day in that time.
    """

    mean: float
    std: float
    experiment: str | None
    units: int
    since: datetime | None
    until: datetime
    daily: float | None
