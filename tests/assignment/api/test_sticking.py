"""A person keeps the variant that any of their ids has got, through every door of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from assignment.engine import decide
from assignment.events import Exposure, Link
from assignment.snapshot import Experiment, Gate, Status
from tests.assignment.api.conftest import logged
from tests.assignment.examples import CLIENT_KEY, compiled, experiment, variants
from tests.assignment.sticky_shop import DOORS, STICKY, Shop

Ask = Callable[..., str]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    opened.open()
    yield opened
    opened.doors.sink.close()  # type: ignore[attr-defined]


def by_hash(unit: str, rule: Experiment = STICKY) -> str:
    return decide(compiled(rule), rule.key, {"id": unit}).variant


def ids(prefix: str, variant: str, count: int = 1) -> list[str]:
    """Ids whose own hash gives the variant."""
    found = (f"{prefix}{number}" for number in range(1_000))
    return [unit for unit in found if by_hash(unit) == variant][:count]


CONTROL, OTHER = "control", "treatment-1"
[A1] = ids("a", OTHER)
[A2, C9] = [*ids("b", CONTROL), *ids("c", CONTROL)]


@pytest.mark.parametrize(("first", "then"), list(product(DOORS, DOORS)))
def test_who_logs_in_keeps_what_they_saw_before_at_every_door(shop: Shop, first: str, then: str) -> None:
    before, after = getattr(shop, first), getattr(shop, then)
    assert before(A1) == OTHER
    assert after(C9, anonymousId=A1) == OTHER
    assert before(C9) == OTHER
    assert after(C9, anonymousId=A2) == OTHER
    assert before(A2) == OTHER, "the other device is the person's from now on"
    assert by_hash(C9) == by_hash(A2) == CONTROL


def test_before_login_the_id_may_come_under_either_name(shop: Shop) -> None:
    assert shop.remote("", anonymousId=A1) == OTHER
    assert shop.native(C9, anonymousId=A1) == OTHER


def test_an_id_under_the_fallback_attribute_alone_is_the_unit_of_the_exposure(shop: Shop) -> None:
    by_account = experiment("bar", hash_attribute="account", fallback_attribute="id")
    shop.publish(by_account)
    first = shop.named("visitor")
    assert shop.named("visitor", account="c9") == first
    units = [event.unit for event in logged(shop.folder) if isinstance(event, Exposure)]
    assert units == ["visitor", "c9"]


def test_two_ids_of_a_person_are_logged_once_also_without_an_exposure(shop: Shop) -> None:
    shop.native(A1)
    for _ in range(3):
        shop.all_flags(C9, anonymousId=A1)
        shop.native(C9, anonymousId=A2)
    links = [(event.unit, event.person) for event in logged(shop.folder) if isinstance(event, Link)]
    assert links == [(A1, C9), (A2, C9)]


def test_exposures_carry_the_unit_that_was_hashed_with_the_variant_that_was_kept(shop: Shop) -> None:
    shop.named(A1)
    shop.named(C9, anonymousId=A1)
    seen = [(event.unit, event.variant) for event in logged(shop.folder) if isinstance(event, Exposure)]
    assert seen == [(A1, OTHER), (C9, OTHER)]


def test_an_account_that_has_a_variant_keeps_it_on_a_device_that_had_another(shop: Shop) -> None:
    assert shop.native(C9) == CONTROL
    assert shop.native(A1) == OTHER
    assert shop.native(C9, anonymousId=A1) == CONTROL
    assert shop.native(A1) == OTHER, "what an id has got never changes"


@pytest.mark.parametrize("door", DOORS)
def test_of_two_processes_that_assign_a_person_at_once_the_first_is_right(shop: Shop, door: str) -> None:
    def other_process() -> None:
        shop.memory.kept = {C9: {"bar__2": OTHER}}

    shop.memory.before_keeping = other_process
    assert getattr(shop, door)(C9, anonymousId=A2) == OTHER
    shop.memory.before_keeping = lambda: None
    assert shop.native(C9) == shop.native(A2) == OTHER


def test_who_is_in_stays_in_when_the_audience_no_longer_fits(shop: Shop) -> None:
    shop.publish(experiment("bar", fallback_attribute="anonymousId", condition={"country": "NL"}))
    assert shop.native(A1, country="NL") == shop.native(C9, country="BE", anonymousId=A1)
    answer = shop.post("/api/v1/assign", {"context": {"targetingKey": C9, "country": "BE"}})
    assert answer["assignments"]["bar"]["in_experiment"] is True
    stranger = shop.post("/api/v1/assign", {"context": {"targetingKey": "x", "country": "BE"}})
    assert stranger["assignments"]["bar"]["reason"] == "TARGETING_MATCH"


@pytest.mark.parametrize("door", DOORS)
def test_a_new_phase_leaves_out_who_took_part_in_an_earlier_one(shop: Shop, door: str) -> None:
    shop.native(A1)
    shop.publish(experiment("bar", fallback_attribute="anonymousId", version=3, seed="bar:3"))
    newcomer = next(f"n{n}" for n in range(99) if by_hash(f"n{n}", shop.experiments[0]) == OTHER)
    ask = getattr(shop, door)
    assert ask(newcomer) == OTHER
    assert ask(C9, anonymousId=A1) == CONTROL
    assert C9 not in shop.memory.kept
    answer = shop.post("/api/v1/assign", {"context": {"targetingKey": A1}})["assignments"]["bar"]
    assert (answer["in_experiment"], answer["reason"]) == (False, "STATIC")


def test_a_gate_keeps_out_who_logs_in_to_an_account_that_it_does_not_let_in(shop: Shop) -> None:
    gate = Gate("held", "id", ((0.0, 0.5),))
    gated = experiment("bar", fallback_attribute="anonymousId", gates=(gate,))
    shop.publish(gated)
    let_in, kept_out = (
        next(
            f"{p}{n}"
            for n in range(99)
            if decide(compiled(gated), "bar", {"id": f"{p}{n}"}).in_experiment is lets
        )
        for p, lets in (("in", True), ("out", False))
    )
    shop.native(let_in)
    for door in DOORS:
        assert getattr(shop, door)(kept_out, anonymousId=let_in) == CONTROL
    assert kept_out not in shop.memory.kept


@pytest.mark.parametrize("door", DOORS)
def test_decisions_go_on_by_hash_while_the_memory_is_away_and_the_meters_say_so(
    shop: Shop, door: str
) -> None:
    shop.native(A1)
    shop.memory.is_away = True
    assert getattr(shop, door)(C9, anonymousId=A1) == CONTROL
    assert b'proefwerk_sticky_requests_total{memory="away"} 1.0' in shop.doors.meters.exposition()
    shop.memory.is_away = False
    assert getattr(shop, door)(C9, anonymousId=A1) == OTHER


def test_a_memory_that_goes_away_while_it_writes_does_not_fail_the_request(shop: Shop) -> None:
    def go_away() -> None:
        shop.memory.is_away = True

    shop.memory.before_keeping = go_away
    assert shop.native(A1) == OTHER
    assert b'{memory="away"} 1.0' in shop.doors.meters.exposition()


def test_experiments_without_a_fallback_attribute_ask_no_memory(shop: Shop) -> None:
    shop.publish(experiment("bar"), experiment("paused", fallback_attribute="a", status=Status.PAUSED))
    for door in DOORS:
        getattr(shop, door)(C9, anonymousId=A1)
    assert shop.memory.asked == 0
    assert not any(isinstance(event, Link) for event in logged(shop.folder))


def test_a_forced_variant_is_shown_and_neither_kept_nor_in_the_way(shop: Shop) -> None:
    document = {"context": {"targetingKey": A1}, "forced": {"bar": CONTROL}}
    assert shop.post("/api/v1/assign", document)["assignments"]["bar"]["variant"] == CONTROL
    flag = shop.post("/ofrep/v1/evaluate/flags/bar", document, X_Proefwerk_Force=f"bar={CONTROL}")
    assert flag["variant"] == CONTROL
    shop.post(f"/api/eval/{CLIENT_KEY}", {"attributes": {"id": A1}, "forcedVariations": {"bar": 0}})
    assert shop.memory.kept == {}
    assert shop.native(A1) == OTHER


@pytest.mark.parametrize("unit", ["x" * 201, "a\0b", {"a": 1}, True, ["a"], "", None, 0])
def test_an_id_that_cannot_be_kept_is_passed_over(shop: Shop, unit: object) -> None:
    for door in DOORS:
        assert getattr(shop, door)(C9, anonymousId=unit) == CONTROL
    assert set(shop.memory.kept) == {C9}


def test_a_number_is_the_same_id_as_its_text(shop: Shop) -> None:
    [seventeen] = [str(n) for n in range(1, 99) if by_hash(str(n)) == OTHER][:1]
    shop.native(seventeen)
    assert shop.native(C9, anonymousId=int(seventeen)) == OTHER


def test_grown_variants_are_kept_by_their_key(shop: Shop) -> None:
    weights = variants(0.2, 0.3, 0.5)
    shop.publish(experiment("bar", variants=weights, fallback_attribute="anonymousId"))
    for number in range(50):
        kept = shop.native(f"g{number}")
        assert shop.one_flag(f"h{number}", anonymousId=f"g{number}") == kept


def test_nothing_is_remembered_of_crawlers(shop: Shop) -> None:
    document = {"context": {"targetingKey": A1, "anonymousId": A2}}
    crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    answer = shop.post("/api/v1/assign", document, User_Agent=crawler)
    assert answer["assignments"]["bar"]["variant"] == OTHER
    assert shop.memory.kept == {}
    assert logged(shop.folder) == []


def test_what_another_process_kept_of_one_experiment_takes_nothing_from_another(shop: Shop) -> None:
    by_device = experiment("device", fallback_attribute="deviceId", seed="d")
    shop.publish(STICKY, by_device)
    shop.memory.kept = {"till": {"device__1": OTHER}}

    def other_process() -> None:
        shop.memory.kept[C9] = {"bar__2": OTHER, "device__1": OTHER}

    shop.memory.before_keeping = other_process
    assert shop.native(C9, "bar", deviceId="till", anonymousId=A2) == OTHER
    assert shop.native(C9, "device", deviceId="till") == OTHER
