"""What the API's description says of planning."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_types import FLAG, MOMENT, NUMBER, TEXT, WHOLE, nullable, objects


def planning_schemas() -> dict[str, Any]:
    """The schemas."""
    whole, share = nullable(WHOLE), nullable(NUMBER)
    found = {"increase": share, "decrease": share}
    size = objects(
        {
            "units": WHOLE,
            "per_variant": {"type": "array", "items": WHOLE},
            "fixed_units": WHOLE,
            "days": whole,
            "weeks": whole,
            "expected_units": WHOLE,
            "expected_days": whole,
            "expected_units_without_effect": WHOLE,
            "expected_days_without_effect": whole,
            "absolute_effect": NUMBER,
            "approximate": FLAG,
        }
    )
    other = objects({"units": WHOLE, "weeks": WHOLE}, {"method": TEXT, "metric": TEXT, "name": TEXT})
    too_small = objects(
        {
            "most_weeks": WHOLE,
            "units": WHOLE,
            **found,
            "power": NUMBER,
            "daily_needed": WHOLE,
            "methods": {"type": "array", "items": other},
            "metrics": {"type": "array", "items": other},
        }
    )
    baseline = objects(
        {
            "source": {"enum": ["exposures", "events", "report"]},
            "experiment": nullable(TEXT),
            "units": WHOLE,
            "since": nullable(MOMENT),
            "until": MOMENT,
            "daily": share,
        }
    )
    weeks = objects({"weeks": WHOLE, "units": WHOLE, **found})
    return {
        "Reach": _reach(),
        "Plan": objects(
            {
                "metric": nullable(TEXT),
                "kind": TEXT,
                "mean": NUMBER,
                "std": share,
                "variance_left": NUMBER,
                "baseline": nullable(baseline),
                "method": TEXT,
                "alpha": NUMBER,
                "power": NUMBER,
                "looks": whole,
                "shares": {"type": "array", "items": NUMBER},
                "comparisons": WHOLE,
                "effect": share,
                "daily": share,
                "window_hours": share,
                "size": nullable(size),
                "detectable": {"type": "array", "items": weeks},
                "power_curve": {"type": "array", "items": objects({"effect": NUMBER, "power": NUMBER})},
                "too_small": nullable(too_small),
            }
        ),
    }


def _reach() -> dict[str, Any]:
    numbers = {name: nullable(WHOLE) for name in ("units", "lower", "upper")}
    value = objects({"value": {"type": ["string", "number", "boolean"]}, "share": NUMBER})
    attribute = objects({"name": TEXT, "share": NUMBER, "values": {"type": "array", "items": value}})
    names = {"type": "array", "items": TEXT}
    return objects(
        {
            **numbers,
            "level": NUMBER,
            "audience": objects({**numbers, "share": nullable(NUMBER)}),
            "all": objects({**numbers, "period": nullable(WHOLE)}),
            "factors": objects(
                dict.fromkeys(("traffic", "layer", "holdout", "prerequisites", "all"), NUMBER)
            ),
            "weeks": WHOLE,
            "days": nullable(NUMBER),
            "since": nullable(MOMENT),
            "until": nullable(MOMENT),
            "as_of": nullable(MOMENT),
            "sample": objects({"units": WHOLE, "of": WHOLE, "fitting": nullable(WHOLE)}),
            "experiments": names,
            "attributes": {"type": "array", "items": attribute},
            "undetermined": nullable(objects({"code": TEXT, "reason": TEXT, "attributes": names})),
        }
    )
