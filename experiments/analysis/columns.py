"""Which numbers per unit the metrics need: outcomes within a window, and covariates from before exposure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from experiments.adjustments import adjustments
from experiments.analysis.units import microseconds
from experiments.forms import MetricForm, MetricKind, TermForm
from experiments.rates import CURRENCY

PRE_PERIOD_HOURS = 336.0
TOO_LARGE = 1e100
"""The cube of a larger value may have no finite double."""
CAPPED = ("outcome", "numerator", "covariate", "covariate_numerator")
"""Roles of the columns that a cap lowers; numbers of events and denominators stay as they are."""
PAIR = ("covariate_numerator", "covariate_denominator")
"""Roles that make one covariate together."""
_FOREVER = 10_000 * 366 * 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Term:
    """Events of one kind that are counted, or whose field is summed together with what adjusts it.

    Attributes:
        event: Name of the event; `None` is any.
        field: `value` or a property; `None` counts events.
        currency: What amounts are converted to; those in no currency count as they are, and those without
            a rate are left out. `None` takes them all as they are.
    """

    event: str | None
    field: str | None
    currency: str | None

    @property
    def adjusted_by(self) -> tuple[str, ...]:
        """Names of the events whose field is added to the term's own; none adjusts a number of events."""
        return () if self.event is None or self.field is None else adjustments(self.event)


@dataclass(frozen=True, slots=True)
class Column:
    """One number per unit in the table `outcomes`.

    Attributes:
        name: In the table; columns that hold the same have one name.
        role: In `stats.Summary`: `outcome`, `numerator`, `denominator`, `covariate`, ...
        term: Place of its term; `None` counts all events that any metric looks at.
        lower: Events count from here, microseconds after first exposure.
        upper: Up to here, inclusive.
        once: Whether any number of events counts as 1.
        cap: Largest value per unit, registered beforehand.
        whole: Whether every value is a whole number.
    """

    name: str
    role: str
    term: int | None
    lower: int
    upper: int
    once: bool
    cap: float | None
    whole: bool = False


@dataclass(slots=True)
class Program:
    """Everything that one pass over the conversions computes.

    Attributes:
        terms: Distinct terms over all metrics.
        columns: Columns by metric key.
        spans: By metric key, per span of days since first exposure, its columns in that span alone.
    """

    terms: list[Term] = field(default_factory=list)
    columns: dict[str, list[Column]] = field(default_factory=dict)
    spans: dict[str, list[list[Column]]] = field(default_factory=dict)

    def place(self, term: Term) -> int:
        """Where a term is, adding it when it is new."""
        if term not in self.terms:
            self.terms.append(term)
        return self.terms.index(term)

    def distinct(self) -> list[Column]:
        """Each column of the table `outcomes` once."""
        return list({column.name: column for each in self.columns.values() for column in each}.values())

    def in_spans(self) -> list[Column]:
        """Each column of the table `spans` once."""
        columns = (column for spans in self.spans.values() for span in spans for column in span)
        return list({column.name: column for column in columns}.values())


def program(metrics: Sequence[MetricForm], *, covariates: bool) -> Program:
    """What to compute for the metrics, with covariates where those are wanted.

    Covariates of a metric are what its unit did in as long a time before exposure as its window, and the
    events that this came from in number; and whether the unit had any history at all, for where it had none
    the others are zero for want of knowledge.
    """
    whole = Program()
    longest = max((_pre_period(metric) for metric in metrics), default=0)
    for index, metric in enumerate(metrics):
        lower, upper = _window(metric)
        parts = [(role, whole.place(term)) for role, term in _parts(metric)]
        columns = [_column(metric, index, role, place, lower, upper) for role, place in parts]
        if covariates and metric.kind != MetricKind.QUANTILE:
            before = _pre_period(metric)
            for role, place in parts:
                role = "covariate" if role == "outcome" else f"covariate_{role}"
                columns.append(_column(metric, index, role, place, -before, -1))
            if metric.kind != MetricKind.RATIO:
                place = whole.place(Term(metric.event, None, None))
                columns.append(_column(metric, index, "covariate_count", place, -before, -1))
            columns.append(_column(metric, index, "covariate_seen", None, -longest, -1))
        whole.columns[metric.key] = columns
    _share(whole, metrics)
    return whole


def _column(metric: MetricForm, index: int, role: str, place: int | None, lower: int, upper: int) -> Column:
    cap = metric.cap.value if metric.cap and role in CAPPED else None
    binary = metric.kind in (MetricKind.PROPORTION, MetricKind.RETENTION)
    once = role == "covariate_seen" or (binary and role != "covariate_count")
    return Column(f"m{index}_{role}", role, place, lower, upper, once, cap)


def _share(whole: Program, metrics: Sequence[MetricForm]) -> None:
    """Give columns that hold the same one name, and leave out of each metric what it has already."""
    one_event = len({name for term in whole.terms for name in (term.event, *term.adjusted_by)}) == 1
    names: dict[tuple[object, ...], str] = {}
    for metric in metrics:
        kept: list[Column] = []
        for column in whole.columns[metric.key]:
            term = column.term
            if term is not None and one_event and _counts_all(whole.terms[term]):
                term = None
            own = metric.key if metric.cap and metric.cap.quantile and column.role in CAPPED else None
            content = (term, column.lower, column.upper, column.once, column.cap, own)
            name = names.setdefault(content, column.name)
            if column.role not in ("covariate_count", "covariate_seen") or name not in {
                each.name for each in kept
            }:
                summed = term is not None and whole.terms[term].field is not None
                fits = own is None and (column.cap is None or column.cap.is_integer())
                kept.append(replace(column, name=name, term=term, whole=not summed and fits))
        whole.columns[metric.key] = kept


def _counts_all(term: Term) -> bool:
    return term.field is None and term.currency is None


def _parts(metric: MetricForm) -> list[tuple[str, Term]]:
    if metric.kind == MetricKind.RATIO:
        assert metric.numerator is not None
        assert metric.denominator is not None
        above, below = _term(metric.numerator, metric.unit), _term(metric.denominator, None)
        if above.event == below.event:
            # An order that is left out of the revenue is left out of the number of orders too.
            below = Term(below.event, below.field, above.currency)
        return [("numerator", above), ("denominator", below)]
    if metric.kind in (MetricKind.MEAN, MetricKind.QUANTILE):
        summed = TermForm(event=metric.event or "", field=metric.field or "value")
        return [("outcome", _term(summed, metric.unit))]
    return [("outcome", Term(metric.event, None, None))]


def _term(form: TermForm, unit: str | None) -> Term:
    money = form.field is not None and unit is not None and CURRENCY.match(unit)
    return Term(form.event, form.field, unit if money else None)


def _window(metric: MetricForm) -> tuple[int, int]:
    if metric.kind == MetricKind.RETENTION:
        lower = microseconds(metric.from_hours or 0.0)
        return lower, microseconds(metric.to_hours) if metric.to_hours else _FOREVER
    return 0, microseconds(metric.window_hours) if metric.window_hours else _FOREVER


def _pre_period(metric: MetricForm) -> int:
    if metric.kind == MetricKind.RETENTION and metric.to_hours is not None:
        return microseconds(metric.to_hours - (metric.from_hours or 0.0))
    return microseconds(metric.window_hours or PRE_PERIOD_HOURS)
