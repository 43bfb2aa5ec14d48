"""Names of events that adjust others: refunds of an order, and changes of what was told of it before.

They are added up with the events that they adjust, and never counted as one of them.
"""

from __future__ import annotations

_REFUND, _CHANGE = " (refund)", " (change)"


def refund_of(event: str) -> str:
    """Name of what takes back a part of such an event."""
    return event + _REFUND


def change_of(event: str) -> str:
    """Name of what corrects an earlier value of such an event by the difference."""
    return event + _CHANGE


def adjustments(event: str) -> tuple[str, ...]:
    """Names of everything that adjusts such events."""
    return refund_of(event), change_of(event)
