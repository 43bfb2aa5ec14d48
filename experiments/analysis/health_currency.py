"""Amounts in other currencies: which were converted, by which rates, and which could not be."""

from __future__ import annotations

from typing import Any

from experiments.analysis.health_split import finding
from experiments.analysis.measure import Measurement

Document = dict[str, Any]


def currency_check(measurement: Measurement) -> Document:
    """Whether every amount counts in its metric's currency."""
    by_metric: Document = {}
    left, mixed, converted = [], [], 0
    for each in measurement.metrics:
        name = each.form.name
        found: Document = {}
        if each.left.currency:
            found["left_out"] = each.left.currency
            listed = _listed(each.left.currency)
            left.append(f"'{name}' is in {each.form.unit}; events without a rate are left out: {listed}.")
        if each.left.converted:
            found["converted"] = each.left.converted
            converted += sum(each.left.converted.values())
        if each.left.mixed:
            found["mixed"] = list(each.left.mixed)
            listed = ", ".join(each.left.mixed)
            mixed.append(f"'{name}' names no currency but adds up {listed}; give it a unit.")
        if found:
            by_metric[each.form.key] = found
    if left or mixed:
        return finding("warning", "other_currencies", " ".join(left + mixed), metrics=by_metric)
    if converted:
        detail = f"{converted:,} amounts in other currencies were converted at the rate of their day."
        return finding("ok", "currencies_converted", detail, metrics=by_metric, events=converted)
    return finding("ok", "one_currency", "No amounts in other currencies.", metrics={})


def rates_document(measurement: Measurement) -> Document:
    """The report's `rates`: what was converted and left out, by metric and currency, with the rates' hash.

    Nothing at all for a report from before amounts were converted, which is computed again as it was.
    """
    used = measurement.rates
    if used is None:
        return {}
    return {
        "rates": {
            "hash": used.digest,
            "count": used.count,
            "first_day": None if used.first is None else used.first.isoformat(),
            "last_day": None if used.last is None else used.last.isoformat(),
            "currencies": [
                {
                    "metric": each.form.key,
                    "unit": each.form.unit,
                    "currency": currency,
                    "converted": each.left.converted.get(currency, 0),
                    "left_out": each.left.currency.get(currency, 0),
                }
                for each in measurement.metrics
                for currency in sorted({**each.left.converted, **each.left.currency})
            ],
        }
    }


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} in {name}" for name, count in counts.items())
