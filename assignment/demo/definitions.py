"""The demo's metrics and experiments, as the management API takes them."""

from __future__ import annotations

from typing import Any

from assignment.demo.effects import ALSO_BOUGHT, BAR, CHECKOUT, EXIT

Document = dict[str, Any]

WINDOW_HOURS = 336

METRICS: tuple[Document, ...] = (
    {
        "key": "conversion",
        "name": "Shoppers who order",
        "kind": "proportion",
        "event": "order",
        "direction": "increase",
        "window_hours": WINDOW_HOURS,
    },
    {
        "key": "revenue",
        "name": "Revenue per shopper",
        "kind": "mean",
        "event": "order",
        "field": "value",
        "direction": "increase",
        "unit": "EUR",
        "window_hours": WINDOW_HOURS,
        "cap": {"value": 500},
    },
    {
        "key": "order-value",
        "name": "Average order value",
        "kind": "ratio",
        "numerator": {"event": "order", "field": "value"},
        "denominator": {"event": "order"},
        "direction": "increase",
        "unit": "EUR",
        "window_hours": WINDOW_HOURS,
    },
    {
        "key": "refund-rate",
        "name": "Refunds per order",
        "kind": "ratio",
        "numerator": {"event": "refund"},
        "denominator": {"event": "order"},
        "direction": "decrease",
        "window_hours": WINDOW_HOURS,
    },
    {
        "key": "recommendation-clicks",
        "name": "Shoppers who click a recommendation",
        "kind": "proportion",
        "event": "recommendation_click",
        "direction": "increase",
        "window_hours": WINDOW_HOURS,
    },
    {
        "key": "signups",
        "name": "Shoppers who ask for the newsletter",
        "kind": "proportion",
        "event": "newsletter_signup",
        "direction": "increase",
        "window_hours": WINDOW_HOURS,
    },
)


def _plan(mde: float, planned_units: int) -> Document:
    return {
        "method": "sequential",
        "alpha": 0.05,
        "power": 0.8,
        "mde": mde,
        "cuped": True,
        "planned_units": planned_units,
    }


EXPERIMENTS: tuple[Document, ...] = (
    {
        "key": BAR,
        "name": "Free-shipping bar",
        "hypothesis": "If we show in the cart how little is missing for free shipping, then more shoppers"
        " order and baskets grow, because the next euro visibly buys something.",
        "surface": "offer",
        "placement": "cart.banner",
        "variants": [
            {"key": "control", "name": "No bar", "weight": 0.5, "payload": {"show": False}},
            {"key": "bar", "name": "Bar at € 50", "weight": 0.5, "payload": {"show": True, "threshold": 50}},
        ],
        "metrics": {
            "primary": ["conversion"],
            "secondary": ["revenue", "order-value"],
            "guardrails": ["refund-rate"],
        },
        "plan": _plan(0.1, 20_000),
        "segments": ["device"],
    },
    {
        "key": CHECKOUT,
        "name": "Two-column checkout",
        "hypothesis": "If the order stays in sight beside the form, then more shoppers finish the checkout,"
        " because nothing about the price is left to doubt.",
        "surface": "layout",
        "placement": "checkout.page",
        "variants": [
            {"key": "control", "name": "One column", "weight": 0.5, "payload": {"columns": 1}},
            {"key": "two-column", "name": "Two columns", "weight": 0.5, "payload": {"columns": 2}},
        ],
        "metrics": {"primary": ["conversion"], "secondary": ["revenue"], "guardrails": ["refund-rate"]},
        "plan": _plan(0.05, 20_000),
        "segments": ["device"],
    },
    {
        "key": ALSO_BOUGHT,
        "name": "Recommendations on the product page",
        "hypothesis": "If we recommend what others bought along with a product instead of the bestsellers,"
        " then more shoppers click a recommendation, because it goes with what they came for.",
        "surface": "recommendation",
        "placement": "product.recommendations",
        "variants": [
            {
                "key": "control",
                "name": "Bestsellers",
                "weight": 0.34,
                "payload": {"strategy": "bestsellers", "title": "Our bestsellers"},
            },
            {
                "key": "also-bought",
                "name": "Also bought",
                "weight": 0.33,
                "payload": {"strategy": "also-bought", "title": "Others also bought"},
            },
            {
                "key": "similar",
                "name": "Similar products",
                "weight": 0.33,
                "payload": {"strategy": "similar", "title": "You may also like"},
            },
        ],
        "metrics": {
            "primary": ["recommendation-clicks"],
            "secondary": ["revenue"],
            "guardrails": ["refund-rate"],
        },
        "plan": _plan(0.1, 40_000),
        "segments": ["device"],
    },
    {
        "key": EXIT,
        "name": "Offer to those who leave with a full cart",
        "hypothesis": "If we offer € 5 for an address to who is about to leave with something in the cart,"
        " then more of them ask for the newsletter, because it gives them something now.",
        "surface": "offer",
        "placement": "cart.exit",
        "variants": [
            {"key": "control", "name": "Nothing", "weight": 0.5, "payload": {"show": False}},
            {
                "key": "offer",
                "name": "€ 5 for an address",
                "weight": 0.5,
                "payload": {
                    "show": True,
                    "title": "Before you go",
                    "text": "Take € 5 off this cart. We send you the code, and four letters a year.",
                },
            },
        ],
        "metrics": {"primary": ["signups"]},
        "plan": _plan(0.5, 10_000),
        "segments": ["device"],
    },
)
