"""Inline SVG charts of a report file; each states its conclusion as its label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from experiments.analysis.render_text import Text
from experiments.analysis.scale import band_limit, ticks

WIDTH, HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 26


@dataclass(frozen=True, slots=True)
class Point:
    """One report's estimate and interval, relative, as fractions."""

    moment: datetime
    estimate: float
    lower: float
    upper: float


def bar(
    estimate: float | None, lower: float | None, upper: float | None, limit: float, verdict: str, label: str
) -> str:
    """One interval on the common axis of a forest, from -limit to +limit; arrows where it is cut off."""
    width, height, middle = 200, 22, 11

    def x(value: float) -> float:
        return round(width / 2 + max(-1.0, min(1.0, value / limit)) * (width / 2 - 6), 1)

    marks = [f'<line class="zero" x1="{width / 2}" x2="{width / 2}" y1="0" y2="{height}"/>']
    if estimate is not None and lower is not None and upper is not None:
        tone = verdict if verdict in ("better", "worse") else "unclear"
        marks.append(
            f'<line class="span {tone}" x1="{x(lower)}" x2="{x(upper)}" y1="{middle}" y2="{middle}"/>'
        )
        for bound, side in ((lower, -1), (upper, 1)):
            if abs(bound) > limit:
                edge = x(bound)
                marks.append(
                    f'<path class="cut {tone}" d="M{edge} {middle - 5}L{edge + side * 5} {middle}'
                    f'L{edge} {middle + 5}z"/>'
                )
        marks.append(f'<circle class="dot {tone}" cx="{x(estimate)}" cy="{middle}" r="4.5"/>')
    return _svg(width, height, label, marks, "forest")


def axis(limit: float, text: Text) -> str:
    """The tick texts of a forest's common axis."""
    width = 200
    marks = []
    for tick in ticks(limit, 1):
        at = width / 2 + tick / limit * (width / 2 - 6)
        digits = 0 if abs(ticks(limit, 1)[-1]) >= 0.01 else 1
        words = text.percent(tick, digits, signed=True)
        marks.append(f'<text x="{at:.1f}" y="12" text-anchor="middle">{words}</text>')
    return f'<svg class="forest" viewBox="0 0 {width} 16" aria-hidden="true">{"".join(marks)}</svg>'


def evidence_chart(points: Sequence[Point], decided: datetime | None, text: Text, label: str) -> str:
    """The confidence-sequence band over time with zero line and, when there is one, the decision day."""
    limit = band_limit([(point.lower, point.upper) for point in points])
    first, last = points[0].moment, points[-1].moment
    seconds = max((last - first).total_seconds(), 1.0)

    def x(moment: datetime) -> float:
        inner = WIDTH - _LEFT - _RIGHT
        return round(_LEFT + (moment - first).total_seconds() / seconds * inner, 1)

    def y(value: float) -> float:
        inner = HEIGHT - _TOP - _BOTTOM
        return round(_TOP + inner / 2 - max(-1.0, min(1.0, value / limit)) * inner / 2, 1)

    marks = []
    for tick in ticks(limit):
        name = "zero" if tick == 0 else "grid"
        marks.append(
            f'<line class="{name}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y(tick)}" y2="{y(tick)}"/>'
        )
        words = text.percent(tick, 0 if limit >= 0.02 else 1, signed=True)
        marks.append(f'<text x="{_LEFT - 6}" y="{y(tick) + 4}" text-anchor="end">{words}</text>')
    upper = [f"{x(point.moment)},{y(point.upper)}" for point in points]
    lower = [f"{x(point.moment)},{y(point.lower)}" for point in reversed(points)]
    line = " ".join(f"{x(point.moment)},{y(point.estimate)}" for point in points)
    marks.append(f'<polygon class="band" points="{" ".join(upper + lower)}"/><polyline points="{line}"/>')
    marks.extend(_days(first, last, x, text))
    if decided is not None:
        at = x(decided)
        marks.append(f'<line class="decided" x1="{at}" x2="{at}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>')
    return _svg(WIDTH, HEIGHT, label, marks, "wide")


def exposure_chart(series: dict[str, list[tuple[datetime, int]]], text: Text, label: str) -> str:
    """Cumulative units per arm, each line named at its end."""
    moments = [moment for points in series.values() for moment, _ in points]
    first, last = min(moments), max(moments)
    top = max(units for points in series.values() for _, units in points) or 1
    seconds = max((last - first).total_seconds(), 1.0)

    def x(moment: datetime) -> float:
        return round(_LEFT + (moment - first).total_seconds() / seconds * (WIDTH - _LEFT - _RIGHT), 1)

    def y(units: float) -> float:
        return round(HEIGHT - _BOTTOM - units / top * (HEIGHT - _TOP - _BOTTOM), 1)

    marks = []
    for part in (0.0, 0.5, 1.0):
        level, words = y(part * top), text.number(part * top)
        marks.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{level}" y2="{level}"/>')
        marks.append(f'<text x="{_LEFT - 6}" y="{level + 4}" text-anchor="end">{words}</text>')
    for index, points in enumerate(series.values()):
        line = " ".join(f"{x(moment)},{y(units)}" for moment, units in points)
        marks.append(f'<polyline class="arm{index % 4}" points="{line}"/>')
    marks.extend(_days(first, last, x, text))
    return _svg(WIDTH, HEIGHT, label, marks, "wide")


def _days(first: datetime, last: datetime, x: Callable[[datetime], float], text: Text) -> list[str]:
    moments = [first + (last - first) * (index / 4) for index in range(5)]
    anchors = ("start", "middle", "middle", "middle", "end")
    return [
        f'<text x="{x(moment)}" y="{HEIGHT - 8}" text-anchor="{anchor}">{text.day(moment)}</text>'
        for moment, anchor in zip(moments, anchors, strict=True)
    ]


def _svg(width: int, height: int, label: str, marks: list[str], name: str) -> str:
    return (
        f'<svg class="{name}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
        f"{''.join(marks)}</svg>"
    )
