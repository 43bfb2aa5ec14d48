"""Turns a report's JSON, annotated with its reading, into the records that the screens show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash_ui.look_records import read_effect_looks, read_looks
from dash_ui.reading_records import (
    read_coded,
    read_differences,
    read_range,
    read_rates,
    read_unadjusted,
    read_year,
)
from dash_ui.report_records import (
    Arm,
    ArmValue,
    Change,
    Check,
    Cuts,
    Effect,
    Entered,
    EvidencePoint,
    ExposurePoint,
    Progress,
    Reading,
    Reason,
    Report,
    Segment,
)
from dash_ui.way_records import Assumption

Document = dict[str, Any]
_CHECK_FIELDS = ("status", "code", "detail", "p_value", "method")


def read_report(document: Document, metric_names: dict[str, str] | None = None) -> Report:
    """A report as records; the document carries a `reading` on itself and on every comparison."""
    names = metric_names or {}
    arms = tuple(
        Arm(arm["key"], arm.get("name") or arm["key"], int(arm["units"]), float(arm["share"]))
        for arm in document["variants"]
    )
    effects = _effects(document["metrics"], arms, names, document)
    reading, entered = document["reading"], _entered(document, arms, names)
    return Report(
        id=str(document["id"]),
        as_of=moment(document["as_of"]),
        alpha=float(document["alpha"]),
        method=str(document["method"]),
        plan_hash=document.get("plan_hash"),
        data_hash=document.get("data_hash"),
        arms=arms,
        health=tuple(_check(name, check) for name, check in (document.get("health") or {}).items()),
        effects=effects,
        segments=_segments(document, arms, names),
        exposures=_exposures(document),
        progress=_progress(document.get("progress") or {}, sum(arm.units for arm in arms)),
        headline=reading["headline"],
        featured=_featured(entered.effects if entered else effects, reading),
        reasons=_reasons(document.get("decision") or {}),
        forest=float(reading["forest"]),
        looks=read_looks(document.get("looks")),
        entered=entered,
        cuts=_cuts(document, arms, names),
        grown_at=tuple(moment(split["from"]) for split in (document.get("splits") or [])[1:]),
        year=read_year(reading),
        changes=read_coded(reading.get("changes")),
        differences=read_differences(reading),
        maturity=_maturity(document),
        rates=read_rates(document.get("rates")),
    )


def read_evidence(points: list[Document]) -> tuple[EvidencePoint, ...]:
    """What the kept reports said, those without an interval left out, oldest first."""
    read = (
        EvidencePoint(
            moment(point["as_of"]), read_range(point.get("relative") or {}), bool(point.get("significant"))
        )
        for point in points
    )
    return tuple(sorted((point for point in read if point.relative.bounded), key=lambda point: point.moment))


def moment(stamp: str | datetime) -> datetime:
    """A moment in UTC."""
    read = datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _segments(document: Document, arms: tuple[Arm, ...], names: dict[str, str]) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            str(segment["segment"]),
            str(segment["value"]),
            int(segment["units"]),
            _effects(segment["metrics"], arms, names, document),
        )
        for segment in document.get("segments") or []
    )


def _entered(document: Document, arms: tuple[Arm, ...], names: dict[str, str]) -> Entered | None:
    found = document.get("trigger")
    if not found:
        return None
    return Entered(
        event=str(found["event"]),
        units=int(found["units"]),
        share=found["share"],
        withdrawn=bool(found["withdrawn"]),
        effects=_effects(found["metrics"], arms, names, document),
        everybody=tuple(
            read_range(each["everybody"]["relative"])
            for metric in found["metrics"]
            for each in metric["comparisons"]
        ),
    )


def _cuts(document: Document, arms: tuple[Arm, ...], names: dict[str, str]) -> Cuts | None:
    cuts = document.get("cuts")
    if not cuts:
        return None
    called = {arm.key: arm.name for arm in arms}

    def segment(name: str, value: str, cut: Document) -> Segment:
        return Segment(name, value, int(cut["units"]), _effects(cut["metrics"], arms, names, document))

    def days(cut: Document) -> str:
        first, last = cut["first_day"], cut["last_day"]
        return str(first) if first == last else f"{first}–{last}"

    return Cuts(
        ages=tuple(segment("age", days(cut), cut) for cut in cuts["ages"]),
        dates=tuple(segment("date", str(cut["from"]), cut) for cut in cuts["dates"]),
        changes=tuple(
            Change(
                str(each["name"]),
                called.get(each["variant"], str(each["variant"])),
                each["direction"] if each["significant"] else None,
                each["p_value"],
            )
            for each in cuts["changes"]
        ),
        limits=(float(cuts["forest"]["ages"]), float(cuts["forest"]["dates"])),
        step=int(cuts.get("days_together") or 1),
    )


def _exposures(document: Document) -> tuple[ExposurePoint, ...]:
    points = (document.get("series") or {}).get("exposures") or []
    return tuple(
        ExposurePoint(moment(point["time"]), point["variant"], int(point["units"])) for point in points
    )


def _featured(effects: tuple[Effect, ...], reading: Document) -> Effect | None:
    wanted = (reading["metric"], reading["variant"])
    return next((effect for effect in effects if (effect.metric, effect.variant) == wanted), None)


def _effects(
    metrics: list[Document], arms: tuple[Arm, ...], names: dict[str, str], document: Document
) -> tuple[Effect, ...]:
    called = {arm.key: arm.name for arm in arms}
    return tuple(
        _effect(metric, comparison, called, names, document)
        for metric in metrics
        for comparison in metric.get("comparisons") or []
    )


def _effect(
    metric: Document, comparison: Document, called: dict[str, str], names: dict[str, str], document: Document
) -> Effect:
    values = {value["variant"]: _arm_value(value) for value in metric.get("variants") or []}
    nothing = ArmValue(None, None, None, None)
    key = str(metric["metric"])
    return Effect(
        metric=key,
        metric_name=str(metric.get("name") or names.get(key) or key),
        role=str(metric["role"]),
        kind=str(metric["kind"]),
        direction=str(metric.get("direction") or "increase"),
        unit=metric.get("unit"),
        variant=str(comparison["variant"]),
        variant_name=called.get(comparison["variant"], str(comparison["variant"])),
        control_name=called.get(comparison["control"], str(comparison["control"])),
        control_value=values.get(comparison["control"], nothing),
        variant_value=values.get(comparison["variant"], nothing),
        absolute=read_range(comparison["absolute"]),
        relative=read_range(comparison["relative"]),
        p_value=comparison.get("p_value"),
        alpha=float(comparison.get("alpha") or document["alpha"]),
        significant=bool(comparison.get("significant")) and not comparison.get("preliminary"),
        method=str(comparison.get("method") or ""),
        method_reason=str(comparison.get("method_reason") or ""),
        adjustment=str(comparison.get("adjustment") or "none"),
        variance_reduction=comparison.get("variance_reduction"),
        verdict=str(comparison["reading"]),
        limit=comparison.get("limit"),
        undetermined=comparison.get("undetermined"),
        undetermined_code=comparison.get("undetermined_code"),
        covariates=tuple(comparison.get("covariates") or ()),
        looks=read_effect_looks(comparison.get("looks")),
        level=comparison.get("level"),
        readings=_readings(comparison),
        assumptions=tuple(
            Assumption(str(each["code"]), bool(each["met"]), each["value"], float(each["needed"]))
            for each in comparison.get("assumptions") or ()
        ),
        yearly=read_range(comparison["yearly"]) if comparison.get("yearly") else None,
        unadjusted=read_unadjusted(comparison.get("unadjusted")),
        reasons=read_coded(comparison.get("method_reasons")),
        cap=metric.get("cap"),
    )


def _maturity(document: Document) -> dict[str, float]:
    shares = ((document.get("health") or {}).get("maturity") or {}).get("metrics") or {}
    return {metric: float(share) for metric, share in shares.items() if share is not None}


def _readings(comparison: Document) -> tuple[Reading, ...]:
    if "way" not in comparison:
        return ()
    own = {**comparison, "p_value": comparison.get("own_p_value")}
    return tuple(
        Reading(
            way=str(each["way"]),
            method=str(each["method"]),
            absolute=read_range(each["absolute"]),
            relative=read_range(each["relative"]),
            p_value=each["p_value"],
            probability_better=each.get("probability_better"),
            promise=str(each["promise"]),
            assumes=tuple(each["assumes"]),
            level=float(each["level"]),
            preliminary=bool(each.get("preliminary")),
            undetermined=each.get("undetermined"),
            undetermined_code=each.get("undetermined_code"),
        )
        for each in (own, *comparison.get("alternatives", ()))
    )


def _arm_value(value: Document) -> ArmValue:
    return ArmValue(
        value.get("units"), value.get("quantile", value.get("mean")), value.get("std"), value.get("sum")
    )


def _check(name: str, check: Document) -> Check:
    return Check(
        name=name,
        status=str(check.get("status", "ok")),
        code=str(check.get("code") or name),
        detail=str(check.get("detail") or ""),
        p_value=check.get("p_value"),
        method=check.get("method"),
        numbers={key: value for key, value in check.items() if key not in _CHECK_FIELDS},
    )


def _progress(progress: Document, units: int) -> Progress:
    planned = progress.get("planned_units")
    share = progress.get("share")
    counted = int(progress.get("units") or units)
    return Progress(
        units=counted,
        planned_units=planned,
        share=counted / planned if share is None and planned else share,
        days_left=progress.get("days_left"),
    )


def _reasons(decision: Document) -> tuple[Reason, ...]:
    sentences = decision.get("reasons") or []
    details = decision.get("details") or []
    return tuple(
        Reason(
            str(sentence),
            details[index].get("code") if index < len(details) else None,
            dict(details[index].get("params") or {}) if index < len(details) else {},
        )
        for index, sentence in enumerate(sentences)
    )
