"""Random conditions, features and experiments: what real payloads hold, and some of what none should."""

from __future__ import annotations

from random import Random
from typing import Any

from assignment import operators
from assignment.javascript import number_text

SCALARS = [
    0,
    1,
    2,
    5,
    8,
    -1,
    1.5,
    1e21,
    0.1,
    "",
    "a",
    "A",
    "8",
    "10",
    "1.2.3",
    "v1.10.0-beta.1+b5",
    "null",
    "true",
    "é",
    "É",
    " 8 ",
    "0x10",
    "abc",
    True,
    False,
    None,
    "😀",
]
OPERATORS = [*sorted(operators.OPERATORS), "$bogus", "$notRegex"]
PATHS = ["a", "b", "c", "a.b", "a.0", "a.length", "b.a.0", "c.1", "x"]
TYPES = ["string", "number", "boolean", "array", "object", "null", "undefined"]
PATTERNS = ["a", "^A$", "[0-9]+", r"\d", "(", "^n", "8|9", "", "é", r"\w", "."]
GROUPS = {
    "plain": ["a", 1, True, "8"],
    "empty": [],
    "listed": {"type": "list", "attributeKey": "a", "values": ["a", 8, None]},
    "ruled": {"type": "condition", "condition": {"b": {"$gt": 1}}},
    "broken": {"type": "list", "attributeKey": "a"},
    "unknown-type": {"type": "query", "values": ["a"]},
    "text": "a",
    "one": {"type": "condition", "condition": {"$savedGroup": {"id": "two"}}},
    "two": {"type": "condition", "condition": {"$or": [{"$savedGroup": {"id": "one"}}, {"a": "a"}]}},
}
ADDRESSES = [
    "",
    "http://x.com/?exp=1",
    "https://shop.nl/path/a?q=1&exp=0#h",
    "https://SHOP.nl/Path/a/",
    "http://x.com/?f=1&exp=9",
    "http://x.com/?exp=1.9",
    "http://x.com/?exp=1&exp=0",
    "http://x.com/?exp=-1",
    "http://x.com/#?exp=1",
    "http://x.com/??exp=1",
    "http://x.com?f=0#exp=1",
    "https://shop.nl:443/path/../path/caf%C3%A9/?Q=1#top",
    "/path/é b",
    "shop",
    "HTTP://x.com:8080/a//b/",
]
TARGETS = [
    "http://x.com/",
    "/path/*",
    "https://shop.nl/path/a",
    "*.nl/*",
    "/",
    "https://shop.nl/*?q=1",
    "https://shop.nl/path/a/",
    "shop.nl",
    "*.com:8080/a//b",
    "/path/café",
    "/path/*#top",
    "/*?q=*",
    "/path/./a/",
    "path/%c3%a9 b",
]
TARGET_PATTERNS = ["^https?://shop", "/path/[a-z]+$", r"^/\?exp=\d", "shop\\.nl/", "(", "#h$", "caf%C3%A9"]
BANDITS = {
    "b": {
        "banditVersion": 3,
        "contexts": [
            {"leafId": 0, "condition": {"country": "NL", "n": {"$gt": 2}}, "weights": [0.9, 0.1]},
            {"leafId": 1, "condition": {"company": "acme"}, "weights": [0.2, 0.2, 0.6]},
            {"leafId": 2, "condition": {"country": "BE"}},
        ],
    },
    "everyone": {"contexts": [{"leafId": 7, "condition": {}, "weights": [0.3, 0.7]}]},
    "none": {"banditVersion": 0, "contexts": []},
}


class RandomRules:
    """Everything drawn from one seeded source, so that a case can be met again."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def maybe(self, share: float) -> bool:
        return self.random.random() < share

    def value(self, depth: int = 2) -> Any:
        if depth and self.maybe(0.12):
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        if depth and self.maybe(0.1):
            return {
                self.random.choice("abc1"): self.value(depth - 1) for _ in range(self.random.randint(0, 3))
            }
        return self.random.choice(SCALARS)

    def attributes(self) -> dict[str, Any]:
        return {name: self.value() for name in "abc" if self.maybe(0.8)}

    def operand(self, name: str, depth: int) -> Any:
        pick = self.random.choice
        if name in {"$in", "$nin", "$ini", "$nini"}:
            return (
                [self.value(1) for _ in range(self.random.randint(0, 4))]
                if self.maybe(0.9)
                else self.value(1)
            )
        if name in {"$all", "$alli"}:
            return [self.test(depth - 1) for _ in range(self.random.randint(0, 3))]
        if name == "$elemMatch":
            return self.test(depth - 1) if self.maybe(0.5) else self.condition(depth - 1)
        if name == "$not":
            return self.test(depth - 1)
        fixed: dict[str, list[Any]] = {
            "$size": [0, 1, 2, {"$gt": 1}, {"$lte": 2}, "2"],
            "$exists": [True, False, 1, 0],
            "$type": TYPES,
            "$regex": PATTERNS,
            "$regexi": PATTERNS,
            "$inGroup": [*GROUPS, "nowhere"],
            "$notInGroup": [*GROUPS, "nowhere"],
        }
        return pick(fixed[name]) if name in fixed else self.value(1)

    def test(self, depth: int) -> Any:
        if depth <= 0 or self.maybe(0.25):
            return self.value(1)
        names = [self.random.choice(OPERATORS) for _ in range(self.random.randint(1, 2))]
        return {name: self.operand(name, depth) for name in names}

    def condition(self, depth: int = 3) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.random.choice([0, 1, 1, 1, 2])):
            if depth <= 0 or self.maybe(0.7):
                found[self.random.choice(PATHS)] = self.test(depth)
                continue
            name = self.random.choice(["$or", "$nor", "$and", "$not", "$savedGroup"])
            if name == "$not":
                found[name] = self.condition(depth - 1)
            elif name == "$savedGroup":
                found[name] = {"id": self.random.choice([*GROUPS, "nowhere", 5])}
                if self.maybe(0.3):
                    found[name]["attributeKey"] = self.random.choice(["b", "a.0", "", None, 1])
            else:
                found[name] = [self.condition(depth - 1) for _ in range(self.random.randint(0, 3))]
        return found

    def ranges(self, count: int) -> list[list[float]]:
        starts = [self.random.random() for _ in range(count)]
        return [[round(start, 2), round(start + self.random.random() * 0.6, 2)] for start in starts]

    def experiment_fields(self, count: int) -> dict[str, Any]:
        pick = self.random.choice
        choices: dict[str, tuple[float, Any]] = {
            "coverage": (0.3, pick([0, 0.3, 0.7, 1, 1.5, -1])),
            "weights": (0.3, pick([[0.5, 0.5], [0.2, 0.8], [0.1, 0.2, 0.7], [0.5, 0.485], [1, 0]])),
            "hashVersion": (0.4, pick([1, 2, 2, 99])),
            "seed": (0.3, pick(["s1", "zé", ""])),
            "hashAttribute": (0.2, pick(["id", "company", "", "none"])),
            "ranges": (0.2, self.ranges(count)),
            "namespace": (0.2, ["ns", 0, self.random.random()]),
            "filters": (0.05, [])
            if self.maybe(0.5)
            else (0.2, [{"seed": "f", "ranges": self.ranges(2), "hashVersion": pick([1, 2, 9])}]),
            "meta": (0.3, [{"key": f"k{n}", "passthrough": self.maybe(0.2)} for n in range(count)]),
            "condition": (0.3, pick([{}, {"country": "NL"}, {"n": {"$gt": 2}}])),
            "fallbackAttribute": (0.2, "company"),
            "bucketVersion": (0.1, pick([0, 1, 2])),
            "minBucketVersion": (0.1, pick([0, 1, 2])),
            "disableStickyBucketing": (0.1, True),
            "parentConditions": (
                0.15,
                [{"id": pick(["parent", "f"]), "condition": {"value": True}, "gate": self.maybe(0.5)}],
            ),
        }
        return {name: value for name, (share, value) in choices.items() if self.maybe(share)}

    def rule(self) -> dict[str, Any]:
        if self.maybe(0.4):
            fields = self.experiment_fields(1)
            kept = ("coverage", "condition", "hashVersion", "seed", "filters", "parentConditions")
            forced = {name: fields[name] for name in kept if name in fields}
            return {**forced, "force": self.random.choice([True, False, 0, "x", None, {"a": 1}])}
        count = self.random.choice([1, 2, 2, 3])
        named = {"key": "exp"} if self.maybe(0.5) else {}
        fields = {**self.experiment_fields(count), **named}
        variations = [f"v{n}" for n in range(count)]
        if self.maybe(0.2):
            fields["contextualBanditRef"] = self.random.choice([*BANDITS, "nowhere"])
            fields["contextualVariations"] = variations if self.maybe(0.9) else []
            return fields if self.maybe(0.7) else {**fields, "variations": variations[:2]}
        return {**fields, "variations": variations}

    def context(self) -> dict[str, Any]:
        pick = self.random.choice
        attributes = {
            "id": pick(["1", "2", "user-é", "😀", 7, 1.5, "", None, "x9"]),
            "country": pick(["NL", "BE"]),
            "company": pick(["acme", 5, ""]),
            "n": pick([1, 3, "5"]),
        }
        features = {
            "parent": {"defaultValue": True},
            "f": {"defaultValue": "d", "rules": [self.rule() for _ in range(self.random.randint(0, 3))]},
        }
        found: dict[str, Any] = {"attributes": attributes, "features": features}
        if self.maybe(0.3):
            found["url"] = pick(ADDRESSES)
        if self.maybe(0.1):
            found["forcedVariations"] = {"exp": pick([0, 1, 5, -1])}
        if self.maybe(0.05):
            found["qaMode"] = True
        if self.maybe(0.05):
            found["enabled"] = False
        if self.maybe(0.4):
            found["contextualBandits"] = BANDITS
        return found

    def sticky_case(self) -> dict[str, Any]:
        """A feature whose variations mostly have keys, and what is stored of the user's buckets."""
        context = self.context()
        for rule in context["features"]["f"]["rules"]:
            if self.maybe(0.8):
                rule["meta"] = [{"key": f"k{number}"} for number in range(3)]
        return {"ctx": context, "key": "f", "documents": self._documents(context["attributes"])}

    def _documents(self, attributes: dict[str, Any]) -> list[dict[str, Any]]:
        """What a sticky bucket service has stored of the user, and of another one."""
        owners = [("id", attributes["id"]), ("company", attributes["company"]), ("id", "another")]
        return [
            {"attributeName": name, "attributeValue": text, "assignments": self._assignments()}
            for name, value in owners
            if (text := value if isinstance(value, str) else number_text(value or 0)) not in {"", "0"}
            and self.maybe(0.6)
        ]

    def _assignments(self) -> dict[str, str]:
        found = {}
        for key in ("exp", "f"):
            for version in range(3):
                if self.maybe(0.6 if version == 0 else 0.2):
                    found[f"{key}__{version}"] = self.random.choice(["k0", "k1", "k2", "gone", "0"])
        return found

    def experiment(self) -> dict[str, Any]:
        count = self.random.choice([1, 2, 2, 3])
        found = {"key": "exp", "variations": list(range(count)), **self.experiment_fields(count)}
        if self.maybe(0.1):
            found["force"] = self.random.choice([0, 1, 7, -1])
        if self.maybe(0.1):
            found["status"] = self.random.choice(["draft", "running", "stopped"])
        if self.maybe(0.3):
            found["urlPatterns"] = [
                {"include": self.maybe(0.7), "type": kind, "pattern": self.random.choice(patterns)}
                for kind, patterns in self.random.choices(
                    [("simple", TARGETS), ("regex", TARGET_PATTERNS), ("other", TARGETS)],
                    (0.7, 0.25, 0.05),
                    k=self.random.randint(0, 2),
                )
            ]
        return found
