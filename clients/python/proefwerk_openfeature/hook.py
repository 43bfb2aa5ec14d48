"""Reports that a flag was evaluated whose experiment the unit takes part in."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from openfeature.flag_evaluation import FlagEvaluationDetails
from openfeature.hook import Hook, HookContext, HookHints

from proefwerk_openfeature.events import exposure
from proefwerk_openfeature.sender import EventSender

_log = logging.getLogger("proefwerk_openfeature")


class ExposureHook(Hook):
    """For any provider that evaluates over Proefwerk's OFREP door: one exposure a unit, phase and variant.

    An evaluation outside an experiment (not in its audience, a paused test, a preview) is no exposure. Who
    meets an experiment that belongs to a holdout is exposed to the holdout too, on either side of it.

    Args:
        sender: Takes the exposures.
        attributes: Names of the context's attributes that are kept with an exposure; all if not given.
    """

    def __init__(self, sender: EventSender, attributes: Collection[str] | None = None) -> None:
        self._sender = sender
        self._attributes = attributes

    def after(self, hook_context: HookContext, details: FlagEvaluationDetails[Any], hints: HookHints) -> None:
        """Queue the exposure; an error here would fail the evaluation, so none leaves."""
        try:
            metadata = details.flag_metadata
            if metadata.get("holdoutVariant"):
                unit, version = str(metadata["holdoutUnit"]), str(metadata["holdoutVersion"])
                holdout, side = str(metadata["holdout"]), str(metadata["holdoutVariant"])
                self._sender.send(exposure(unit, holdout, version, side, self._kept(hook_context)))
            if metadata.get("inExperiment") is not True or not details.variant:
                return
            unit, version = str(metadata["unit"]), str(metadata["version"])
            attributes = self._kept(hook_context)
            self._sender.send(
                exposure(unit, str(metadata["experiment"]), version, details.variant, attributes)
            )
        except Exception:  # noqa: BLE001 - no page fails for want of an exposure
            _log.exception("an exposure of '%s' is lost", hook_context.flag_key)

    def _kept(self, hook_context: HookContext) -> dict[str, Any]:
        known = hook_context.evaluation_context.attributes
        return {
            name: value
            for name, value in known.items()
            if name not in {"id", "targetingKey"} and (self._attributes is None or name in self._attributes)
        }
