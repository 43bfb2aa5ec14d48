"""The calculator over HTTP: from the shop's history or from given moments, and "too small" as an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from experiments.analysis.baseline import Baseline
from experiments.api.openapi import openapi_document
from experiments.db import Database, utc_now
from experiments.service.baselines import save_baselines
from experiments.service.lookup import find_metric
from experiments.service.records import metric_form
from stats.outlook import Outcome
from stats.power import Question, plan_size
from tests.experiments.api.conftest import Api

Document = dict[str, Any]
GIVEN = {"kind": "mean", "mean": 10.0, "std": 30.0, "effect": 0.05}


def plan(api: Api, document: Document, status: int = 200) -> Document:
    answer = api.send("POST", "/plan", document)
    assert answer.status_code == status, answer.json
    assert answer.json is not None
    body: Document = answer.json
    return body


def remember(database: Database, key: str, daily: float | None = 1_000.0, **changes: Any) -> None:
    """What the scheduler would have found about a metric."""
    now = utc_now()
    moments = {"mean": 0.03, "std": 0.17, "skewness": 5.5, "nonzero": 0.03, "left": 1.0} | changes
    known = Baseline("exposures", 28_000, now - timedelta(days=28), now, daily, **moments)
    with database.session() as session:
        form = metric_form(find_metric(session, key))
        save_baselines(session, [form], {key: known}, now)


def test_given_moments_are_planned_as_the_statistics_plan_them(api: Api) -> None:
    found = plan(api, {**GIVEN, "daily": 2_000, "shares": [0.4, 0.3, 0.3]})
    asked = Question(Outcome("mean", 10.0, 30.0), (0.4, 0.3, 0.3), "sequential", comparisons=2)
    size = plan_size(asked, 0.05)
    assert found["comparisons"] == 2
    assert found["size"]["units"] == size.units
    assert found["size"]["per_variant"] == list(size.per_variant)
    assert found["size"]["days"] == -(-size.units // 2_000)
    assert found["size"]["expected_units"] == size.expected_units < size.expected_units_without
    assert [row["weeks"] for row in found["detectable"]] == [2, 4, 8]
    assert found["detectable"][0]["increase"] > found["detectable"][2]["increase"] > 0
    assert found["detectable"][0]["decrease"] < 0
    powers = {round(row["effect"], 3): row["power"] for row in found["power_curve"]}
    assert powers[0.05] == pytest.approx(0.8, abs=0.005)
    assert powers[0.1] > 0.99
    assert found["baseline"] is None
    assert found["too_small"] is None


def test_a_metric_is_planned_from_the_shops_own_history(api: Api, database: Database) -> None:
    remember(database, "conversion")
    found = plan(api, {"metric": "conversion", "effect": 0.1})
    assert (found["mean"], found["daily"], found["kind"]) == (0.03, 1_000.0, "proportion")
    assert found["baseline"]["source"] == "exposures"
    assert found["baseline"]["units"] == 28_000
    assert found["size"]["weeks"] == -(-found["size"]["units"] // 7_000)
    other = plan(api, {"metric": "conversion", "effect": 0.1, "mean": 0.06, "daily": 500})
    assert other["size"]["units"] < found["size"]["units"]
    assert other["daily"] == 500


def test_covariates_count_unless_they_are_declined(api: Api, database: Database) -> None:
    remember(database, "revenue", mean=3.0, std=20.0, left=0.7)
    adjusted = plan(api, {"metric": "revenue", "effect": 0.1})["size"]["units"]
    plain = plan(api, {"metric": "revenue", "effect": 0.1, "cuped": False})["size"]["units"]
    assert adjusted == pytest.approx(0.7 * plain, rel=0.01)


def test_a_changed_metric_has_no_history(api: Api, database: Database) -> None:
    remember(database, "conversion")
    changed = {"name": "Conversion", "kind": "proportion", "event": "checkout"}
    assert api.send("PUT", "/metrics/conversion", changed).status_code == 200
    refused = plan(api, {"metric": "conversion", "effect": 0.1}, 422)
    assert [error["field"] for error in refused["errors"]] == ["mean"]
    renamed = {"name": "Orders", "kind": "proportion", "event": "order"}
    assert api.send("PUT", "/metrics/conversion", renamed).status_code == 200
    assert plan(api, {"metric": "conversion", "effect": 0.1})["mean"] == 0.03


def test_too_small_is_an_answer_with_what_is_needed(api: Api, database: Database) -> None:
    remember(database, "refunds", daily=100.0, mean=0.01, std=0.1, nonzero=0.01)
    remember(database, "revenue", daily=100.0, mean=10.0, std=8.0, skewness=0.5, nonzero=0.9)
    found = plan(api, {"metric": "refunds", "effect": -0.1})
    small = found["too_small"]
    assert found["size"]["weeks"] > small["most_weeks"] == 26
    assert small["units"] == 26 * 7 * 100
    assert small["decrease"] < -0.1 < 0 < small["increase"]
    assert small["power"] < 0.8
    assert [other["metric"] for other in small["metrics"]] == ["revenue"]
    enough = plan(api, {"metric": "refunds", "effect": -0.1, "daily": small["daily_needed"]})
    assert enough["too_small"] is None
    assert enough["size"]["weeks"] == 26
    larger = plan(api, {"metric": "refunds", "effect": small["decrease"], "daily": 100.0})
    assert larger["size"]["weeks"] == pytest.approx(26, abs=1)


def test_a_nearer_method_is_named_when_it_would_do(api: Api) -> None:
    found = plan(api, {**GIVEN, "effect": 0.02, "daily": 4_100})
    assert found["too_small"]["methods"][0]["method"] == "fixed"
    assert found["too_small"]["methods"][0]["weeks"] <= 26


def test_without_an_effect_it_tells_what_can_be_found(api: Api) -> None:
    found = plan(api, {"kind": "retention", "mean": 0.3, "daily": 200})
    assert found["size"] is None
    assert len(found["detectable"]) == 3
    assert plan(api, {**GIVEN})["detectable"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": None}, "metric"),
        ({"metric": "conversion"}, "kind"),
        ({"mean": None}, "mean"),
        ({"mean": 0}, "mean"),
        ({"std": None}, "std"),
        ({"std": -1}, "std"),
        ({"effect": 0}, "effect"),
        ({"effect": -1}, "effect"),
        ({"kind": "proportion", "mean": 0.7, "effect": 0.5}, "effect"),
        ({"kind": "proportion", "mean": 7}, "mean"),
        ({"kind": "quantile", "method": "bayesian"}, "method"),
        ({"alpha": 0.7}, "alpha"),
        ({"power": 0.4}, "power"),
        ({"shares": [1]}, "shares"),
        ({"looks": 5}, "looks"),
        ({"comparisons": 0}, "comparisons"),
        ({"daily": 0}, "daily"),
        ({"typo": 1}, "typo"),
    ],
)
def test_what_cannot_be_planned_is_named(api: Api, changes: Document, field: str) -> None:
    document = {name: value for name, value in {**GIVEN, **changes}.items() if value is not None}
    assert [error["field"] for error in plan(api, document, 422)["errors"]] == [field]


def test_an_unknown_metric_is_not_found_and_the_key_must_be_an_admins(api: Api) -> None:
    plan(api, {"metric": "unheard-of", "effect": 0.1}, 404)
    assert api.send("POST", "/plan", GIVEN, key="server").status_code == 403
    assert api.send("POST", "/plan", GIVEN, key=None).status_code == 401


def test_answers_are_as_described(api: Api, database: Database) -> None:
    remember(database, "refunds", daily=100.0, mean=0.01, std=0.1, nonzero=0.01)
    remember(database, "revenue", mean=10.0, std=8.0)
    document = openapi_document()
    schema = {"$ref": "#/components/schemas/Plan", "components": document["components"]}
    known = {"metric": "refunds"}
    for request in (GIVEN, {**GIVEN, "daily": 3}, known, {**known, "effect": -0.1}):
        jsonschema.validate(plan(api, request), schema)
