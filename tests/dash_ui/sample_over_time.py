"""Reports with a trigger, and with effects by days since exposure and by its date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.dash_ui import sample_reports as samples

Document = dict[str, Any]
FADING = (
    (0, 0, 73025, 0.21, 0.11),
    (1, 1, 73025, 0.12, 0.13),
    (2, 3, 70411, 0.06, 0.14),
    (4, 6, 65230, 0.01, 0.15),
)
"""First and last day, units, estimate and half-width."""


def with_trigger() -> Document:
    """The bar is better among those who viewed the cart, who decide; everybody together would not tell."""
    whole = samples.metric("conversion", "primary", 0.1077, [samples.comparison(0.1077, 0.021, 0.061)])
    own = samples.comparison(0.31, 0.094, 0.052)
    scaled = {side: value * 0.22 for side, value in own["relative"].items()}
    absolute = {side: value * 0.18 for side, value in own["absolute"].items()}
    own["everybody"] = {"absolute": absolute, "relative": scaled, "undetermined": None}
    entered = samples.metric("conversion", "primary", 0.31, [own], units=6500)
    check = {
        "status": "ok", "code": "trigger_balanced", "detail": "Divided as planned.", "p_value": 1.0,
        "event": "cart_viewed", "units": 13137, "exposed": 73025, "share": 0.18, "split": [6500, 6637],
    }  # fmt: skip
    report = samples.report([whole], "ship", decision=samples.conclusive()["decision"])
    report["health"] = {**report["health"], "trigger_balance": check}
    report["trigger"] = {
        "event": "cart_viewed",
        "decides": True,
        "withdrawn": False,
        "units": 13137,
        "share": 0.18,
        "variants": [],
        "metrics": [entered],
    }
    return {**report, "cuts": _cuts()}


def _cuts() -> Document:
    day = date(2026, 10, 19)
    return {
        "exploratory": True,
        "ages": [
            {"first_day": first, "last_day": last, "units": units, "metrics": [_row(estimate, half, units)]}
            for first, last, units, estimate, half in FADING
        ],
        "changes": [
            {
                "metric": "conversion",
                "name": "Checkout conversion",
                "variant": "bar",
                "slope": -0.06,
                "error": 0.02,
                "p_value": 0.004,
                "own_p_value": 0.004,
                "direction": "fades",
                "spans": 4,
                "method": "generalised least squares, normal mixture",
                "significant": True,
                "undetermined": None,
                "undetermined_code": None,
            }
        ],
        "days_together": 7,
        "dates": [
            {
                "from": (day + timedelta(weeks=week)).isoformat(),
                "to": (day + timedelta(weeks=week, days=6)).isoformat(),
                "units": 18256,
                "metrics": [_row(0.02 + 0.03 * week, 0.14, 18256)],
            }
            for week in range(4)
        ],
    }


def _row(estimate: float, half: float, units: int) -> Document:
    each = samples.comparison(0.1077, estimate, half)
    each["adjustment"] = "e-benjamini-hochberg"
    return samples.metric("conversion", "primary", 0.1077, [each], units=units // 2)
