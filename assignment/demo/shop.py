"""A small shop that a person can walk through; the browser snippet decides what they see."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask, Response, abort, render_template, send_from_directory

_PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True, slots=True)
class Product:
    """Something to buy; `goes_with` is what others bought along with it, `price` is in euros."""

    slug: str
    name: str
    kind: str
    price: float
    drawing: str
    tint: str
    text: str
    goes_with: tuple[str, ...]


PRODUCTS: tuple[Product, ...] = (
    Product(
        "mug",
        "Morning mug",
        "Table",
        14.5,
        "mug",
        "#e8d5c4",
        "Thrown by hand, glazed inside, raw clay outside. Holds 30 cl and the heat.",
        ("teapot", "tray", "candle"),
    ),
    Product(
        "teapot",
        "Kettle-side teapot",
        "Table",
        42.0,
        "teapot",
        "#cfdcd3",
        "Pours without a drip, four cups at a time. The strainer lifts out.",
        ("mug", "tray", "bowl"),
    ),
    Product(
        "bowl",
        "Breakfast bowl",
        "Table",
        18.0,
        "bowl",
        "#dcd3e0",
        "Deep enough for soup, wide enough for yoghurt with everything.",
        ("mug", "plate", "tray"),
    ),
    Product(
        "plate",
        "Everyday plate",
        "Table",
        16.0,
        "plate",
        "#d6e0ea",
        "A plate with a small rim, so that the sauce stays where it belongs.",
        ("bowl", "mug", "candle"),
    ),
    Product(
        "vase",
        "Tall vase",
        "Living",
        34.0,
        "vase",
        "#f0dcc8",
        "For three tulips or one branch of blossom. Stands firm.",
        ("plant", "candle", "lamp"),
    ),
    Product(
        "plant",
        "Plant in its pot",
        "Living",
        27.5,
        "plant",
        "#d3e3c9",
        "A rubber plant that forgives. Comes with a pot and a saucer.",
        ("vase", "lamp", "tray"),
    ),
    Product(
        "candle",
        "Beeswax candle",
        "Living",
        11.0,
        "candle",
        "#f2e3b8",
        "Burns eighteen hours and smells of nothing but honey.",
        ("vase", "mug", "lamp"),
    ),
    Product(
        "lamp",
        "Reading lamp",
        "Living",
        69.0,
        "lamp",
        "#e6d1cd",
        "Warm light where the book is. The arm turns, the shade tilts.",
        ("plant", "candle", "vase"),
    ),
    Product(
        "tray",
        "Oak tray",
        "Table",
        29.0,
        "tray",
        "#e3d6bd",
        "Oiled oak with a rim of a finger's breadth. Fits one good breakfast.",
        ("teapot", "mug", "bowl"),
    ),
)
BESTSELLERS = ("lamp", "teapot", "vase")
_BY_SLUG = {product.slug: product for product in PRODUCTS}


def create_shop(platform_url: str, client_key: str) -> Flask:
    """The shop; its pages load the snippet from the platform and name the client key."""
    shop = Flask("proefwerk-demo-shop", template_folder=str(_PAGES), static_folder=None)
    shop.jinja_env.globals.update(
        platform=platform_url.rstrip("/"),
        client_key=client_key,
        products=PRODUCTS,
        catalogue=json.dumps({product.slug: asdict(product) for product in PRODUCTS}),
        bestsellers=json.dumps(BESTSELLERS),
    )
    for path, page in (("/", "home"), ("/shop", "list"), ("/cart", "cart"), ("/checkout", "checkout")):
        shop.add_url_rule(path, page, _page(page))
    shop.add_url_rule("/thanks", "thanks", _page("thanks"))
    shop.add_url_rule("/p/<slug>", "product", _product)
    shop.add_url_rule("/assets/<path:name>", "assets", _asset)
    return shop


def _page(name: str) -> Callable[[], str]:
    def view() -> str:
        return render_template(f"{name}.html", page=name)

    return view


def _product(slug: str) -> str:
    product = _BY_SLUG.get(slug)
    if product is None:
        abort(404)
    return render_template("product.html", page="product", product=product)


def _asset(name: str) -> Response:
    if name not in ("shop.css", "shop.js"):
        abort(404)
    return send_from_directory(_PAGES, name, max_age=0)
