"""Experiments that shops often begin with, to be filled in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash_ui.i18n import _
from dash_ui.wizard.hypothesis import Sentence

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """One of them.

    Attributes:
        placement: Where in the shop; a name that its pages use.
        sentence: What is expected.
        variants: Key, name and payload of each, the control first.
        segments: Properties that its result is read by.
    """

    code: str
    name: str
    about: str
    surface: str
    placement: str
    sentence: Sentence
    variants: tuple[tuple[str, str, Payload], ...]
    segments: tuple[str, ...] = ("device",)


def templates() -> tuple[Template, ...]:
    """All of them, in the language of the request."""
    return tuple(make() for make in _MADE)


def _threshold() -> Template:
    shown = _("From €50 your order ships free")
    return Template(
        "free-shipping",
        _("Free-shipping threshold"),
        _("Show from which basket an order ships free."),
        "offer",
        "cart.banner",
        Sentence(
            _("show that orders from €50 ship free"),
            _("shoppers with a basket"),
            _("the margin per shopper rises"),
            _("they add a product to reach the amount"),
        ),
        (
            ("control", _("As it is"), {"kind": "none"}),
            ("from-50", _("Free from €50"), {**_free(50), "text": shown}),
        ),
    )


def _free(amount: int) -> Payload:
    return {"kind": "free_shipping", "minimum_basket": amount}


def _bundle() -> Template:
    return Template(
        "bundle",
        _("Bundle offer"),
        _("Offer products that go together at a lower price."),
        "offer",
        "product.below_price",
        Sentence(
            _("offer a bundle at 10% less"),
            _("shoppers on a product page"),
            _("orders hold more products"),
            _("what goes together is found in one place"),
        ),
        (
            ("control", _("Without bundle"), {"kind": "none"}),
            ("bundle", _("Bundle at 10% less"), {"kind": "bundle", "value": 10}),
        ),
        ("device", "category"),
    )


def _gift() -> Template:
    return Template(
        "gift",
        _("Gift from an amount"),
        _("Give something small with larger orders."),
        "offer",
        "cart.banner",
        Sentence(
            _("give a gift with orders from €60"),
            _("shoppers with a basket"),
            _("the margin per shopper rises"),
            _("a gift persuades more than the same amount off"),
        ),
        (
            ("control", _("Without gift"), {"kind": "none"}),
            ("gift", _("Gift from €60"), {"kind": "gift", "minimum_basket": 60}),
        ),
    )


def _checkout() -> Template:
    return Template(
        "checkout",
        _("Checkout on one page"),
        _("Put the steps of the checkout below one another."),
        "layout",
        "checkout",
        Sentence(
            _("put the whole checkout on one page"),
            _("shoppers who check out"),
            _("more of them order"),
            _("they see how little is still to fill in"),
        ),
        (
            ("control", _("In steps"), {"template": "steps"}),
            (
                "one-page",
                _("One page"),
                {"template": "one-page", "slots": ["address", "delivery", "payment", "summary"]},
            ),
        ),
    )


def _product_page() -> Template:
    return Template(
        "product-page",
        _("Order of the product page"),
        _("Show what persuades higher up the page."),
        "layout",
        "product",
        Sentence(
            _("show reviews above the description"),
            _("shoppers on a product page"),
            _("more of them order"),
            _("they trust other shoppers more than our words"),
        ),
        (
            ("control", _("Description first"), {"slots": ["photos", "price", "description", "reviews"]}),
            ("reviews", _("Reviews first"), {"slots": ["photos", "price", "reviews", "description"]}),
        ),
    )


def _also_bought() -> Template:
    return Template(
        "also-bought",
        _("Bought together"),
        _("Recommend what others bought with it."),
        "recommendation",
        "product.below",
        Sentence(
            _("recommend what others bought with a product"),
            _("shoppers on a product page"),
            _("orders hold more products"),
            _("what belongs with it is easily forgotten"),
        ),
        (
            ("control", _("Bestsellers"), {"recipe": "bestsellers", "items": 6, "stock_floor": 5}),
            ("together", _("Bought together"), {"recipe": "also_bought", "items": 6, "stock_floor": 5}),
        ),
        ("device", "category"),
    )


_MADE: tuple[Callable[[], Template], ...] = (
    _threshold,
    _bundle,
    _gift,
    _checkout,
    _product_page,
    _also_bought,
)
