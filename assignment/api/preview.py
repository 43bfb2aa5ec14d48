"""Variants that a tester asks for by name; they are shown outside the experiment, so never counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assignment.api.reading import Environ
from assignment.engine import CompiledSnapshot, Decision
from assignment.errors import invalid_field

HEADER = "X-Proefwerk-Force"
_ENVIRON_NAME = "HTTP_X_PROEFWERK_FORCE"
MAX_FORCED = 100


def read_forced(compiled: CompiledSnapshot, asked: object) -> dict[str, Decision]:
    """By experiment: the variant asked for in an object of experiment and variant keys.

    Raises:
        ProefwerkError: 422 for another shape, an unknown experiment or an unknown variant.
    """
    if asked is None:
        return {}
    if not isinstance(asked, Mapping) or len(asked) > MAX_FORCED:
        raise invalid_field(
            "forced", f"must be an object of at most {MAX_FORCED} experiment and variant keys"
        )
    return {key: _preview(compiled, key, variant) for key, variant in asked.items()}


def forced_by_header(compiled: CompiledSnapshot, environ: Environ) -> dict[str, Decision]:
    """The same from a header: `experiment=variant, experiment=variant`."""
    header: str = environ.get(_ENVIRON_NAME, "")
    if not header:
        return {}
    pairs = (part.partition("=") for part in header.split(",") if part.strip())
    return read_forced(compiled, {key.strip(): variant.strip() for key, _, variant in pairs})


def _preview(compiled: CompiledSnapshot, key: str, variant: object) -> Decision:
    decision = compiled.previews.get((key, variant)) if isinstance(variant, str) else None
    if decision is None:
        what = f"has no variant {variant!r:.60}" if key in compiled.rules else "is not an experiment"
        raise invalid_field(f"forced.{key:.100}", what)
    return decision


def replace_forced(decisions: Sequence[Decision], forced: Mapping[str, Decision]) -> list[Decision]:
    """The decisions with the forced ones in their place, and those of other experiments at the end."""
    decided = {decision.experiment: decision for decision in decisions}
    return list({**decided, **forced}.values())
