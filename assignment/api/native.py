"""Our own door: all of a shopper's variants in one request."""

from __future__ import annotations

import msgspec

from assignment.api.answer import Answer
from assignment.api.context import MAX_CONTEXT_BYTES, Context, ContextError, read_context
from assignment.api.crawlers import crawler_agent
from assignment.api.doors import Doors
from assignment.api.exposing import expose, holdouts_of
from assignment.api.keys import DELIVERY, authenticate
from assignment.api.preview import read_forced, replace_forced
from assignment.api.reading import Environ, decode_object, read_body, require_json
from assignment.api.sticking import keep_variants
from assignment.engine import CompiledSnapshot, Decision, Rule
from assignment.errors import FieldError, ProefwerkError, invalid_field
from assignment.snapshot import HOLDOUT

MAX_NAMED = 1_000
_FIELDS = frozenset(("context", "experiments", "expose", "forced"))


def assign(doors: Doors, environ: Environ) -> Answer:
    """Answer `POST /api/v1/assign`.

    Raises:
        ProefwerkError: 400 malformed, 401, 403, 404 unknown experiment, 413, 415, 422 invalid, 503.
    """
    compiled = doors.source.current()
    kind = authenticate(compiled, environ, DELIVERY)
    require_json(environ)
    document = decode_object(read_body(environ, MAX_CONTEXT_BYTES))
    try:
        context = read_context(document, alias="id")
    except ContextError as error:
        raise invalid_field(error.field, error.message) from error
    forced: dict[str, Decision] = {}
    if len(document) == 1:
        decisions = compiled.live(context.attributes)
    else:
        _refuse_unknown_fields(document)
        forced = read_forced(compiled, document.get("forced"))
        decisions = _decide(compiled, document.get("experiments"), context)
    if compiled.sticky:
        agent = crawler_agent(environ, kind)
        decisions = keep_variants(doors, compiled, context.attributes, decisions, agent, forced)
    if forced:
        decisions = replace_forced(decisions, forced)
    if _wants_exposures(document) and not forced:
        expose(doors, compiled, context, decisions, crawler_agent(environ, kind))
    entries = compiled.derived(encoded_entries)
    head = compiled.derived(_head)
    return Answer(200, b"%b%b}}" % (head, b",".join([entries[item.index] for item in decisions])))


def _decide(compiled: CompiledSnapshot, named: object, context: Context) -> list[Decision]:
    """The decisions of the experiments that are named, with their holdouts; of all live ones if none are."""
    if named is None:
        return compiled.live(context.attributes)
    rules = _named_rules(compiled, named)
    decisions = [decision for rule in rules for decision in rule(context.attributes)]
    return [*decisions, *holdouts_of(compiled, context, decisions)]


def _head(compiled: CompiledSnapshot) -> bytes:
    return b'{"revision":%b,"assignments":{' % msgspec.json.encode(compiled.revision)


def encoded_entries(compiled: CompiledSnapshot) -> list[bytes]:
    """Each decision of the snapshot as a member of `assignments`."""
    return [_entry(decision) for decision in compiled.decisions]


def _entry(decision: Decision) -> bytes:
    value = {
        "variant": decision.variant,
        "payload": decision.payload,
        "in_experiment": decision.in_experiment,
        "reason": decision.reason,
        "version": decision.version,
        "hash_attribute": decision.hash_attribute,
    }
    if decision.fallback_attribute is not None:
        value["fallback_attribute"] = decision.fallback_attribute
    if decision.holdout is not None:
        value["holdout"] = decision.holdout
    if decision.is_holdout:
        value["role"] = HOLDOUT
    return b"%b:%b" % (msgspec.json.encode(decision.experiment), msgspec.json.encode(value))


def _named_rules(compiled: CompiledSnapshot, named: object) -> tuple[Rule, ...]:
    if not isinstance(named, list) or len(named) > MAX_NAMED:
        raise invalid_field("experiments", f"must be a list of at most {MAX_NAMED:,} experiment keys")
    rules: dict[str, Rule] = {}
    for index, key in enumerate(named):
        if not isinstance(key, str):
            raise invalid_field(f"experiments.{index}", f"must be an experiment's key, not {key!r:.60}")
        rule = compiled.rules.get(key)
        if rule is None:
            raise ProefwerkError(
                404,
                "experiment_not_found",
                f"There is no experiment '{key:.100}'.",
                (FieldError(f"experiments.{index}", f"there is no experiment '{key:.100}'"),),
            )
        rules[key] = rule
    return tuple(rules.values())


def _wants_exposures(document: dict[str, object]) -> bool:
    wanted = document.get("expose", False)
    if not isinstance(wanted, bool):
        raise invalid_field("expose", f"must be true or false, not {wanted!r:.60}")
    return wanted


def _refuse_unknown_fields(document: dict[str, object]) -> None:
    for field in document:
        if field not in _FIELDS:
            raise invalid_field(field, f"is not known; there are {', '.join(sorted(_FIELDS))}")
