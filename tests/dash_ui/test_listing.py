"""What the list says about each experiment."""

from __future__ import annotations

from typing import Any

from dash_ui.components.interval import mini_interval, scale_of
from dash_ui.gateway import Gateway
from dash_ui.gateway.listing import Digest, read_digest
from dash_ui.records import Lift
from experiments.analysis.digest import digest
from tests.dash_ui.shop import EXPERIMENTS


def digested(report: dict[str, Any]) -> Digest:
    return read_digest(digest(report))


def test_experiments_that_need_somebody_stand_first(gateway: Gateway) -> None:
    page = gateway.experiments()
    phases = [row.phase for row in page.rows]
    assert phases[:3] == ["attention", "ready", "ready"]
    assert phases == sorted(phases, key=phases.index)
    assert (page.counts.running, page.counts.ready, page.counts.attention) == (6, 2, 1)
    assert page.counts.total == len(EXPERIMENTS)
    assert page.counts.units == sum(row[3] for row in EXPERIMENTS)


def test_search_looks_at_name_key_and_owner_in_any_case(gateway: Gateway) -> None:
    assert [row.name for row in gateway.experiments("CAROUSEL").rows] == ["Basket upsell carousel"]
    assert [row.key for row in gateway.experiments("two-column").rows] == ["two-column-checkout"]
    assert {row.owner for row in gateway.experiments("mark de").rows} == {"Mark de Wit"}


def test_a_page_beyond_the_last_is_the_last(gateway: Gateway) -> None:
    assert gateway.experiments(page=99).page == 1


def test_fewer_refunds_are_good() -> None:
    relative = {"estimate": -0.1, "lower": -0.2, "upper": -0.05}
    comparison = {"variant": "b", "relative": relative, "significant": True}
    metric = {"role": "primary", "direction": "decrease", "comparisons": [comparison]}
    found = digested({"metrics": [metric], "variants": [], "decision": {"verdict": "ship"}})
    assert found.lift == Lift(-0.1, -0.2, -0.05, True)


def test_a_lift_that_cannot_be_given_is_a_dash() -> None:
    metric = {"role": "primary", "comparisons": [{"variant": "b", "relative": {"estimate": None}}]}
    assert digested({"metrics": [metric]}).lift is None
    assert mini_interval(None, 0.1) == "–"


def test_the_worst_finding_is_the_health() -> None:
    health = {"a": {"status": "ok"}, "srm": {"status": "failed"}, "b": {"status": "warning"}}
    found = digested({"health": health})
    assert (found.health, found.health_code) == ("failed", "srm")


def test_the_common_scale_is_bounded() -> None:
    assert scale_of([Lift(0.1, -3.0, 3.2, None)]) == 0.3
    assert scale_of([]) == 0.02
