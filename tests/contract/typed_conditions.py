"""Random audiences as people define them: each attribute is compared with its own type, or is missing."""

from __future__ import annotations

from random import Random
from typing import Any

TEXTS = ["", "NL", "null", "5", "10", "ab", "AB", "Zoë", "٣", "a.b@c"]
PATTERNS = [
    "^N",
    "null",
    "^$",
    "u",
    "[a-z]+$",
    "L",
    r"^\w+$",
    r"\d",
    r"[\w.]+@",
    r"\W",
    "(?<first>N)L",
    "[^]",
    "[]",
]
NUMBERS = [0, 1, 5, -1, 2.5, 100]
VERSIONS = ["1.2.3", "1.10.0", "2.0.0-beta.1", "v1.2.3", "0"]
TYPES = {"country": "text", "city": "text", "visits": "number", "spent": "number", "new": "boolean"}
TYPES |= {"app": "version", "tags": "texts", "scores": "numbers", "cart.total": "number", "cart.code": "text"}
TYPES |= {"tags.length": "number", "scores.0": "number"}


class TypedConditions:
    """Conditions and attributes from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def condition(self, depth: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self._random.randint(1, 2)):
            chance = self._random.random()
            if depth < 2 and chance < 0.3:
                name = self._random.choice(["$or", "$and", "$nor", "$not"])
                part = self.condition(depth + 1)
                found[name] = part if name == "$not" else [part, self.condition(depth + 1)]
            elif chance < 0.4:
                found["lines"] = {"$elemMatch": {"price": self._operators("number"), "code": "ab"}}
            else:
                name = self._random.choice(list(TYPES))
                found[name] = self._test(TYPES[name])
        return found

    def attributes(self) -> dict[str, Any]:
        chosen: dict[str, Any] = {}
        for name, kind in TYPES.items():
            if "." not in name and self._random.random() < 0.65:
                chosen[name] = self._value(kind) if self._random.random() < 0.9 else None
        if self._random.random() < 0.7:
            chosen["cart"] = self._some({"total": "number", "code": "text"})
        if self._random.random() < 0.7:
            chosen["lines"] = [self._some({"price": "number", "code": "text"}) for _ in range(2)]
        return chosen

    def _some(self, kinds: dict[str, str]) -> dict[str, Any]:
        return {name: self._value(kind) for name, kind in kinds.items() if self._random.random() < 0.6}

    def _value(self, kind: str) -> Any:
        if kind in {"texts", "numbers"}:
            return [self._value(kind.removesuffix("s")) for _ in range(self._random.randint(0, 3))]
        choices: dict[str, list[Any]] = {"text": TEXTS, "number": NUMBERS, "version": VERSIONS}
        return self._random.choice(choices.get(kind, [True, False]))

    def _test(self, kind: str) -> Any:
        if self._random.random() < 0.2:
            return self._value(kind)
        if self._random.random() < 0.15:
            return {"$not": self._operators(kind)}
        return self._operators(kind)

    def _operators(self, kind: str) -> dict[str, Any]:
        names = ["$exists", "$type"]
        if kind in {"texts", "numbers"}:
            names += ["$in", "$nin", "$all", "$size", "$elemMatch"]
        else:
            names += ["$eq", "$ne", "$in", "$nin"]
        if kind in {"text", "number"}:
            names += ["$lt", "$lte", "$gt", "$gte"] * 2
        names += {"text": ["$regex", "$regexi", "$ini", "$nini"] * 2, "texts": ["$alli"]}.get(kind, [])
        names += ["$veq", "$vne", "$vgt", "$vgte", "$vlt", "$vlte"] if kind == "version" else []
        chosen = self._random.sample(names, self._random.choice([1, 1, 1, 2]))
        return {name: self._operand(name, kind.removesuffix("s")) for name in chosen}

    def _operand(self, name: str, kind: str) -> Any:
        if name in {"$in", "$nin", "$ini", "$nini", "$all", "$alli"}:
            nothing = [None] if name in {"$in", "$nin"} and self._random.random() < 0.3 else []
            return [self._value(kind) for _ in range(self._random.randint(0, 3))] + nothing
        if name in {"$regex", "$regexi"}:
            return self._random.choice(PATTERNS)
        special: dict[str, list[Any]] = {
            "$exists": [True, False],
            "$type": ["string", "number", "boolean", "null", "array"],
            "$size": [0, 1, {"$gt": 0}, {"$lt": 2}],
            "$elemMatch": [{"$in": [self._value(kind)]}, {"$not": {"$eq": self._value(kind)}}],
        }
        return self._random.choice(special[name]) if name in special else self._value(kind)
