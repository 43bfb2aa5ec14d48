"""Keeps a person at the variant that any of their ids has got, in experiments with a fallback attribute."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assignment.api.context import MAX_UNIT
from assignment.api.doors import Doors
from assignment.engine import CompiledSnapshot, Decision
from assignment.errors import ProefwerkError
from assignment.growthbook.evaluation import Payload, User
from assignment.growthbook.features import evaluate
from assignment.growthbook.payload import payload_of
from assignment.growthbook.sticky import Documents, assignment_name, document_key
from assignment.hashing import hash_value
from assignment.snapshot import Experiment
from assignment.stays import Kept, Stay

_T = TypeVar("_T")
Ids = Mapping[str, str]
"""By attribute: the id that a request has for it."""


@dataclass(frozen=True, slots=True)
class StickyRules:
    """What a snapshot says of sticky experiments.

    Attributes:
        experiments: By key.
        split: By experiment and variant key: the decision of who takes part.
    """

    experiments: Mapping[str, Experiment]
    split: Mapping[tuple[str, str], Decision]


def evaluable(compiled: CompiledSnapshot) -> Payload:
    """The published features, ready for our own evaluator."""
    return Payload(compiled.derived(payload_of).features)


def keep_variants(
    doors: Doors,
    compiled: CompiledSnapshot,
    attributes: Mapping[str, object],
    decisions: Sequence[Decision],
    agent: str | None = None,
    forced: Collection[str] = (),
) -> list[Decision]:
    """The decisions with those of sticky experiments made by what is remembered of the unit's ids.

    Args:
        decisions: As the hash alone has them.
        agent: User agent of the crawler that asked.
        forced: Keys of experiments that are shown otherwise anyway.
    """
    keys = [item.experiment for item in decisions if item.experiment in compiled.sticky - set(forced)]
    if not keys:
        return list(decisions)
    payload = compiled.derived(evaluable)

    def variants(documents: Documents) -> dict[str, str | None]:
        user = User(attributes, sticky=documents)
        return {key: _variant(evaluate(payload, user, key)) for key in keys}

    found = with_memory(doors, compiled, attributes, keys, variants, agent)
    rules = compiled.derived(_rules)
    return [
        _decided(compiled, rules, decision, found[decision.experiment])
        if decision.experiment in found
        else decision
        for decision in decisions
    ]


def with_memory(
    doors: Doors,
    compiled: CompiledSnapshot,
    attributes: Mapping[str, object],
    keys: Collection[str],
    evaluate: Callable[[Documents], _T],
    agent: str | None = None,
) -> _T:
    """What `evaluate` makes of the sticky bucket documents of a request's ids, once these are kept.

    While the memory is away, what this process remembers has to do, and beyond that the hash.

    Args:
        keys: Of the sticky experiments that are evaluated.
        evaluate: It enters new assignments into the documents; called again if another process was first.
        agent: User agent of the crawler that asked, of whom nothing is remembered.
    """
    experiments = [compiled.derived(_rules).experiments[key] for key in sorted(keys)]
    ids = _ids(experiments, attributes)
    known: Kept = {}
    reached = False
    if ids and doors.sticky is not None:
        names = {assignment_name(item.key, item.version) for item in experiments}
        known, reached = doors.sticky.recall(frozenset(ids.values()), names)
    documents = _documents(ids, known)
    found = evaluate(documents)
    stays = _stays(experiments, ids, documents)
    if agent is not None:
        return found
    news = [stay for stay in stays if not _is_known(stay, known)]
    if news and reached and doors.sticky is not None:
        try:
            known = {**known, **doors.sticky.keep(news)}
        except ProefwerkError:
            reached = False
        else:
            if not all(_is_known(stay, known) for stay in news):
                documents = _documents(ids, known)
                found = evaluate(documents)
    if ids:
        doors.meters.stuck(("kept" if news else "known") if reached else "away")
    _link(doors, stays)
    return found


def _link(doors: Doors, stays: Sequence[Stay]) -> None:
    """Log whose ids are one person's; what cannot be logged now is, when the person comes again."""
    for unit, person in sorted({(stay.units[1], stay.units[0]) for stay in stays if len(stay.units) > 1}):
        try:
            doors.sink.link(unit, person)
        except ProefwerkError:
            doors.meters.stuck("unlinked")


def _rules(compiled: CompiledSnapshot) -> StickyRules:
    return StickyRules(
        {item.key: item for item in compiled.snapshot.experiments if item.key in compiled.sticky},
        {(item.experiment, item.variant): item for item in compiled.decisions if item.in_experiment},
    )


def _variant(result: Mapping[str, Any]) -> str | None:
    return str(result["experimentResult"]["key"]) if result["source"] == "experiment" else None


def _decided(
    compiled: CompiledSnapshot, rules: StickyRules, by_hash: Decision, variant: str | None
) -> Decision:
    if variant is not None:
        return rules.split[by_hash.experiment, variant]
    if not by_hash.in_experiment:
        return by_hash
    control = rules.experiments[by_hash.experiment].variants[0].key
    return compiled.previews[by_hash.experiment, control]


def _ids(experiments: Sequence[Experiment], attributes: Mapping[str, object]) -> dict[str, str]:
    names = dict.fromkeys(name for item in experiments for name in _attributes(item))
    found = {name: hash_value(attributes.get(name)) for name in names}
    return {name: value for name, value in found.items() if _can_be_kept(value)}


def _attributes(experiment: Experiment) -> tuple[str, str]:
    assert experiment.fallback_attribute is not None
    return experiment.hash_attribute, experiment.fallback_attribute


def _can_be_kept(value: str) -> bool:
    """Whether an id is one that events may have and a database can keep."""
    return 0 < len(value) <= MAX_UNIT and "\0" not in value


def _documents(ids: Ids, known: Kept) -> Documents:
    """The memory as documents: an id is the same one under whichever attribute it comes."""
    return {
        document_key(name, value): {
            "attributeName": name,
            "attributeValue": value,
            "assignments": dict(known.get(value, {})),
        }
        for name, value in ids.items()
    }


def _stays(experiments: Sequence[Experiment], ids: Ids, documents: Documents) -> list[Stay]:
    """What the person has in each experiment that they are in, and under which ids."""
    stays = []
    for experiment in experiments:
        held = [name for name in _attributes(experiment) if name in ids]
        if held:
            document = documents[document_key(held[0], ids[held[0]])]
            name = assignment_name(experiment.key, experiment.version)
            variant = document["assignments"].get(name)
            units = tuple(dict.fromkeys(ids[each] for each in held))
            if variant is not None:
                stays.append(Stay(experiment.key, experiment.version, variant, units))
    return stays


def _is_known(stay: Stay, known: Kept) -> bool:
    has_it = known.get(stay.units[0], {}).get(stay.name) == stay.variant
    return has_it and all(stay.name in known.get(unit, {}) for unit in stay.units[1:])
