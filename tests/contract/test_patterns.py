"""Regular expressions of audiences are read alike by our engine and by both official SDKs as published."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from growthbook.core import evalCondition

from assignment.patterns import PatternError, compile_pattern, longest_text, portable_pattern
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
    cases = random_cases(1, 800)
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
