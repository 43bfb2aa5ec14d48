"""An e-mail in a real browser: the image of the variant, a pixel for the other, each person counted once."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from assignment.engine import decide
from assignment.events import Exposure
from assignment.snapshot import Variant

from .examples import CLIENT_KEY, SERVER_KEY, experiment, shopper
from .platform import Platform
from .snippet import pages

pytestmark = pytest.mark.browser
IMAGE = "https://images.shop.example/sled.png"
VARIANTS = (
    Variant("control", "Plain", 0.5, {"link": "https://www.shop.example/winter"}),
    Variant("sled", "Sled", 0.5, {"image": IMAGE, "link": "https://www.shop.example/sleds"}),
)


@pytest.mark.parametrize("variant", ["sled", "control"])
def test_a_mail_shows_and_leads_to_what_the_variant_of_its_reader_says(
    tmp_path: Path, context: BrowserContext, variant: str
) -> None:
    platform = Platform(tmp_path, (experiment("winter", variants=VARIANTS),))
    rules = platform.compiled()
    units = (f"c-{number}" for number in range(100))
    unit = next(each for each in units if decide(rules, "winter", shopper(each)).variant == variant)
    secret = hashlib.sha256(SERVER_KEY.encode()).hexdigest()
    token = hmac.new(secret.encode(), f"mail:{unit}".encode(), "sha256").hexdigest()[:32]
    address = f"{platform.url}/%s/{CLIENT_KEY}/winter?unit={unit}&token={token}"
    mail = f'<!doctype html><a href="{address % "r"}"><img src="{address % "e"}" alt="Winter"></a>'
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    with pages(lambda path: mail) as inbox:
        page = context.new_page()
        for _ in range(2):
            page.goto(inbox)
            page.wait_for_function("document.images[0].complete")
        size = page.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]")
        with context.expect_event(
            "request", lambda request: ".example" in request.url and "png" not in request.url
        ):
            page.click("a", no_wait_after=True)
    platform.close()
    # Nobody answers under the addresses of the payload here: that they are asked for is what counts.
    assert (IMAGE in asked) == (variant == "sled")
    assert (size == [1, 1]) == (variant == "control")
    assert asked[-1] == f"https://www.shop.example/{'sleds' if variant == 'sled' else 'winter'}"
    (event,) = platform.logged()
    assert isinstance(event, Exposure)
    assert (event.unit, event.variant, event.attributes) == (unit, variant, {"opened_by": "reader"})
