"""The OFREP provider with exposures and conversions."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any

from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.hook import Hook
from openfeature.track import TrackingEventDetails

from proefwerk_openfeature.events import conversion
from proefwerk_openfeature.hook import ExposureHook
from proefwerk_openfeature.sender import EventSender

_log = logging.getLogger("proefwerk_openfeature")


class ProefwerkProvider(OFREPProvider):
    """Evaluates flags, reports each unit's exposures once, and sends what `track` is told as conversions.

    Args:
        url: Where the platform is, such as `https://tests.shop.example`.
        key: A server or client key.
        timeout: Seconds that one evaluation may take; then the code's default stands.
        units: Whose conversions `track` reports: the targeting key, and names of attributes by which
            experiments split, such as `company`.
        attributes: Names of the context's attributes that are kept with an exposure; all if not given.
        sender: Sends the events; one with the default settings if not given.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 5.0,
        units: Sequence[str] = ("targetingKey",),
        attributes: Collection[str] | None = None,
        sender: EventSender | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        super().__init__(url, headers_factory=lambda: headers, timeout=timeout)
        self.sender = sender or EventSender(url, key)
        self._units = units
        self._hooks: list[Hook] = [ExposureHook(self.sender, attributes)]

    def get_provider_hooks(self) -> list[Hook]:
        """The hook that reports exposures."""
        return self._hooks

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Queue a conversion for each unit of the context; never raises.

        The details' attributes are its properties: scalars, of which `currency` and `id` have a meaning of
        their own (see `conversion`).
        """
        try:
            value = tracking_event_details.value if tracking_event_details else None
            properties = dict(tracking_event_details.attributes) if tracking_event_details else {}
            ident = properties.get("id")
            for place, name in enumerate(self._units):
                unit = _unit(evaluation_context, name)
                if place and ident:
                    properties["id"] = f"{ident}:{name}"
                if unit:
                    self.sender.send(conversion(unit, tracking_event_name, value, properties))
        except Exception:  # noqa: BLE001 - no checkout fails for want of a conversion
            _log.exception("a conversion '%s' is lost", tracking_event_name)

    def shutdown(self) -> None:
        """Send what is left."""
        self.sender.close()


def _unit(context: EvaluationContext | None, name: str) -> str:
    """The unit's value as the platform writes it; empty when the context has none."""
    if context is None:
        return ""
    value: Any = context.targeting_key if name == "targetingKey" else context.attributes.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if isinstance(value, bool) or not isinstance(value, str | int | float) else str(value)
