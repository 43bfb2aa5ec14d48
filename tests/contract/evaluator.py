"""Our evaluator as a runner of GrowthBook's cross-language cases drives it."""

from __future__ import annotations

from typing import Any

from assignment import hashing
from assignment.growthbook import features, sticky
from assignment.growthbook.evaluation import Payload, User
from assignment.growthbook.urls import query_override
from assignment.targeting import compile_condition

Json = dict[str, Any]


class Evaluator:
    """One method for each kind of case."""

    def hash(self, seed: str, value: str, version: int) -> float | None:
        return hashing.hash_unit(seed, value, version)

    def get_bucket_range(self, n: int, coverage: float, weights: list[float] | None) -> list[list[float]]:
        return [list(pair) for pair in hashing.bucket_ranges(n, coverage, weights)]

    def choose_variation(self, n: float, ranges: list[list[float]]) -> int:
        return hashing.choose_variation(n, ranges)

    def in_namespace(self, value: str, namespace: list[Any]) -> bool:
        name, low, high = namespace
        return hashing.in_namespace(value, (name, low, high))

    def get_equal_weights(self, n: int) -> list[float]:
        return hashing.equal_weights(n)

    def get_query_string_override(self, key: str, url: str, n: int) -> int | None:
        return query_override(key, url, n)

    def eval_condition(self, condition: Json, attributes: Json, saved_groups: Json | None = None) -> bool:
        return compile_condition(condition, saved_groups)(attributes)

    def eval_feature(self, ctx: Json, key: str) -> Json:
        return features.evaluate(_payload(ctx), _user(ctx), key)

    def run_experiment(self, ctx: Json, experiment: Json) -> tuple[Any, bool, bool]:
        result = features.run_experiment(_payload(ctx), _user(ctx), experiment)
        return result["value"], result["inExperiment"], result["hashUsed"]

    def eval_sticky(self, ctx: Json, docs: list[Json], key: str) -> tuple[Json | None, Json]:
        user = _user(ctx)
        user.sticky = sticky.own_documents(docs, ctx.get("features") or {}, user.attributes)
        result = features.evaluate(_payload(ctx), user, key)
        return result.get("experimentResult"), user.sticky

    # `decrypt` is left out: payloads are encrypted for clients that hold a decryption key, and only clients
    # decrypt. We serve payloads in the clear, over TLS, to whoever holds the public client key.


def _payload(ctx: Json) -> Payload:
    return Payload(ctx.get("features") or {}, ctx.get("savedGroups"), ctx.get("contextualBandits"))


def _user(ctx: Json) -> User:
    return User(
        attributes=ctx.get("attributes") or {},
        forced_variations=ctx.get("forcedVariations") or {},
        forced_features=dict(ctx.get("forcedFeatureValues") or {}),
        url=ctx.get("url") or "",
        enabled=ctx.get("enabled") is not False,
        qa_mode=bool(ctx.get("qaMode")),
        groups=ctx.get("groups") or {},
    )
