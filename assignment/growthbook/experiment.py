"""Runs one experiment for one user, step by step in the order that all GrowthBook SDKs share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from assignment.growthbook import sticky
from assignment.growthbook.evaluation import Payload, Rule, User
from assignment.growthbook.urls import is_targeted, query_override
from assignment.hashing import bucket_ranges, choose_variation, hash_unit
from assignment.patterns import PatternError, compile_pattern

Result = dict[str, Any]
Prerequisites = Callable[[list[Rule]], bool]


def run(
    payload: Payload,
    user: User,
    experiment: dict[str, Any],
    prerequisites_met: Prerequisites,
    feature: str | None = None,
    leaf: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], Result]:
    """The experiment as it was entered, and its result for the user.

    Args:
        prerequisites_met: Whether all parent conditions hold.
        feature: The feature whose rule this is; `None` for an inline experiment.
        leaf: What a contextual bandit says about the weights that the experiment has.
    """
    return _Run(payload, user, experiment, feature).run(prerequisites_met, leaf)


class _Run:
    def __init__(self, payload: Payload, user: User, experiment: dict[str, Any], feature: str | None) -> None:
        self.payload = payload
        self.user = user
        self.experiment = experiment
        self.feature = feature
        self.key = str(experiment["key"])
        self.attribute, self.value = user.hashed_by(experiment)

    def run(
        self, prerequisites_met: Prerequisites, leaf: dict[str, Any] | None
    ) -> tuple[dict[str, Any], Result]:
        forced = self._forced_from_outside()
        if forced is not None:
            return self.experiment, forced
        bucket = sticky.StickyBucket(-1)
        if self._is_sticky():
            bucket = sticky.find(self.user.sticky or {}, self.experiment, self.user.attributes)
        if not self._may_enter(prerequisites_met, known=bucket.variation >= 0):
            return self.experiment, self._result()
        version = self.experiment.get("hashVersion") or 1
        position = hash_unit(str(self.experiment.get("seed") or self.key), self.value, version)
        if position is None:
            return self.experiment, self._result()
        if bucket.blocked:
            return self.experiment, self._result(sticky_used=True)
        chosen = bucket.variation if bucket.variation >= 0 else _choose(self.experiment, position)
        if chosen < 0:
            return self.experiment, self._result()
        if self.experiment.get("force") is not None:
            return self.experiment, self._result(self.experiment["force"])
        if self.user.qa_mode or self.experiment.get("status") == "stopped":
            return self.experiment, self._result()
        result = self._result(chosen, bucket=position, hash_used=True, sticky_used=bucket.variation >= 0)
        entered = {**self.experiment, "contextualBandit": leaf} if leaf else self.experiment
        return entered, self._finish(entered, {**result, **(leaf or {})})

    def _forced_from_outside(self) -> Result | None:
        """The result when the user is out, or in by force, before any hash is looked at."""
        experiment, user = self.experiment, self.user
        count = len(experiment["variations"])
        patterns = experiment.get("urlPatterns")
        if count < 2 or not user.enabled or (patterns is not None and not is_targeted(user.url, patterns)):
            return self._result()
        asked = query_override(self.key, user.url, count)
        if asked is not None:
            return self._result(asked)
        if self.key in user.forced_variations:
            return self._result(user.forced_variations[self.key])
        inactive = experiment.get("active") is False or experiment.get("status") == "draft"
        return self._result() if inactive or not self.value else None

    def _is_sticky(self) -> bool:
        return self.user.sticky is not None and not self.experiment.get("disableStickyBucketing")

    def _may_enter(self, prerequisites_met: Prerequisites, *, known: bool) -> bool:
        """Whether audience, namespace and prerequisites let the user in; a sticky user is in already."""
        experiment, user = self.experiment, self.user
        if not known:
            if not user.in_namespace(experiment, self.value):
                return False
            condition = experiment.get("condition")
            if condition and not self.payload.test(condition)(user.attributes):
                return False
            if experiment.get("parentConditions") and not prerequisites_met(experiment["parentConditions"]):
                return False
            groups = experiment.get("groups")
            if groups and not any(user.groups.get(group) for group in groups):
                return False
        return not experiment.get("url") or _matches_old_url(str(experiment["url"]), user.url)

    def _finish(self, experiment: dict[str, Any], result: Result) -> Result:
        if self.user.sticky is not None and self._is_sticky():
            sticky.remember(self.user.sticky, experiment, self.attribute, self.value, result["key"])
        self.user.tracks.append({"experiment": experiment, "result": result})
        return result

    def _result(
        self,
        index: int = -1,
        *,
        bucket: float | None = None,
        hash_used: bool = False,
        sticky_used: bool = False,
    ) -> Result:
        variations = self.experiment["variations"]
        inside = 0 <= index < len(variations)
        chosen = index if inside else 0
        every_meta = self.experiment.get("meta") or []
        meta = every_meta[chosen] if chosen < len(every_meta) else {}
        raw = self.user.attributes.get(self.attribute)
        result: Result = {
            "key": meta.get("key") or str(chosen),
            "featureId": self.feature,
            "inExperiment": inside,
            "hashUsed": hash_used and inside,
            "variationId": chosen,
            "value": variations[chosen] if variations else None,
            "hashAttribute": self.attribute,
            "hashValue": raw if self.value else "",
            "stickyBucketUsed": sticky_used,
        }
        if meta.get("name"):
            result["name"] = meta["name"]
        if bucket is not None:
            result["bucket"] = bucket
        if meta.get("passthrough"):
            result["passthrough"] = True
        return result


def _choose(experiment: Rule, position: float) -> int:
    ranges = experiment.get("ranges")
    if ranges is None:
        coverage = experiment.get("coverage")
        count = len(experiment["variations"])
        ranges = bucket_ranges(count, 1.0 if coverage is None else coverage, experiment.get("weights"))
    return choose_variation(position, ranges)


def _matches_old_url(pattern: str, url: str) -> bool:
    try:
        test = compile_pattern(pattern)
    except PatternError:
        return False
    path = re.sub(r"^[^/]*/", "/", re.sub(r"^https?://", "", url))
    return url != "" and (test(url) or test(path))
