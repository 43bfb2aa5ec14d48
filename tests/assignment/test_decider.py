"""Many experiments in one pass give what the definition of the hash gives one by one."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assignment.allocation import gates_of, slots_of
from assignment.engine import decide_all
from assignment.hashing import bucket_of, choose_variation, hash_value
from assignment.snapshot import Experiment, Gate
from assignment.targeting import compile_condition
from tests.assignment.examples import compiled, experiment, variants

SEEDS = ("plain", "ontwerp-é", "€-seed", "😀")
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)
VALUES = ANY_TEXT | st.sampled_from(["\0", "a\0b", "😀", "\ud800"]) | st.integers() | st.floats() | st.none()
GATES = st.builds(
    Gate,
    st.sampled_from(SEEDS),
    st.sampled_from(["id", "company"]),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=3).map(tuple),
)
RULES = st.fixed_dictionaries(
    {
        "seed": st.sampled_from(SEEDS),
        "hash_attribute": st.sampled_from(["id", "company"]),
        "condition": st.sampled_from([{}, {"country": "NL"}, {"country": {"$ne": "NL"}}]),
        "coverage": st.floats(0, 1),
        "variants": st.sampled_from([variants(0.5, 0.5), variants(0.2, 0.3, 0.5), variants(1.0)]),
        "gates": st.lists(GATES, max_size=2).map(tuple),
    }
)
CONTEXTS = st.fixed_dictionaries(
    {"id": VALUES}, optional={"company": VALUES, "country": st.sampled_from(["NL", "BE"])}
)


def _by_definition(rule: Experiment, attributes: dict[str, Any]) -> tuple[str, bool]:
    """Section 5 of the protocol of GrowthBook's SDKs, word by word."""
    control = (rule.variants[0].key, False)
    if not compile_condition(rule.condition)(attributes):
        return control
    for gate in gates_of(rule):
        text = hash_value(attributes.get(gate.attribute))
        if not text or choose_variation(bucket_of(gate.seed, text) / 10_000, gate.ranges) < 0:
            return control
    text = hash_value(attributes.get(rule.hash_attribute))
    ranges = [(slot.start, slot.end) for slot in slots_of(rule)]
    found = choose_variation(bucket_of(rule.seed, text) / 10_000, ranges) if text else -1
    return (rule.variants[found].key, True) if found >= 0 else control


@settings(max_examples=300, deadline=None)
@given(rules=st.lists(RULES, max_size=12), contexts=st.lists(CONTEXTS, min_size=1, max_size=4))
def test_any_rules_decide_any_unit_by_the_definition(
    rules: list[dict[str, Any]], contexts: list[dict[str, Any]]
) -> None:
    made = [experiment(f"e{number:02}", **rule) for number, rule in enumerate(rules)] or [experiment()]
    ready = compiled(*made)
    for attributes in contexts:
        found = [(item.variant, item.in_experiment) for item in decide_all(ready, attributes)]
        assert found == [_by_definition(rule, attributes) for rule in made]


def test_more_variants_than_a_byte_can_number_are_decided() -> None:
    rule = experiment("many", variants=variants(*[1 / 300] * 300))
    ready = compiled(rule)
    for number in range(2_000):
        attributes = {"id": f"s{number}"}
        decision = decide_all(ready, attributes)[0]
        assert (decision.variant, decision.in_experiment) == _by_definition(rule, attributes)
