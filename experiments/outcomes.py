"""What a metric says beforehand about a unit's outcome: its bound, and when it is final."""

from __future__ import annotations

from experiments.forms import MetricForm, MetricKind


def window_hours(metric: MetricForm) -> float | None:
    """Hours after first exposure when a unit's outcome is final; `None` when it never is."""
    return metric.to_hours if metric.kind == MetricKind.RETENTION else metric.window_hours


def highest_value(metric: MetricForm) -> float | None:
    """The bound above that was registered for a unit's outcome; `None` without one."""
    if metric.kind in (MetricKind.PROPORTION, MetricKind.RETENTION):
        return 1.0
    if metric.kind in (MetricKind.MEAN, MetricKind.COUNT) and metric.cap is not None:
        return metric.cap.value
    return None
