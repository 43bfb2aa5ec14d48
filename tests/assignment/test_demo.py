"""The demo's shoppers behave by the known effects and speak only HTTP."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assignment.demo.arrange import arrange
from assignment.demo.client import Client, PlatformError
from assignment.demo.definitions import EXPERIMENTS, METRICS
from assignment.demo.effects import ALSO_BOUGHT, BAR, CHECKOUT, EXIT, ORDERS, TRUTHS, Truth
from assignment.demo.shoppers import Crowd, Pace
from assignment.demo.visit import Shopper, arrive, past_orders, visit
from assignment.events import Conversion, Exposure, decode_event
from assignment.snapshot import Experiment, Status, Variant

from .examples import CLIENT_KEY, SERVER_KEY
from .platform import Platform

Visit = tuple[Shopper, dict[str, str], list[dict[str, Any]]]


def demo_experiments() -> tuple[Experiment, ...]:
    """The demo's experiments as they are published."""
    return tuple(
        Experiment(
            document["key"],
            1,
            Status.RUNNING,
            document["key"],
            "id",
            tuple(Variant(**variant) for variant in document["variants"]),
            1.0,
            {},
        )
        for document in EXPERIMENTS
    )


@pytest.fixture(scope="module")
def visits() -> list[Visit]:
    """Many visits, with variants drawn by the planned weights."""
    chance = random.Random(20261123)
    weights = {
        document["key"]: (
            [v["key"] for v in document["variants"]],
            [v["weight"] for v in document["variants"]],
        )
        for document in EXPERIMENTS
    }
    made = []
    for number in range(150_000):
        shopper = arrive(chance, str(number))
        met: dict[str, str] = {}

        def meet(key: str, met: dict[str, str] = met) -> str:
            met[key] = chance.choices(*weights[key])[0]
            return met[key]

        made.append((shopper, met, visit(chance, shopper, meet)))
    return made


def _outcome(metric: str, events: list[dict[str, Any]]) -> tuple[float, float]:
    """Numerator and denominator of one shopper."""
    orders = [event["value"] for event in events if event["name"] == "order"]
    clicked = any(event["name"] == "recommendation_click" for event in events)
    refunds = sum(event["name"] == "refund" for event in events)
    outcomes: dict[str, tuple[float, float]] = {
        "conversion": (bool(orders), 1),
        "revenue": (sum(orders), 1),
        "order-value": (sum(orders), len(orders)),
        "refund-rate": (refunds, len(orders)),
        "recommendation-clicks": (clicked, 1),
        "signups": (any(event["name"] == "newsletter_signup" for event in events), 1),
    }
    return outcomes[metric]


def _mean_and_error(visits: list[Visit], truth: Truth, variant: str) -> tuple[float, float]:
    """A ratio of means with its standard error by the delta method."""
    pairs = [
        _outcome(truth.metric, events)
        for shopper, met, events in visits
        if met.get(truth.experiment) == variant and truth.device in (None, shopper.device)
    ]
    count = len(pairs)
    above, below = (sum(values) / count for values in zip(*pairs, strict=True))
    ratio = above / below
    variance = sum((top - ratio * bottom) ** 2 for top, bottom in pairs) / count
    return ratio, (variance / count) ** 0.5 / below


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: f"{truth.variant}-{truth.metric}-{truth.device}")
def test_shoppers_behave_by_the_known_effects(visits: list[Visit], truth: Truth) -> None:
    control, control_error = _mean_and_error(visits, truth, "control")
    treated, treated_error = _mean_and_error(visits, truth, truth.variant)
    if truth.control is not None:
        assert abs(control - truth.control) < 4 * control_error
    expected = (1 + truth.relative) * control
    error = (treated_error**2 + ((1 + truth.relative) * control_error) ** 2) ** 0.5
    assert abs(treated - expected) < 4 * error


def test_every_experiment_and_metric_of_the_truths_is_defined() -> None:
    metrics = {metric["key"] for metric in METRICS}
    for truth in TRUTHS:
        document = next(item for item in EXPERIMENTS if item["key"] == truth.experiment)
        assert truth.variant in [variant["key"] for variant in document["variants"][1:]]
        named = [key for role in document["metrics"].values() for key in role]
        assert truth.metric in named
        assert truth.metric in metrics
    assert {document["surface"] for document in EXPERIMENTS} == {"offer", "layout", "recommendation"}


def test_the_bar_lifts_orders_from_12_to_14_and_a_half_percent(visits: list[Visit]) -> None:
    assert ORDERS == {"control": 0.12, "bar": 0.145}
    truth = next(truth for truth in TRUTHS if (truth.experiment, truth.metric) == (BAR, "conversion"))
    assert truth.relative == pytest.approx(0.2083, abs=1e-4)


def test_past_orders_lie_before_the_visit_and_tell_loyal_shoppers_apart() -> None:
    chance = random.Random(7)
    now = datetime.now(UTC)
    counts = []
    for loyal in (True, False):
        shopper = Shopper("u", "mobile", "NL", loyal)
        orders = [order for _ in range(500) for order in past_orders(chance, shopper, now)]
        times = [datetime.fromisoformat(order["time"]) for order in orders]
        assert all(timedelta(0) < now - time < timedelta(days=29) for time in times)
        counts.append(len(orders))
    assert counts[0] > 4 * counts[1] > 0


def test_every_event_of_a_shopper_is_one_that_the_log_takes(visits: list[Visit]) -> None:
    for _, _, events in visits[:2_000]:
        for event in events:
            assert isinstance(decode_event(json.dumps(event).encode()), Conversion)


def test_the_crowd_rushes_first_and_trickles_then() -> None:
    pace = Pace(rush=100, crowd=1_000, trickle=10)
    assert [pace.due(count) for count in (0, 500, 1_000, 1_010)] == [0, 5, 10, 11]


def test_a_crowd_reports_what_it_met_by_http_alone(tmp_path: Path) -> None:
    platform = Platform(tmp_path, demo_experiments())
    crowd = Crowd(platform.url, SERVER_KEY, Pace(rush=10_000), seed=1)
    crowd.start()
    while crowd.arrived < 200 and crowd.failure is None:
        assert crowd.wait(0.05)
    crowd.stop()
    platform.close()
    assert crowd.failure is None
    events = platform.logged()
    met = [event for event in events if isinstance(event, Exposure)]
    units = {event.unit for event in met}
    assert len(units) >= 200
    assert {event.experiment for event in met} == {BAR, CHECKOUT, ALSO_BOUGHT, EXIT}
    assert sum(event.experiment == ALSO_BOUGHT for event in met) == len(units)
    assert {event.attributes["device"] for event in met} == {"mobile", "desktop"}
    assert len({event.id for event in events}) == len(events)


def test_a_crowd_with_a_wrong_key_says_so(tmp_path: Path) -> None:
    platform = Platform(tmp_path, demo_experiments())
    crowd = Crowd(platform.url, "wrong", Pace(rush=10_000))
    crowd.start()
    while crowd.wait(0.05):
        pass
    platform.close()
    assert isinstance(crowd.failure, PlatformError)
    assert crowd.failure.status == 401


def test_a_client_waits_for_a_platform_that_is_busy_and_gives_up_on_one_that_is_gone(tmp_path: Path) -> None:
    platform = Platform(tmp_path, demo_experiments())
    platform.refuse = True
    event = {"type": "conversion", "id": "1", "unit": "u", "name": "order"}
    with Client(platform.url, SERVER_KEY, patience=0.3) as client:
        with pytest.raises(ConnectionError, match="it answers 503"):
            client.post("/api/v1/events", [event])
        platform.refuse = False
        assert client.post("/api/v1/events", [event])["accepted"] == 1
    platform.close()
    with Client("http://127.0.0.1:9", "key", patience=0.2) as gone, pytest.raises(ConnectionError):
        gone.get("/healthz")
    with pytest.raises(ValueError, match="is not an address"):
        Client("localhost:8000", "key")


def test_arranging_fails_in_words_where_there_is_no_management(tmp_path: Path) -> None:
    platform = Platform(tmp_path, demo_experiments())
    with Client(platform.url, CLIENT_KEY, patience=0.2) as client, pytest.raises(PlatformError):
        arrange(client)
    platform.close()
