"""The OpenFeature Remote Evaluation Protocol, 0.3.0: one flag, or all of a context's flags."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import msgspec

from assignment.api.answer import CORS, NO_STORE, Answer
from assignment.api.context import MAX_CONTEXT_BYTES, Context, ContextError, read_context
from assignment.api.crawlers import crawler_agent
from assignment.api.doors import Doors
from assignment.api.exposing import expose, unit_of
from assignment.api.keys import DELIVERY, PUBLIC, authenticate, presented
from assignment.api.preview import forced_by_header, replace_forced
from assignment.api.problems import error_headers, unexpected
from assignment.api.reading import Environ, decode_object, matches, path_after, read_body, require_json
from assignment.api.refetch import event_streams, up_to_date
from assignment.api.sticking import keep_variants
from assignment.engine import CompiledSnapshot, Decision, decide
from assignment.errors import ProefwerkError
from assignment.snapshot import HOLDOUT

BULK_PATH = "/ofrep/v1/evaluate/flags"
SINGLE_PREFIX = f"{BULK_PATH}/"
FLAG_SET = "proefwerk"
JSON_UTF8 = "application/json; charset=utf-8"
Parts = tuple[bytes, bytes, bytes]
_EXPOSED = ("Access-Control-Expose-Headers", "ETag, Retry-After")
_HEADERS = (CORS, NO_STORE, _EXPOSED)


def evaluate_one(doors: Doors, environ: Environ) -> Answer:
    """Answer `POST /ofrep/v1/evaluate/flags/{key}`; the flag's key is the experiment's.

    Raises:
        ProefwerkError: 401 and 403; every other error has OFREP's own body.
    """
    key = path_after(environ, SINGLE_PREFIX)
    return _with_errors(
        doors, environ, key, lambda compiled, kind: _evaluate_one(doors, compiled, environ, kind, key)
    )


def evaluate_all(doors: Doors, environ: Environ) -> Answer:
    """Answer `POST /ofrep/v1/evaluate/flags` with every live experiment; 304 when nothing changed.

    Raises:
        ProefwerkError: 401 and 403; every other error has OFREP's own body.
    """
    return _with_errors(
        doors, environ, None, lambda compiled, kind: _evaluate_all(doors, compiled, environ, kind)
    )


def _evaluate_one(doors: Doors, compiled: CompiledSnapshot, environ: Environ, kind: str, key: str) -> Answer:
    context = _read(environ)
    rule = compiled.rules.get(key)
    if rule is None:
        return _failure(404, key, "FLAG_NOT_FOUND", f"Flag '{key:.100}' was not found")
    forced = forced_by_header(compiled, environ)
    decision = forced.get(key) or rule(context.attributes)[0]
    if key in compiled.sticky and key not in forced:
        agent = crawler_agent(environ, kind)
        decision = keep_variants(doors, compiled, context.attributes, [decision], agent)[0]
    if environ.get("HTTP_X_PROEFWERK_EXPOSE", "").lower() == "true" and not forced:
        expose(doors, compiled, context, [decision], crawler_agent(environ, kind))
    flag = _encoded(compiled.derived(_flag_parts), decision, context, msgspec.json.encode(context.unit))
    if decision.holdout is not None and not forced:
        flag = _held(flag, _sides(compiled, context, [decision])[decision.holdout])
    return Answer(200, flag, JSON_UTF8, _HEADERS)


def _evaluate_all(doors: Doors, compiled: CompiledSnapshot, environ: Environ, kind: str) -> Answer:
    compiled = up_to_date(doors.source, compiled, environ.get("QUERY_STRING", ""))
    context = _read(environ)
    decisions = compiled.live(context.attributes)
    forced = forced_by_header(compiled, environ)
    if compiled.sticky:
        agent = crawler_agent(environ, kind)
        decisions = keep_variants(doors, compiled, context.attributes, decisions, agent, forced)
    if forced:
        decisions = replace_forced(decisions, forced)
    parts, unit = compiled.derived(_flag_parts), msgspec.json.encode(context.unit)
    encoded = [_encoded(parts, item, context, unit) for item in decisions]
    if compiled.holdouts and not forced:
        sides = _sides(compiled, context, decisions)
        encoded = [
            _held(flag, sides[item.holdout]) if item.holdout else flag
            for flag, item in zip(encoded, decisions, strict=True)
        ]
    flags = b",".join(encoded)
    # Of the result alone: a new revision that changes nothing for this context changes no tag.
    tag = f'"{hashlib.blake2b(flags or unit, digest_size=12).hexdigest()}"'
    headers = (*_HEADERS, ("ETag", tag))
    if matches(environ.get("HTTP_IF_NONE_MATCH"), tag):
        return Answer(304, b"", headers=headers)
    streams = b""
    if kind in PUBLIC and doors.streams is not None:
        streams = event_streams(environ.get("SCRIPT_NAME", ""), presented(environ)) + b","
    body = b'{"flags":[%b],%b"metadata":%b%b}}' % (flags, streams, compiled.derived(_bulk_metadata), unit)
    return Answer(200, body, JSON_UTF8, headers)


def _encoded(parts: list[Parts], decision: Decision, context: Context, unit: bytes) -> bytes:
    """The decision as an evaluated flag for this context; `unit` is its id as JSON."""
    if decision.hash_attribute == "id":
        return unit.join(parts[decision.index])
    head, middle, tail = parts[decision.index]
    return b"%b%b%b%b%b" % (head, unit, middle, msgspec.json.encode(unit_of(context, decision)), tail)


def _sides(
    compiled: CompiledSnapshot, context: Context, decisions: Sequence[Decision]
) -> dict[str | None, bytes]:
    """By holdout: what a hook must know to expose the unit to it, as members of the metadata."""
    found = {}
    for key in {item.holdout for item in decisions} - {None}:
        side = decide(compiled, str(key), context.attributes)
        metadata = {"variant": side.variant, "version": str(side.version), "unit": unit_of(context, side)}
        told = {f"holdout{name.title()}": value for name, value in metadata.items() if side.in_experiment}
        found[key] = msgspec.json.encode(told)[1:-1]
    return found


def _held(flag: bytes, side: bytes) -> bytes:
    return b"%b,%b}}" % (flag[:-2], side) if side else flag


def _bulk_metadata(compiled: CompiledSnapshot) -> bytes:
    head = msgspec.json.encode({"flagSetId": FLAG_SET, "version": compiled.revision})
    return head[:-1] + b',"contextId":'


def _flag_parts(compiled: CompiledSnapshot) -> list[Parts]:
    """Each decision as an evaluated flag; the context's id and the unit go between the parts."""
    return [_parts(decision) for decision in compiled.decisions]


def _parts(decision: Decision) -> Parts:
    value = {
        "key": decision.experiment,
        "reason": decision.reason,
        "variant": decision.variant,
        "value": decision.payload,
    }
    metadata = {
        "flagSetId": FLAG_SET,
        "version": str(decision.version),
        "experiment": decision.experiment,
        "inExperiment": decision.in_experiment,
        "hashAttribute": decision.hash_attribute,
    }
    if decision.holdout is not None:
        metadata["holdout"] = decision.holdout
    if decision.is_holdout:
        metadata["role"] = HOLDOUT
    before = msgspec.json.encode(value)[:-1] + b',"metadata":' + msgspec.json.encode(metadata)[:-1]
    return before + b',"contextId":', b',"unit":', b"}}"


class _OfrepError(Exception):
    def __init__(self, code: str, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


def _read(environ: Environ) -> Context:
    require_json(environ)
    document = decode_object(read_body(environ, MAX_CONTEXT_BYTES))
    try:
        return read_context(document)
    except ContextError as error:
        code = "TARGETING_KEY_MISSING" if error.missing else "INVALID_CONTEXT"
        raise _OfrepError(code, f"{error.field} {error.message}") from error


def _with_errors(
    doors: Doors, environ: Environ, key: str | None, evaluate: Callable[[CompiledSnapshot, str], Answer]
) -> Answer:
    try:
        compiled = doors.source.current()
        return evaluate(compiled, authenticate(compiled, environ, DELIVERY))
    except _OfrepError as error:
        return _failure(400, key, error.code, error.details)
    except ProefwerkError as error:
        if error.status in {401, 403}:
            raise
        code = "PARSE_ERROR" if error.status in {400, 415} else "GENERAL"
        # The protocol knows no 422.
        return _failure(400 if error.status == 422 else error.status, key, code, error.detail)
    except Exception as error:  # noqa: BLE001 - logged by `unexpected`; the client gets OFREP's own body
        return _failure(500, key, "GENERAL", unexpected(error).detail)


def _failure(status: int, key: str | None, code: str, details: str) -> Answer:
    document = {"errorCode": code, "errorDetails": details}
    if key is not None:
        document = {"key": key, **document}
    return Answer(status, msgspec.json.encode(document), JSON_UTF8, (*error_headers(status), _EXPOSED))
