"""Evaluations inside an experiment are exposures; nothing that goes wrong with them reaches the shop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
from openfeature.track import TrackingEventDetails
from proefwerk_openfeature import EventSender, ExposureHook, ProefwerkProvider
from stand_in import Platform, platform

METADATA: dict[str, Any] = {"experiment": "bar", "version": "2", "unit": "s-1", "inExperiment": True}
SHOPPER = EvaluationContext("s-1", {"device": "mobile", "company": 7.0, "email": "s@example.org", "id": "x"})


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as running:
        yield running
        api.shutdown()
        api.clear_hooks()


def flag(**metadata: Any) -> InMemoryFlag[str]:
    return InMemoryFlag("on", {"on": "yes"}, flag_metadata={**METADATA, **metadata})


def evaluate(hook: ExposureHook, **flags: InMemoryFlag[str]) -> list[Any]:
    api.set_provider(InMemoryProvider(flags))
    api.clear_hooks()
    api.add_hooks([hook])
    return [api.get_client().get_string_value(key, "default", SHOPPER) for key in flags for _ in range(3)]


def test_an_evaluation_inside_an_experiment_is_reported_once(shop: Platform) -> None:
    sender = EventSender(shop.url, "key")
    hook = ExposureHook(sender, attributes=["device", "id"])
    assert evaluate(hook, bar=flag()) == ["yes"] * 3
    assert sender.flush()
    (event,) = shop.events
    assert (event["unit"], event["experiment"], event["variant"]) == ("s-1", "bar", "on")
    assert event["attributes"] == {"device": "mobile"}


def test_the_unit_is_what_was_split_and_not_who_asked(shop: Platform) -> None:
    sender = EventSender(shop.url, "key")
    evaluate(ExposureHook(sender), bar=flag(unit="7", hashAttribute="company"))
    assert sender.flush()
    assert shop.events[0]["unit"] == "7"
    assert set(shop.events[0]["attributes"]) == {"device", "company", "email"}


@pytest.mark.parametrize(
    "metadata", [{"inExperiment": False}, {"inExperiment": "true"}, {"inExperiment": None}]
)
def test_an_evaluation_outside_an_experiment_is_no_exposure(shop: Platform, metadata: dict[str, Any]) -> None:
    sender = EventSender(shop.url, "key")
    evaluate(ExposureHook(sender), bar=flag(**metadata))
    assert sender.flush()
    assert shop.events == []


@pytest.mark.parametrize("inside", [True, False])
def test_who_meets_an_experiment_of_a_holdout_is_exposed_to_that_too(shop: Platform, inside: bool) -> None:
    sender = EventSender(shop.url, "key")
    side = {"holdout": "h", "holdoutVariant": "held-out", "holdoutVersion": "3", "holdoutUnit": "s-9"}
    evaluate(ExposureHook(sender), bar=flag(inExperiment=inside, **side))
    assert sender.flush()
    told = {(event["experiment"], event["unit"], event["variant"]) for event in shop.events}
    assert told == {("h", "s-9", "held-out")} | ({("bar", "s-1", "on")} if inside else set())


def test_a_broken_exposure_fails_no_evaluation(shop: Platform) -> None:
    class Broken(EventSender):
        def send(self, event: Any) -> bool:
            raise RuntimeError("broken")

    broken = ExposureHook(Broken(shop.url, "key"))
    metadata = dict(METADATA)
    del metadata["unit"]
    assert evaluate(broken, bar=flag()) == ["yes"] * 3
    assert evaluate(broken, bar=InMemoryFlag("on", {"on": "yes"}, flag_metadata=metadata)) == ["yes"] * 3


def test_track_is_a_conversion_for_each_unit(shop: Platform) -> None:
    provider = ProefwerkProvider(shop.url, "key", units=("targetingKey", "company", "nothing"))
    api.set_provider(provider)
    api.get_client().track(
        "order", SHOPPER, TrackingEventDetails(49.95, {"currency": "EUR", "items": 2, "id": "order-1"})
    )
    api.get_client().track("visit", SHOPPER)
    api.get_client().track("nobody")
    assert provider.sender.flush()
    orders = [event for event in shop.events if event["name"] == "order"]
    assert [(event["unit"], event["id"]) for event in orders] == [
        ("s-1", "order-1"),
        ("7", "order-1:company"),
    ]
    assert orders[0]["value"] == 49.95
    assert orders[0]["currency"] == "EUR"
    assert orders[0]["properties"] == {"items": 2}
    assert [event["unit"] for event in shop.events if event["name"] == "visit"] == ["s-1", "7"]
    assert len(shop.events) == 4


def test_the_provider_reports_what_it_resolves_and_sends_what_is_left_at_shutdown(
    shop: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(**_: object) -> FlagResolutionDetails[Any]:
        return FlagResolutionDetails({"show": True}, None, None, Reason.SPLIT, "on", METADATA)

    provider = ProefwerkProvider(shop.url, "key")
    monkeypatch.setattr(provider, "resolve_object_details", resolve)
    api.set_provider(provider)
    assert api.get_client().get_object_value("bar", {}, SHOPPER) == {"show": True}
    api.shutdown()
    assert [event["experiment"] for event in shop.events] == ["bar"]
