"""Regular expressions mean what they mean in JavaScript, and none can hold a worker up."""

from __future__ import annotations

import time

import pytest

from assignment.patterns import PatternError, compile_pattern, portable_pattern


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a+$", "aaa", True),
        ("^a+$", "aaa\n", False),
        (r"\d{3}", "a123", True),
        (r"\d", "٣", False),
        (r"\w", "é", False),
        (r"\bfoo\b", "a foo", True),
        (r"[\w.-]+@[\w-]+\.com$", "me.x@example.com", True),
        (r"(?<year>\d)1", "11", True),
        (r"\s", "\x1c", False),
        ("^.$", "😀", False),
        ("[^]", "\n", True),
        ("[]", "a", False),
        ("a{", "a{", True),
        ("^(NL|BE)$", "BE", True),
        (".", "\u2028", False),
        ("[a&&b]", "&", True),
        ("[[]", "[", True),
        (r"a\/b", "a/b", True),
        (r"é+\x41", "éA", True),
        ("(?=.*x)y", "yx", True),
        ("(?!x)y", "y", True),
        (r"[\D]", "5", False),
        (r"[^\W]", "_", True),
    ],
)
def test_patterns_mean_what_they_mean_in_javascript(pattern: str, text: str, found: bool) -> None:
    assert compile_pattern(pattern)(text) is found


def test_case_is_ignored_when_told() -> None:
    assert compile_pattern("ÉTÉ", ignore_case=True)("été")
    assert not compile_pattern("ÉTÉ")("été")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "not closed"),
        ("a)", "not opened"),
        ("[a", "set is not closed"),
        ("a**", "nothing to repeat"),
        ("a++", "nothing to repeat"),
        ("(?i)a", "unknown kind of group"),
        (r"\p{L}", "unknown escape"),
        (r"\cJ", "unknown escape"),
        ("a\\", "ends in a backslash"),
        ("a{2,1}", "out of order"),
        ("(?<=a+)b", "fixed-width"),
        (r"(a)\1", "refers to a group"),
        (r"(?<year>\d)\k<year>", "refers to a group"),
        ("a{1,1001}", "above 1000"),
        ("x" * 50_001, "more than are ever read"),
        ("(a+)+$", "repeats a part that itself varies"),
        ("(a|aa)*$", "repeats a part that itself varies"),
        ("(a?){30}a{30}", "repeats a part that itself varies"),
        ("((a+))+", "repeats a part that itself varies"),
        ("a?" * 30 + "a" * 30, "too many ways"),
        (".*.*.*.*.*x", "too many ways"),
        ("(a|b)" * 30, "too many ways"),
    ],
)
def test_a_bad_or_dangerous_pattern_is_refused_in_words(pattern: str, words: str) -> None:
    with pytest.raises(PatternError, match=words):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", [".*foo.*bar", "a*a*b", r"\s+\d+$", "^(a|b)?(c|d)?.*x.*y$", "(x+x+)?y"])
@pytest.mark.parametrize("text", ["a" * 100_000, "x" * 2_000, "foo" * 600, " " * 1_999, "a" * 300])
def test_no_accepted_pattern_takes_long_on_hostile_text(pattern: str, text: str) -> None:
    search = compile_pattern(pattern)
    start = time.process_time()
    search(text)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("pattern", "portable"),
    [
        ("^[0-9]{4}(NL|BE)", "^[0-9]{4}(?:NL|BE)"),
        (r"^\w\W\d", "^[A-Za-z0-9_][^A-Za-z0-9_][0-9]"),
        ("^(?<year>x)", "^(?:x)"),
        ("[^]", r"[\s\S]"),
        ("[]", r"[^\s\S]"),
        ("x$", r"x(?![\s\S])"),
        ("a.*b", r"^(?![\s\S]{1415})[\s\S]*?(?:a[^\n\r\u2028\u2029]*b)"),
    ],
)
def test_a_portable_pattern_writes_out_what_other_languages_read_otherwise(
    pattern: str, portable: str
) -> None:
    assert portable_pattern(pattern) == portable
