"""Events say what the platform expects, under ids that make them count once."""

from __future__ import annotations

from proefwerk_openfeature import conversion, exposure


def test_an_exposure_has_the_same_id_wherever_it_is_made() -> None:
    event = exposure("s-é", "bar", "2", "control", {"device": "mobile"})
    # sha256sum of "exposure\nbar\n2\ncontrol\ns-é"; the JavaScript package is held to the same number.
    assert event == {
        "type": "exposure",
        "id": "a190a3085d9115b5a798be4b5faa3cd6",
        "unit": "s-é",
        "experiment": "bar",
        "variant": "control",
        "version": 2,
        "attributes": {"device": "mobile"},
    }
    others = [exposure("s-é", "bar", "1", "control"), exposure("s-é", "bar", "2", "treatment")]
    assert len({event["id"], *(other["id"] for other in others)}) == 3


def test_a_conversion_takes_scalars_and_knows_two_by_name() -> None:
    facts = {"id": "order-1", "currency": "EUR", "items": 3, "gift": False, "lines": [1], "coupon": None}
    assert conversion("s-1", "order", 49.95, facts) == {
        "type": "conversion",
        "id": "order-1",
        "unit": "s-1",
        "name": "order",
        "value": 49.95,
        "currency": "EUR",
        "properties": {"items": 3, "gift": False, "coupon": None},
    }
    assert "value" not in conversion("s-1", "order")


def test_a_conversion_without_an_id_gets_one_and_a_long_one_is_shortened() -> None:
    assert conversion("s-1", "order")["id"] != conversion("s-1", "order")["id"]
    long = [conversion("s-1", "order", None, {"id": "x" * 150 + end})["id"] for end in "aab"]
    assert long[0] == long[1] != long[2]
    assert len(long[0]) == 32
