"""Regular expressions of audiences are read alike by our engine and by both official SDKs as published."""

from __future__ import annotations

import json
from random import Random
from time import process_time
from typing import Any

from flask import Flask
from growthbook.core import evalCondition
from werkzeug.test import Client

from assignment.api import Doors, HotDoor, register
from assignment.engine import CompiledSnapshot
from assignment.patterns import PatternError, compile_pattern, longest_text, portable_pattern
from assignment.snapshot import build
from tests.assignment.examples import CLIENT_KEY, KEYS, experiment
from tests.contract.test_gates import FixedSource
from tests.contract.test_javascript_clients import asked_of_javascript

PIECES = [
    "a",
    "B",
    "é",
    "/",
    "-",
    " ",
    "0",
    ".",
    r"\.",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"\b",
    r"\B",
]
PIECES += ["[a-c]", "[^a-c]", r"[\d.]", r"[^\s]", r"[\W]", r"[\S]", r"[\D]", "[]", "[^]", "[a&&b]", r"[\-x]"]
PIECES += ["(?=a)", "(?!b)", "(?<=a)", "(?<!é)", "(?<n>a)", r"\x41", "A", r"\t", r"\/", "a|b", "{", "}", "]"]
REPEATS = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,}", "*?", "+?", "{,2}"]
CHARACTERS = "aAbBcé/-. 05_\t\n\r\x0b\x1c\x85\xa0\u2028\ufeffA{}],x&"
EMOJI = ["😀", "a😀", "😀b", "👩‍👩‍👧"]


def random_pattern(random: Random) -> str:
    parts = []
    for _ in range(random.randint(1, 4)):
        part = random.choice(PIECES)
        if random.random() < 0.2:
            part = f"({part}{random.choice(['', '|', '|x'])}{random.choice(PIECES)})"
        parts.append(part + random.choice(REPEATS))
    pattern = "".join(parts)
    return random.choice(["", "", "^"]) + pattern + random.choice(["", "", "$"])


def random_cases(seed: int, count: int) -> list[tuple[str, str, str]]:
    """Patterns that are accepted, each with a text and with whether case counts."""
    random = Random(seed)
    found: list[tuple[str, str, str]] = []
    while len(found) < count:
        pattern, name = random_pattern(random), random.choice(["$regex", "$regexi"])
        text = "".join(random.choices(CHARACTERS, k=random.randint(0, 8)))
        try:
            compile_pattern(pattern, ignore_case=name == "$regexi")
        except PatternError:
            continue
        found.append((name, pattern, text))
    return found


def holds(name: str, pattern: str, text: str) -> bool:
    return compile_pattern(pattern, ignore_case=name == "$regexi")(text)


def in_javascript(node: str, cases: list[tuple[str, str, str]]) -> list[bool]:
    asked: list[dict[str, Any]] = []
    for name, pattern, text in cases:
        rule = {"force": True, "condition": {"a": {name: pattern}}}
        features = {"f": {"defaultValue": False, "rules": [rule]}}
        asked.append({"ctx": {"attributes": {"a": text}, "features": features}, "key": "f"})
    return [answer["value"] for answer in asked_of_javascript(node, asked)]


def test_random_patterns_are_found_where_every_sdk_finds_what_is_published(node: str) -> None:
    cases = random_cases(1, 400)
    published = [(name, portable_pattern(pattern), text) for name, pattern, text in cases]
    ours = [holds(*case) for case in cases]
    assert 0.15 < sum(ours) / len(ours) < 0.85
    read = {
        "ours, as published": [holds(*case) for case in published],
        "python": [evalCondition({"a": text}, {"a": {name: pattern}}) for name, pattern, text in published],
        "javascript": in_javascript(node, cases),
        "javascript, as published": in_javascript(node, published),
    }
    for reader, answers in read.items():
        wrong = [case for case, one, other in zip(cases, ours, answers, strict=True) if one is not other]
        assert wrong == [], f"{reader}: {json.dumps(wrong[:5])}"


def test_characters_of_two_code_units_count_as_in_javascript(node: str) -> None:
    patterns = ["^.$", "^..$", "^a.", "[^a]b", r"\W{2}", "😀", "😀b", r"^\S+$", "^.{8}$"]
    cases = [("$regex", pattern, text) for pattern in patterns for text in EMOJI]
    assert [holds(*case) for case in cases] == in_javascript(node, cases)


def test_a_text_beyond_a_patterns_limit_is_found_by_nobody(node: str) -> None:
    for pattern in ("a.*b", "^a.*b.*c", r"\s+x|y+"):
        published = portable_pattern(pattern)
        for text in ("a" * (longest_text(pattern) - 4) + "bc x", "a" * longest_text(pattern) + "bc x"):
            case = ("$regex", pattern, text)
            found = evalCondition({"a": text}, {"a": {"$regex": published}})
            assert found is holds(*case) is in_javascript(node, [("$regex", published, text)])[0]
            assert found is (len(text) <= longest_text(pattern))


def test_no_pattern_that_is_accepted_takes_long_on_the_longest_hostile_text() -> None:
    random = Random(2)
    parts = ["a", ".", r"\w", "[ab]", "(ab)", "(?:a|b)", "b", "(?=a.*b)", r"\b"]
    tried = 0
    while tried < 150:
        pattern = "".join(
            random.choice(parts) + random.choice(["*", "+", "?", "", "{2,9}"])
            for _ in range(random.randint(2, 7))
        )
        pattern = random.choice(["", "^"]) + pattern + random.choice(["$", "x", "c$"])
        try:
            test, longest = compile_pattern(pattern), longest_text(pattern)
        except PatternError:
            continue
        tried += 1
        for text in ("a" * longest, "ab" * (longest // 2)):
            begun = process_time()
            test(text)
            assert process_time() - begun < 2, pattern


def test_no_pattern_of_an_audience_holds_a_door_up() -> None:
    evil = ["(a+)+$", "(a|aa)*$", "^(a?){30}a{30}$", ".*.*.*.*x", "a.*b.*c", "(a|b|ab)*c", r"(\w+\s?)+$"]
    rules = [
        experiment(f"e{number}", condition={"agent": {"$regex": pattern}})
        for number, pattern in enumerate(evil)
    ]
    app = Flask("doors")
    doors = Doors(FixedSource(CompiledSnapshot(build(tuple(rules), KEYS))), None)  # type: ignore[arg-type]
    register(app, doors)
    client = Client(HotDoor(app.wsgi_app, doors))
    for text in ("a" * 40, "a" * 125, "ab" * 2_000, "a" * 1_000_000):
        attributes = {"targetingKey": "s", "id": "s", "agent": text}
        begun = process_time()
        for path in ("/api/v1/assign", "/ofrep/v1/evaluate/flags"):
            answer = client.post(path, json={"context": attributes}, headers={"X-API-Key": CLIENT_KEY})
            assert answer.status_code == 200
        assert client.post(f"/api/eval/{CLIENT_KEY}", json={"attributes": attributes}).status_code == 200
        assert process_time() - begun < 2
