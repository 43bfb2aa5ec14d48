"""How simulated shoppers behave, and so what every report on them should find."""

from __future__ import annotations

from dataclasses import dataclass

BAR = "free-shipping-bar"
CHECKOUT = "two-column-checkout"
ALSO_BOUGHT = "also-bought"
EXIT = "exit-offer"

MOBILE_SHARE = 0.5
LOYAL_SHARE = 0.2
# Loyal shoppers order more often and have ordered before; the weights average to 1.
LOYAL_WEIGHT = 2.2
OTHER_WEIGHT = 0.7
PAST_ORDERS = {True: 2.5, False: 0.3}
PAST_DAYS = 28.0

# Everyone sees a product page with recommendations, on which this share clicks.
CLICKS = {"control": 0.20, "also-bought": 0.24, "similar": 0.20}
CART_SHARE = 0.40
# Of those who reach the cart, this share orders in the end, averaged over both checkouts.
ORDERS = {"control": 0.120, "bar": 0.145}
# Of those who reach the checkout, this share orders.
COMPLETIONS = {
    "control": {"desktop": 0.54, "mobile": 0.46},
    "two-column": {"desktop": 0.62, "mobile": 0.44},
}
# An order's value is log-normal; these factors multiply it.
MEDIAN_ORDER = 42.0
ORDER_SPREAD = 0.5
LOYAL_VALUE = 1.3
VALUE = {(BAR, "bar"): 1.05, (ALSO_BOUGHT, "also-bought"): 1.04}
REFUND_SHARE = 0.2
# Of those who leave with something in the cart, this share asks for the newsletter first.
SIGNUPS = {"control": 0.05, "offer": 0.10}


def completion(variant: str, device: str | None = None) -> float:
    """Share of the shoppers at the checkout that order; over both devices when none is named."""
    by_device = COMPLETIONS[variant]
    if device is not None:
        return by_device[device]
    return MOBILE_SHARE * by_device["mobile"] + (1 - MOBILE_SHARE) * by_device["desktop"]


def reaches_checkout(bar: str, loyal: bool) -> float:
    """Share of the shoppers at the cart that go on to the checkout."""
    average = (completion("control") + completion("two-column")) / 2
    return ORDERS[bar] / average * (LOYAL_WEIGHT if loyal else OTHER_WEIGHT)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one variant against the control in one metric.

    Attributes:
        relative: The relative difference of the metric's means, such as 0.2 for 20 % more.
        control: The metric's mean under the control, where it is simple to say.
        device: Only among these shoppers; everyone when `None`.
    """

    experiment: str
    variant: str
    metric: str
    relative: float
    control: float | None = None
    device: str | None = None


def _lift(treated: float, control: float) -> float:
    return treated / control - 1


def _checkout(device: str | None) -> Truth:
    control = completion("control", device)
    lift = _lift(completion("two-column", device), control)
    return Truth(CHECKOUT, "two-column", "conversion", lift, control, device)


_BAR_ORDERS = _lift(ORDERS["bar"], ORDERS["control"])

TRUTHS: tuple[Truth, ...] = (
    Truth(BAR, "bar", "conversion", _BAR_ORDERS, ORDERS["control"]),
    Truth(BAR, "bar", "revenue", (1 + _BAR_ORDERS) * VALUE[BAR, "bar"] - 1),
    Truth(BAR, "bar", "order-value", VALUE[BAR, "bar"] - 1),
    Truth(BAR, "bar", "refund-rate", 0.0, REFUND_SHARE),
    _checkout(None),
    _checkout("desktop"),
    _checkout("mobile"),
    Truth(CHECKOUT, "two-column", "refund-rate", 0.0, REFUND_SHARE),
    Truth(
        ALSO_BOUGHT,
        "also-bought",
        "recommendation-clicks",
        _lift(CLICKS["also-bought"], CLICKS["control"]),
        CLICKS["control"],
    ),
    Truth(ALSO_BOUGHT, "similar", "recommendation-clicks", 0.0, CLICKS["control"]),
    Truth(ALSO_BOUGHT, "also-bought", "revenue", VALUE[ALSO_BOUGHT, "also-bought"] - 1),
    Truth(ALSO_BOUGHT, "similar", "revenue", 0.0),
    Truth(ALSO_BOUGHT, "also-bought", "refund-rate", 0.0, REFUND_SHARE),
    Truth(EXIT, "offer", "signups", _lift(SIGNUPS["offer"], SIGNUPS["control"]), SIGNUPS["control"]),
)
