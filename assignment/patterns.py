"""Regular expressions of audiences: JavaScript's syntax, with a bound on the work that one test may cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_PATTERN = 500
MAX_SUBJECT = 2_000
_BUDGET = 2_000_000

_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r"\s\ufeff"}
_NEGATED = {"D": "[^0-9]", "W": "[^A-Za-z0-9_]", "S": r"[^\s\ufeff]"}
_NEGATED_IN_SET = {
    "D": r"\x00-/:-\U0010ffff",
    "W": r"\x00-/:-@\[-\^`{-\U0010ffff",
    "S": r"\S",
}
_BOUNDARIES = {"b": r"(?a:\b)", "B": r"(?a:\B)"}
_CONTROL = {"n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v", "f": r"\f", "0": r"\x00"}
_QUANTIFIER = re.compile(r"[*+?]|\{([0-9]{1,9})(,([0-9]{0,9}))?\}")
_GROUP = re.compile(r"\((\?:|\?=|\?!|\?<=|\?<!|\?<([A-Za-z_$][A-Za-z0-9_$]*)>|(?!\?))")
_HEX = re.compile(r"x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}")
_REFERENCE = re.compile(r"[1-9][0-9]?|k<([A-Za-z_$][A-Za-z0-9_$]*)>")


class PatternError(ValueError):
    """The pattern is not valid, or could need more work than is allowed."""


@dataclass(slots=True)
class _Cost:
    """How a part of a pattern may branch: repeats without bound, and all other choices multiplied."""

    repeats: int = 0
    choices: int = 1
    branches: int = 1


def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """A test whether the pattern occurs in a text, as `new RegExp(pattern).test(text)` gives it.

    A pattern whose parts could be matched in very many ways is refused, and a text longer than the pattern's
    budget allows never matches: a test is done within about two million steps.

    Raises:
        PatternError: The pattern is too long, not valid, or repeats a part that itself varies.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"the pattern has {len(pattern)} characters; at most {MAX_PATTERN} are allowed")
    reader = _Reader(pattern)
    translated = reader.read()
    try:
        compiled = re.compile(translated, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"'{pattern}' is not a valid regular expression: {error}") from error
    search, longest = compiled.search, reader.longest_subject()

    def test(text: str) -> bool:
        return len(text) <= longest and search(text) is not None

    return test


def portable_pattern(pattern: str) -> str:
    """The pattern with the same meaning in the regular expressions of other languages too, where it can be.

    What stands for ASCII in JavaScript and for all scripts elsewhere is written out, and groups lose their
    names. A pattern that is not valid, or names a group again, is left as it is.
    """
    reader = _Reader(pattern)
    try:
        reader.read()
    except PatternError:
        return pattern
    return pattern if r"\k<" in pattern else "".join(reader.portable)


class _Reader:
    """Translates one pattern to Python's syntax and to a portable one, and adds up how it may branch."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0
        self.output: list[str] = []
        self.portable: list[str] = []
        self.open: list[_Cost] = [_Cost()]
        self.last: _Cost | None = None

    def read(self) -> str:
        while self.place < len(self.pattern):
            self._read_one()
        if len(self.open) > 1:
            raise self._invalid("a parenthesis is not closed")
        return "".join(self.output)

    def longest_subject(self) -> int:
        """The longest text whose test stays within the budget."""
        cost = self.open[0]
        degree = cost.repeats + (0 if self.pattern.startswith("^") and cost.branches == 1 else 1)
        steps = _BUDGET / max(cost.choices, 1)
        longest = int(steps ** (1 / degree)) if degree else MAX_SUBJECT
        if longest < 20:
            raise PatternError(
                f"'{self.pattern}' can be matched in too many ways; use fewer repeats, or anchor it with ^"
            )
        return min(longest, MAX_SUBJECT)

    def _read_one(self) -> None:
        sign = self.pattern[self.place]
        quantifier = _QUANTIFIER.match(self.pattern, self.place)
        if quantifier:
            self._repeat(quantifier)
        elif sign == "(":
            self._open_group()
        elif sign == ")":
            self._close_group()
        elif sign == "|":
            self.open[-1].branches += 1
            self._put("|", None)
        elif sign == "[":
            self._read_set()
        elif sign == "\\":
            self._read_escape()
        elif sign == ".":
            self._put(r"[^\n\r\u2028\u2029]", _Cost())
        elif sign == "$":
            self._put(r"\Z", None)
        elif sign == "^":
            self._put("^", None)
        else:
            self._put(re.escape(sign), _Cost())

    def _put(self, text: str, atom: _Cost | None, width: int = 1, portable: str | None = None) -> None:
        self.output.append(text)
        self.portable.append(portable or self.pattern[self.place : self.place + width])
        self.last = atom
        self.place += width

    def _repeat(self, match: re.Match[str]) -> None:
        atom, text = self.last, match.group()
        if atom is None:
            raise self._invalid(f"nothing to repeat before '{text}'")
        low, high = _bounds(match)
        if high is not None and (high < low or high > 1000):
            raise self._invalid(f"'{text}' is out of order or above 1000")
        varies = atom.repeats > 0 or atom.choices > 1
        if varies and (high is None or high > 1):
            raise PatternError(
                f"'{self.pattern}' repeats a part that itself varies, which can take very long; "
                "write it without a repeat or an alternative inside the repeat"
            )
        here = self.open[-1]
        here.repeats += atom.repeats + (1 if high is None else 0)
        here.choices *= atom.choices * (1 if high is None else high - low + 1)
        atom.repeats, atom.choices = 0, 1
        lazy = self.pattern[match.end() : match.end() + 1] == "?"
        self._put(text + ("?" if lazy else ""), None, len(text) + lazy)

    def _open_group(self) -> None:
        match = _GROUP.match(self.pattern, self.place)
        if not match:
            raise self._invalid("unknown kind of group after '(?'")
        text = f"(?P<{match.group(2)}>" if match.group(2) else match.group()
        self.open.append(_Cost())
        self._put(text, None, len(match.group()), "(" if match.group(2) else None)

    def _close_group(self) -> None:
        if len(self.open) == 1:
            raise self._invalid("a parenthesis is closed that was not opened")
        inner = self.open.pop()
        inner.choices *= inner.branches
        self._put(")", inner)
        self._settle(inner)

    def _settle(self, inner: _Cost) -> None:
        """Count a group's branching where no repeat follows it; a repeat counts it itself."""
        if not _QUANTIFIER.match(self.pattern, self.place):
            self.open[-1].repeats += inner.repeats
            self.open[-1].choices *= inner.choices

    def _read_set(self) -> None:
        end = self.place + 1
        negated = self.pattern[end : end + 1] == "^"
        end += negated
        parts: list[str] = []
        portable: list[str] = []
        while end < len(self.pattern) and self.pattern[end] != "]":
            if self.pattern[end] == "\\":
                text, width = self._set_escape(end)
            else:
                text, width = _set_sign(self.pattern[end]), 1
            parts.append(text)
            written = self.pattern[end : end + width]
            portable.append(text if written[1:] in _CLASSES else written)
            end += width
        if end >= len(self.pattern):
            raise self._invalid("a set is not closed")
        nothing = r"[\s\S]" if negated else "(?!)"
        opening, width = "[^" if negated else "[", end + 1 - self.place
        if not parts:
            self._put(nothing, _Cost(), width, nothing)
            return
        self._put(f"{opening}{''.join(parts)}]", _Cost(), width, f"{opening}{''.join(portable)}]")

    def _set_escape(self, place: int) -> tuple[str, int]:
        sign = self.pattern[place + 1 : place + 2]
        if sign in _CLASSES and sign:
            return _CLASSES[sign], 2
        if sign in _NEGATED_IN_SET and sign:
            return _NEGATED_IN_SET[sign], 2
        if sign == "b":
            return r"\x08", 2
        return self._common_escape(place)

    def _read_escape(self) -> None:
        sign = self.pattern[self.place + 1 : self.place + 2]
        reference = _REFERENCE.match(self.pattern, self.place + 1)
        if sign in _BOUNDARIES and sign:
            self._put(_BOUNDARIES[sign], None, 2)
        elif sign in _CLASSES and sign:
            self._put(f"[{_CLASSES[sign]}]", _Cost(), 2, f"[{_CLASSES[sign]}]")
        elif sign in _NEGATED and sign:
            self._put(_NEGATED[sign], _Cost(), 2, _NEGATED[sign])
        elif reference:
            name = reference.group(1)
            text = f"(?P={name})" if name else f"(?:\\{reference.group()})"
            self._put(text, _Cost(), 1 + len(reference.group()))
        else:
            text, width = self._common_escape(self.place)
            self._put(text, _Cost(), width)

    def _common_escape(self, place: int) -> tuple[str, int]:
        sign = self.pattern[place + 1 : place + 2]
        hexadecimal = _HEX.match(self.pattern, place + 1)
        if not sign:
            raise self._invalid("it ends in a backslash")
        if hexadecimal:
            return "\\" + hexadecimal.group(), 1 + len(hexadecimal.group())
        if sign in _CONTROL:
            return _CONTROL[sign], 2
        if sign.isascii() and sign.isalnum():
            raise self._invalid(f"unknown escape '\\{sign}'")
        return re.escape(sign), 2

    def _invalid(self, why: str) -> PatternError:
        return PatternError(f"'{self.pattern}' is not a valid regular expression: {why}")


def _bounds(match: re.Match[str]) -> tuple[int, int | None]:
    text = match.group()
    if text in "*+?":
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[text]
    low = int(match.group(1))
    if match.group(2) is None:
        return low, low
    return low, int(match.group(3)) if match.group(3) else None


def _set_sign(sign: str) -> str:
    return f"\\{sign}" if sign in "[&|~\\" else sign
