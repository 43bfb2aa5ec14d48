"""What follows from the numbers: one verdict, with its reasons in words and as codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from experiments.analysis.reach import HORIZON_DAYS, Reach
from experiments.analysis.reasons import Reasons

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision rests on.

    Attributes:
        metrics: The report's `metrics`.
        variants: Keys of the treatments.
        failed: Names of the health checks that failed.
        mde: Smallest relative effect of interest; `None` when none was planned.
        planned_units: Planned size over all variants.
        units: Units so far.
        days_left: Days to the planned size at this pace.
        mature_share: Share of the units whose windows have all closed; `None` without windows.
        reach: What this traffic can find; `None` when that cannot be told.
        looks: The report's `looks`; `None` for a plan without.
    """

    metrics: list[Document]
    variants: tuple[str, ...]
    failed: tuple[str, ...]
    mde: float | None
    planned_units: int
    units: int
    days_left: int | None
    mature_share: float | None
    reach: Reach | None = None
    looks: Document | None = None


def decide(situation: Situation) -> Document:
    """The report's `decision`.

    `ship` needs a primary that is better, no primary that is worse, and every guardrail non-inferior:
    within its margin where it has one, else not shown to be worse. `rollback` when every treatment is
    shown to do harm. `unhealthy` when any health check failed, whatever the numbers say.
    """
    reasons = Reasons()
    verdict, variant = _verdict(situation, reasons)
    share = situation.mature_share
    if verdict in ("ship", "rollback", "no_difference") and share is not None and share < 1:
        reasons.say("preliminary", share=share)
    return {"verdict": verdict, "variant": variant, "reasons": reasons.sentences, "details": reasons.details}


def _verdict(situation: Situation, reasons: Reasons) -> tuple[str, str | None]:
    primaries = list(_rows(situation.metrics, "primary"))
    if situation.failed:
        for name in situation.failed:
            reasons.say(f"{name}_failed")
        return "unhealthy", None
    if not primaries:
        reasons.say("no_primary")
        return "not_enough_data", None
    harmful = {variant for variant in situation.variants if _harms(situation.metrics, variant)}
    left = [variant for variant in situation.variants if variant not in harmful]
    ready = [variant for variant in left if _may_ship(situation.metrics, variant)]
    if ready:
        best = max(ready, key=lambda variant: _gain_of(primaries, variant))
        _explain_ship(situation.metrics, best, reasons)
        _explain_harm(situation, harmful, reasons)
        return "ship", best
    _explain_harm(situation, harmful, reasons)
    if not left:
        return "rollback", situation.variants[0] if len(situation.variants) == 1 else None
    for variant in situation.variants:
        if variant in harmful:
            reasons.say("switch_off", variant=variant)
    open_rows = [(metric, row) for metric, row in primaries if row["variant"] in left]
    if all(row["undetermined"] is not None for _, row in open_rows):
        reasons.say("not_enough_data", reason=open_rows[0][1]["undetermined"])
        return "not_enough_data", None
    if situation.mde is not None and all(_within(row, situation.mde) for _, row in open_rows):
        reasons.say("equivalent", mde=situation.mde)
        return "no_difference", None
    if all(_futile(row) for _, row in open_rows):
        stopped = max(row["looks"]["decided"] for _, row in open_rows)
        reasons.say(
            "futility", look=stopped, looks=situation.looks["planned"] if situation.looks else stopped
        )
        return "no_difference", None
    _explain_waiting(situation, left, reasons)
    return "keep_running", None


def _rows(metrics: Iterable[Document], *roles: str) -> Iterable[tuple[Document, Document]]:
    """Every (metric, comparison) of these roles."""
    return ((metric, row) for metric in metrics if metric["role"] in roles for row in metric["comparisons"])


def _of(metrics: Iterable[Document], variant: str, *roles: str) -> Iterable[tuple[Document, Document]]:
    return ((metric, row) for metric, row in _rows(metrics, *roles) if row["variant"] == variant)


def _effect(metric: Document, row: Document) -> int:
    """1 when better is shown, -1 when worse is, else 0; a reading before its planned look shows nothing.

    The side is that of the interval that people see, so that no verdict disagrees with it.
    """
    if not row["significant"] or row.get("preliminary", False):
        return 0
    lower, upper = row["absolute"]["lower"], row["absolute"]["upper"]
    side = int(lower is not None and lower > 0) - int(upper is not None and upper < 0)
    return side if metric["direction"] == "increase" else -side


def _harms(metrics: list[Document], variant: str) -> bool:
    return any(
        _effect(metric, row) < 0 or (metric["role"] == "guardrail" and row.get("non_inferior") is False)
        for metric, row in _of(metrics, variant, "primary", "guardrail")
        if not _tolerated(metric, row)
    )


def _tolerated(metric: Document, row: Document) -> bool:
    """A guardrail that is worse, but shown to stay within its margin."""
    return metric["role"] == "guardrail" and row.get("non_inferior") is True


def _may_ship(metrics: list[Document], variant: str) -> bool:
    better = any(_effect(metric, row) > 0 for metric, row in _of(metrics, variant, "primary"))
    held = all(row.get("non_inferior", True) is True for _, row in _of(metrics, variant, "guardrail"))
    return better and held


def _gain_of(primaries: list[tuple[Document, Document]], variant: str) -> float:
    """Relative gain on the first primary that is better."""
    for metric, row in primaries:
        if row["variant"] == variant and _effect(metric, row) > 0:
            relative = row["relative"]["estimate"]
            return abs(relative) if relative is not None else float("inf")
    return 0.0


def _within(row: Document, mde: float) -> bool:
    lower, upper = row["relative"]["lower"], row["relative"]["upper"]
    known = lower is not None and upper is not None and not row.get("preliminary", False)
    return known and -mde < lower and upper < mde


def _futile(row: Document) -> bool:
    """Whether a planned look stopped the comparison because too little of the benefit showed."""
    looks = row.get("looks") or {}
    return any(
        look["look"] == looks["decided"] and look["decision"] == "futility" for look in looks.get("taken", ())
    )


def _explain_ship(metrics: list[Document], variant: str, reasons: Reasons) -> None:
    for metric, row in _of(metrics, variant, "primary"):
        if _effect(metric, row) > 0:
            reasons.say("primary_better", metric=metric["name"], variant=variant)
    guardrails = list(_of(metrics, variant, "guardrail"))
    for metric, row in guardrails:
        if row.get("non_inferior") is True:
            margin = metric["non_inferiority"]["margin"]
            reasons.say("guardrail_within", metric=metric["name"], variant=variant, margin=margin)
    if any("non_inferior" not in row for _, row in guardrails):
        reasons.say("guardrails_hold", variant=variant)


def _explain_harm(situation: Situation, harmful: Iterable[str], reasons: Reasons) -> None:
    for metric, row in _rows(situation.metrics, "primary", "guardrail"):
        if row["variant"] not in harmful or _tolerated(metric, row):
            continue
        if metric["role"] == "guardrail" and row.get("non_inferior") is False:
            margin = metric["non_inferiority"]["margin"]
            reasons.say(
                "guardrail_beyond_margin", metric=metric["name"], variant=row["variant"], margin=margin
            )
        elif _effect(metric, row) < 0:
            reasons.say(f"{metric['role']}_worse", metric=metric["name"], variant=row["variant"])


def _explain_waiting(situation: Situation, left: list[str], reasons: Reasons) -> None:
    better = [
        (metric, row)
        for metric, row in _rows(situation.metrics, "primary")
        if row["variant"] in left and _effect(metric, row) > 0
    ]
    for metric, row in better:
        reasons.say("primary_better", metric=metric["name"], variant=row["variant"])
        for guardrail, other in _of(situation.metrics, row["variant"], "guardrail"):
            if other.get("non_inferior", True) is not True:
                margin = guardrail["non_inferiority"]["margin"]
                reasons.say("guardrail_open", metric=guardrail["name"], variant=row["variant"], margin=margin)
    single = situation.looks is None
    if single and any(row.get("preliminary") for _, row in _rows(situation.metrics, "primary")):
        reasons.say("single_look", planned=situation.planned_units)
    elif not better:
        reasons.say("no_conclusion")
    if situation.looks is None or not _explain_looks(situation.looks, reasons):
        # Where a primary is better and only a guardrail is open, what the traffic can find is no question.
        _explain_time(situation, None if better else situation.reach, reasons)


def _explain_time(situation: Situation, reach: Reach | None, reasons: Reasons) -> None:
    """How long it will take; or that it cannot be decided, and what it would need."""
    if reach is not None and reach.hopeless:
        reasons.say(
            "cannot_be_decided", days=HORIZON_DAYS, units=reach.horizon_units,
            detectable=reach.horizon_detectable, metric=reach.name, smallest=reach.smallest,
        )  # fmt: skip
        return
    if reach is not None and reach.too_small:
        reasons.say(
            "plan_too_small", units=reach.units, detectable=reach.detectable, metric=reach.name,
            smallest=reach.smallest, needed=reach.needed_units,
        )  # fmt: skip
        if reach.needed_days is not None:
            reasons.say("needed_days", days=reach.needed_days)
    elif situation.units >= situation.planned_units:
        reasons.say("planned_size_reached", planned=situation.planned_units)
    elif situation.days_left is not None:
        reasons.say("days_to_go", days=situation.days_left, planned=situation.planned_units)


def _explain_looks(looks: Document, reasons: Reasons) -> bool:
    """Say what becomes of planned looks that were not taken; whether there is anything to say."""
    taken, planned, following = looks["taken"], looks["planned"], looks["next"]
    if following is not None:
        reasons.say(
            "between_looks", taken=taken, looks=planned, next=following["look"], units=following["units"]
        )
        return False
    if looks["ended_early"]:
        reasons.say("ended_early", share=looks["schedule"][-1]["rate"])
        return True
    if looks["schedule"][-1]["state"] == "cut_off":
        reasons.say("looks_cut_off", taken=taken, looks=planned)
        return True
    return False
