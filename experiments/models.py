"""Every table of the control database; tables only store, forms validate."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index, MetaData, Text, UniqueConstraint
from sqlmodel import Field, Relationship, SQLModel

from experiments.db import UtcDateTime, utc_now

SCHEDULER_LEASE = "scheduler"
"""Name of the lease that the leading scheduler holds."""


class Table(SQLModel):
    """Base of the tables, with names for constraints that migrations can refer to."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class JournalKind(StrEnum):
    """What an entry of an experiment's journal tells."""

    PLAN = "plan"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EDIT = "edit"
    DEVIATION = "deviation"
    COMMENT = "comment"
    DECISION = "decision"
    PHASE = "phase"
    REFINE = "refine"
    ARCHIVE = "archive"


def _document(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(JSON(none_as_null=True), nullable=nullable))


def _moment(*, nullable: bool = False, index: bool = False) -> Any:
    column: Column[datetime] = Column(UtcDateTime(), nullable=nullable, index=index)
    return (
        Field(default=None, sa_column=column)
        if nullable
        else Field(default_factory=utc_now, sa_column=column)
    )


class Metric(Table, table=True):
    """A metric; `definition` is its form as JSON, and who certified it stands for that definition."""

    __tablename__ = "metrics"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=63)
    definition: dict[str, Any] = _document()
    created_at: datetime = _moment()
    updated_at: datetime = _moment()
    certified_by: str | None = Field(default=None, max_length=254)
    archived_at: datetime | None = _moment(nullable=True)


class Variant(Table, table=True):
    """One variant of an experiment; the one at position 0 is the control."""

    __tablename__ = "variants"
    __table_args__ = (
        UniqueConstraint("experiment_id", "key"),
        UniqueConstraint("experiment_id", "position"),
    )

    id: int | None = Field(default=None, primary_key=True)
    experiment_id: int = Field(foreign_key="experiments.id", ondelete="CASCADE")
    position: int
    key: str = Field(max_length=63)
    name: str = Field(max_length=200)
    weight: float
    payload: dict[str, Any] = _document()


class Phase(Table, table=True):
    """A time in which an experiment divided shoppers under one seed.

    Attributes:
        version: From 1; the seed of the randomisation follows from it.
        splits: How shoppers were divided, from the moment on that each names; see `experiments.phases`.
        frozen_plan: Canonical JSON of what was registered when it began; its SHA-256 is `plan_hash`.
    """

    __tablename__ = "phases"
    __table_args__ = (UniqueConstraint("experiment_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    experiment_id: int = Field(foreign_key="experiments.id", ondelete="CASCADE")
    version: int
    started_at: datetime = _moment()
    ended_at: datetime | None = _moment(nullable=True)
    splits: list[dict[str, Any]] = _document()
    frozen_plan: str = Field(sa_column=Column(Text, nullable=False))
    plan_hash: str = Field(max_length=64)
    opened_by: str = Field(max_length=254)
    reason: str = Field(sa_column=Column(Text, nullable=False))


class Experiment(Table, table=True):
    """An experiment; its variants and phases are rows of their own.

    Attributes:
        prerequisites: Other experiments with the variants that let take part in this one; `None` for none.
        role: `experiment` or `holdout`.
        holdout: Key of the holdout that it belongs to; `False` for none; `None` for the one at its start.
        preview_url: Page of the shop where its variants can be looked at.
        roles: Metric keys by role, as in the contract's `metrics`.
        plan: How the evidence is read, as in the contract's `plan`.
        trigger: The event that units must reach to be read; `None` for none.
        version: Phase of the randomisation; a new one has a new seed.
        slots: Which part of the hash goes to which variant, as [place, start, end], once a variant grew.
        frozen_plan: Canonical JSON of what was registered at the start; its SHA-256 is `plan_hash`.
        decision: `ship`, `rollback` or `inconclusive` once decided; `decision_variant` is what shipped.
    """

    __tablename__ = "experiments"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=63)
    name: str = Field(max_length=200)
    hypothesis: str = Field(sa_column=Column(Text, nullable=False))
    surface: str = Field(max_length=40)
    placement: str = Field(max_length=200)
    hash_attribute: str = Field(max_length=100)
    fallback_attribute: str | None = Field(default=None, max_length=100)
    traffic: float
    audience: dict[str, Any] = _document()
    layer_name: str | None = Field(default=None, max_length=63, index=True)
    layer_from: float | None = None
    layer_to: float | None = None
    prerequisites: list[dict[str, Any]] | None = _document(nullable=True)
    role: str = Field(default="experiment", max_length=20, sa_column_kwargs={"server_default": "experiment"})
    holdout: Any = _document(nullable=True)
    preview_url: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    roles: dict[str, Any] = _document()
    plan: dict[str, Any] = _document()
    trigger: dict[str, Any] | None = _document(nullable=True)
    segments: list[str] = _document()
    parent: str | None = Field(default=None, max_length=63, foreign_key="experiments.key")
    start_at: datetime | None = _moment(nullable=True)
    end_at: datetime | None = _moment(nullable=True)
    status: str = Field(default="draft", max_length=20, index=True)
    version: int = 1
    slots: list[list[float]] | None = _document(nullable=True)
    owner: str = Field(max_length=254)
    created_at: datetime = _moment()
    updated_at: datetime = _moment()
    started_at: datetime | None = _moment(nullable=True)
    stopped_at: datetime | None = _moment(nullable=True)
    frozen_plan: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    plan_hash: str | None = Field(default=None, max_length=64)
    decision: str | None = Field(default=None, max_length=20)
    decision_variant: str | None = Field(default=None, max_length=63)
    decision_note: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    variants: list[Variant] = Relationship(
        cascade_delete=True,
        passive_deletes=True,
        sa_relationship_kwargs={"lazy": "selectin", "order_by": "Variant.position"},
    )
    phases: list[Phase] = Relationship(
        cascade_delete=True,
        passive_deletes=True,
        sa_relationship_kwargs={"lazy": "selectin", "order_by": "Phase.version"},
    )


class JournalEntry(Table, table=True):
    """Something worth remembering about an experiment, in words, with the data behind it."""

    __tablename__ = "journal"

    id: int | None = Field(default=None, primary_key=True)
    experiment_key: str = Field(foreign_key="experiments.key", max_length=63, index=True)
    at: datetime = _moment()
    actor: str = Field(max_length=254)
    kind: str = Field(max_length=20)
    text: str = Field(sa_column=Column(Text, nullable=False))
    data: dict[str, Any] | None = _document(nullable=True)


class AuditEntry(Table, table=True):
    """One change by one actor, with the object before and after."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _moment(index=True)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=254)
    action: str = Field(max_length=40)
    object_kind: str = Field(max_length=40)
    object_key: str = Field(max_length=254, index=True)
    before: dict[str, Any] | None = _document(nullable=True)
    after: dict[str, Any] | None = _document(nullable=True)


class User(Table, table=True):
    """A person who may sign in; `email` is in lower case.

    Attributes:
        language: Of their screens, as they chose it; `None` follows the browser.
        theme: `light` or `dark`, as they chose it; `None` follows the system.
        sessions: Grows whenever what they may do changes, which ends the sessions of before.
    """

    __tablename__ = "users"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True, max_length=254)
    name: str = Field(default="", max_length=200)
    role: str = Field(max_length=20)
    password_hash: str = Field(max_length=255)
    created_at: datetime = _moment()
    disabled_at: datetime | None = _moment(nullable=True)
    language: str | None = Field(default=None, max_length=8)
    theme: str | None = Field(default=None, max_length=8)
    signed_in_at: datetime | None = _moment(nullable=True)
    sessions: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ApiKey(Table, table=True):
    """A key of a program; only the SHA-256 of its text is kept, with its last characters to know it by.

    Attributes:
        last_used_at: To the hour, of keys for management; the doors of the shop decide without the database.
        replaced_by: Number of the key that programs are to use instead.
    """

    __tablename__ = "api_keys"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    kind: str = Field(max_length=20)
    digest: str = Field(unique=True, max_length=64)
    hint: str = Field(max_length=20)
    created_by: str = Field(max_length=254)
    created_at: datetime = _moment()
    revoked_at: datetime | None = _moment(nullable=True)
    last_used_at: datetime | None = _moment(nullable=True)
    replaced_by: int | None = None


class PublishedSnapshot(Table, table=True):
    """What web workers decide by; the newest row counts."""

    __tablename__ = "snapshots"

    id: int | None = Field(default=None, primary_key=True)
    revision: str = Field(max_length=64)
    document: str = Field(sa_column=Column(Text, nullable=False))
    published_at: datetime = _moment()


class Report(Table, table=True):
    """A report as it was made; `body` is the contract's JSON and never changes."""

    __tablename__ = "reports"
    __table_args__ = (Index(None, "experiment_key", "as_of"),)

    id: str = Field(primary_key=True, max_length=64)
    experiment_key: str = Field(foreign_key="experiments.key", max_length=63)
    as_of: datetime = _moment()
    created_at: datetime = _moment()
    body: str = Field(sa_column=Column(Text, nullable=False))
    plan_hash: str | None = Field(default=None, max_length=64)
    data_hash: str = Field(max_length=64)


class ReportDigest(Table, table=True):
    """What lists and curves need of a report, apart from its body, which is large; it never changes."""

    __tablename__ = "report_digests"

    report_id: str = Field(primary_key=True, foreign_key="reports.id", max_length=64)
    body: str = Field(sa_column=Column(Text, nullable=False))


class AnalysisRequest(Table, table=True):
    """Somebody waits for an analysis; the scheduler takes it, then sets `report_id` or `error`."""

    __tablename__ = "analysis_requests"

    id: int | None = Field(default=None, primary_key=True)
    experiment_key: str = Field(foreign_key="experiments.key", max_length=63)
    requested_at: datetime = _moment()
    started_at: datetime | None = _moment(nullable=True)
    finished_at: datetime | None = _moment(nullable=True, index=True)
    report_id: str | None = Field(default=None, max_length=64)
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class MetricBaseline(Table, table=True):
    """What a metric was like lately, as the scheduler found it for planners to read.

    Attributes:
        definition_hash: SHA-256 of the definition that it was computed for.
        as_of: Events until then count.
        body: The baseline; `None` where the shop's events show none.
    """

    __tablename__ = "baselines"

    metric_key: str = Field(primary_key=True, max_length=63)
    definition_hash: str = Field(max_length=64)
    as_of: datetime = _moment()
    body: dict[str, Any] | None = _document(nullable=True)


class BotVerdict(Table, table=True):
    """What somebody said of a unit, a rule or the limit of behaviour; it holds until it is taken back."""

    __tablename__ = "bot_verdicts"

    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(max_length=10)
    key: str = Field(max_length=200)
    says: str | None = Field(default=None, max_length=10)
    events_per_hour: int | None = None
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    actor: str = Field(max_length=254)
    created_at: datetime = _moment()
    ended_at: datetime | None = _moment(nullable=True)


class Observation(Table, table=True):
    """What the scheduler saw in the events lately, as JSON, for web workers, which never open the lake."""

    __tablename__ = "observations"

    name: str = Field(primary_key=True, max_length=120)
    as_of: datetime = _moment()
    body: str = Field(sa_column=Column(Text, nullable=False))


class Rehearsal(Table, table=True):
    """Somebody wants a reading rehearsed on its own units; the scheduler sets `body` or `error`."""

    __tablename__ = "rehearsals"

    id: int | None = Field(default=None, primary_key=True)
    experiment_key: str = Field(foreign_key="experiments.key", max_length=63, index=True)
    requested_at: datetime = _moment()
    started_at: datetime | None = _moment(nullable=True)
    finished_at: datetime | None = _moment(nullable=True)
    body: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class StickyAssignment(Table, table=True):
    """The variant that a unit keeps in one phase of an experiment; written once, never changed."""

    __tablename__ = "sticky_assignments"

    unit: str = Field(primary_key=True, max_length=200)
    experiment_key: str = Field(primary_key=True, max_length=63, index=True)
    version: int = Field(primary_key=True)
    variant: str = Field(max_length=63)
    at: datetime = _moment()


class Lease(Table, table=True):
    """Who leads; whoever finds it expired may take it."""

    __tablename__ = "leases"

    name: str = Field(primary_key=True, max_length=40)
    holder: str = Field(max_length=200)
    expires_at: datetime = _moment()
