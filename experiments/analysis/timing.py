"""How units pass through time: when they came, whose windows have closed, and how much is known of them."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.analysis.engine import Engine
from experiments.analysis.units import SECOND, Exposed, microseconds
from stats.clock import Clock

MAX_POINTS = 60
_WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800)


def over_time(engine: Engine, exposed: Exposed) -> list[tuple[int, int, int]]:
    """Cumulative units as (moment in microseconds, variant, units), at most about `MAX_POINTS` moments."""
    if exposed.first is None or exposed.last is None:
        return []
    span = (exposed.last - exposed.first) / SECOND
    seconds = next((width for width in _WIDTHS if span / width < MAX_POINTS - 1), None)
    width = SECOND * (seconds or 86400 * (int(span / 86400 / (MAX_POINTS - 1)) + 1))
    rows = engine.execute(
        f"SELECT (first // {width} + 1) * {width} AS moment, variant, count(*) FROM units "
        "GROUP BY ALL ORDER BY moment, variant"
    ).fetchall()
    totals = [0] * len(exposed.counts)
    points = []
    for at in sorted({row[0] for row in rows}):
        for moment, variant, count in rows:
            if moment == at:
                totals[variant] += count
        points += [(min(at, exposed.last), variant, total) for variant, total in enumerate(totals)]
    return points


def matured(engine: Engine, hours: Sequence[float], until: int) -> dict[float, int]:
    """Units whose window of so many hours after first exposure has closed."""
    if not hours:
        return {}
    counts = ", ".join(f"count(*) FILTER (first <= {until - microseconds(each)})" for each in hours)
    return dict(zip(hours, engine.execute(f"SELECT {counts} FROM units").fetchall()[0], strict=True))


ORDINARY_WINDOW_HOURS = 336.0
PAUSE = 0.1
"""Share of the time in which units came after which they stand still."""


def clocks(
    engine: Engine, hours: Sequence[float], exposed: Exposed, now: int, latest: int | None
) -> dict[float | None, Clock]:
    """How much information units carry, by hours of the window; `None` is a metric without one.

    While units keep coming, their number tells the time. Where they stand still and outcomes arrive (a
    campaign that was sent once, or a test whose traffic has ended), it is the mean share of the units'
    windows that has passed. Without a window it is the time until the latest outcome over an ordinary window,
    and goes on beyond 1.
    """
    if exposed.first is None or exposed.last is None:
        return {}
    pause = max(PAUSE * (exposed.last - exposed.first), microseconds(1.0))
    found: dict[float | None, Clock] = {}
    ages = [f"least({microseconds(each)}, greatest(0, {now} - first))" for each in hours]
    widths = [microseconds(each) for each in hours]
    if latest is not None and latest - exposed.last > pause:
        ages.append(f"greatest(0, {latest} - first)")
        widths.append(microseconds(ORDINARY_WINDOW_HOURS))
    passed = [
        total / (exposed.total * width) for total, width in zip(_total(engine, ages), widths, strict=True)
    ]
    for each, share in zip(hours, passed, strict=False):
        found[each] = Clock.still(share) if now - exposed.last > pause else Clock.steady(share)
    if len(passed) > len(hours):
        found[None] = Clock.still(passed[-1])
    return found


def _total(engine: Engine, ages: Sequence[str]) -> list[int]:
    """Sums over the units of whole numbers, which add up exactly."""
    if not ages:
        return []
    sums = ", ".join(f"sum({age}::HUGEINT)::VARCHAR" for age in ages)
    return [int(total) for total in engine.execute(f"SELECT {sums} FROM units").fetchall()[0]]
