"""One treatment against the control on one metric, read under any plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

from experiments.analysis.exact import exact_member
from experiments.analysis.metric_rows import Part
from experiments.forms import MetricKind
from stats.answer import Family, unread
from stats.choose import read_alone
from stats.family import Member
from stats.plan import ReadingPlan
from stats.quantile_reading import compare_quantiles
from stats.result import Because, Comparison, Undetermined
from stats.summary import Summary


@dataclass(frozen=True, slots=True)
class Pairing:
    """A treatment against the control.

    Attributes:
        part: The metric, over the units that are meant.
        place: Of the treatment among the variants, 1 for the first.
        plan: The registered way of reading.
        weights: Planned probabilities of all variants, up to a factor.
        exact: Reads it by bets, where the plan asks for that; the way of no other plan.
    """

    part: Part
    place: int
    plan: ReadingPlan
    weights: tuple[float, ...]
    exact: Member | None = None

    @property
    def shares(self) -> tuple[float, float]:
        """Planned probabilities of control and treatment among the experiment's units."""
        total = sum(self.weights)
        return self.weights[0] / total, self.weights[self.place] / total

    def read(
        self, family: Family, plan: ReadingPlan | None = None, *, needs_e_value: bool = False
    ) -> Comparison:
        """By itself, the way of the registered plan unless another one is given."""
        why = self.refusal()
        if why is not None:
            return unread(why, family)
        if self.exact is not None and plan is None:
            return self.exact(family)
        plan, part, clock = plan or self.plan, self.part, self.part.measured.clock
        if part.measured.form.kind == MetricKind.QUANTILE:
            return compare_quantiles(
                part.ranks[0],
                part.ranks[self.place],
                plan=plan,
                shares=self.shares,
                family=family,
                clock=clock,
                needs_e_value=needs_e_value,
            )
        assert part.summaries is not None
        return read_alone(
            part.summaries[0],
            part.summaries[self.place],
            kind=part.measured.form.kind.value,
            plan=plan,
            shares=self.shares,
            family=family,
            clock=clock,
            needs_e_value=needs_e_value,
        )

    @property
    def steady(self) -> bool:
        """Whether units tell the time."""
        return self.part.measured.clock.numbers[0] == 1

    @property
    def moments(self) -> tuple[Summary, Summary] | None:
        """Summaries of control and treatment, where their moments can be compared."""
        summaries = self.part.summaries
        if summaries is None or self.part.measured.form.kind == MetricKind.QUANTILE or self.refusal():
            return None
        control, treatment = summaries[0], summaries[self.place]
        return (control, treatment) if min(control.units, treatment.units) >= 2 else None

    def refusal(self) -> Undetermined | None:
        """Why nothing can be read, whatever the data."""
        if self.weights[0] <= 0 or self.weights[self.place] <= 0:
            return Undetermined("no_share", "One of the two variants is planned to receive no units.")
        if self.part.summaries is None and self.part.measured.form.kind != MetricKind.QUANTILE:
            return Undetermined(
                "values_too_large", "A unit's value is too large to compute with; cap the metric."
            )
        return None


STAYS = Because("read_at_planned_size", "Read when the planned size was reached, and it stays read.")


def read_ever(now: Pairing, then: Pairing | None, family: Family, *, needs_e_value: bool) -> Comparison:
    """By itself now, or when the planned size was reached, where that found more.

    Both are held against one boundary, whose error covers every moment, so the smaller of the two p-values is
    one too, and an interval that is read at either moment holds. Where units stand still, the clock is
    another one, and the newest reading is the only one.
    """
    newest = now.read(family, needs_e_value=needs_e_value)
    if then is None or needs_e_value or not (now.steady and then.steady):
        return newest
    before = then.read(family)
    found = before.p_value
    if found is None or found > family.alpha or (newest.p_value is not None and newest.p_value <= found):
        return newest
    because = (*before.because, STAYS)
    reason = " ".join(each.sentence for each in because)
    return replace(before, method_reason=reason, because=because, at_planned_size=True)


def pairing(part: Part, place: int, plan: ReadingPlan, weights: tuple[float, ...]) -> Pairing:
    """The treatment at `place`, read by bets on complete outcomes where those were measured."""
    found = Pairing(part, place, plan, weights)
    complete, moments = part.measured.complete, found.moments
    if complete is None or moments is None or part.summaries is not part.measured.summaries:
        return found
    return replace(
        found, exact=exact_member(part.measured.form, complete, moments, place, plan, found.shares)
    )
