"""Regular expressions of audiences: JavaScript's syntax, with a bound on the work that one test may cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_PATTERN = 500
_MAX_WRITTEN = 50_000
_MAX_REPEAT = 1_000
_MAX_TEXT = 1_048_576
_BUDGET = 2_000_000

_WORD = "A-Za-z0-9_"
_SPACE = r"\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_CLASSES = {"d": "0-9", "w": _WORD, "s": _SPACE}
_NEGATED_IN_SET = {
    "D": r"\x00-/:-\uffff",
    "W": r"\x00-/:-@\[-\^`{-\uffff",
    "S": r"\x00-\x08\x0e-\x1f!-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\ufefe\uff00-\uffff",
}
# Without an alternative, so that a repeat round it costs no more than it looks.
_BOUNDARIES = {
    "b": f"(?!(?<=[{_WORD}])(?=[{_WORD}]))(?!(?<![{_WORD}])(?![{_WORD}]))",
    "B": f"(?!(?<![{_WORD}])(?=[{_WORD}]))(?!(?<=[{_WORD}])(?![{_WORD}]))",
}
_ANY = r"[\s\S]"
_CONTROL = {"n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v", "f": r"\f", "0": r"\x00"}
_QUANTIFIER = re.compile(r"[*+?]|\{([0-9]{1,9})(,([0-9]{0,9}))?\}")
_GROUP = re.compile(r"\((\?:|\?=|\?!|\?<=|\?<!|\?<[A-Za-z_$][A-Za-z0-9_$]*>|(?!\?))")
_HEX = re.compile(r"x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}")


class PatternError(ValueError):
    """The pattern is not valid, or could need more work than is allowed."""


@dataclass(slots=True)
class _Cost:
    """How a part of a pattern may branch: repeats without bound, and all other choices multiplied."""

    repeats: int = 0
    choices: int = 1
    branches: int = 1
    looks: bool = False


def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """A test whether the pattern occurs in a text, as `new RegExp(pattern).test(text)` gives it.

    A pattern whose parts could be matched in very many ways is refused, and a text longer than the pattern's
    budget allows never matches: a test is done within about two million steps.

    Raises:
        PatternError: The pattern is too long, not valid, or repeats a part that itself varies.
    """
    reader = _read(pattern)
    try:
        compiled = re.compile(reader.written(), re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"'{pattern}' is not a valid regular expression: {error}") from error
    search, longest = compiled.search, reader.longest_text()

    def test(text: str) -> bool:
        return len(text) <= longest and search(_code_units(text)) is not None

    return test


def portable_pattern(pattern: str) -> str:
    """The pattern in words that JavaScript and Python read alike, with its limit on the text's length.

    Raises:
        PatternError: As `compile_pattern`.
    """
    reader = _read(pattern)
    written, longest = reader.written(), reader.longest_text()
    if longest < _MAX_TEXT:
        start = "" if reader.is_anchored() else f"{_ANY}*?"
        written = f"^(?!{_ANY}{{{longest + 1}}}){start}(?:{written})"
    return written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def longest_text(pattern: str) -> int:
    """The longest text that can match the pattern.

    Raises:
        PatternError: As `compile_pattern`.
    """
    return _read(pattern).longest_text()


def _read(pattern: str) -> _Reader:
    if len(pattern) > _MAX_WRITTEN:
        raise PatternError(f"the pattern has {len(pattern)} characters, more than are ever read")
    reader = _Reader(_code_units(pattern))
    reader.read()
    return reader


def _code_units(text: str) -> str:
    """The text with each UTF-16 code unit as a character of its own, as JavaScript sees it."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(map(chr, memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")))


class _Reader:
    """Writes one pattern in the syntax that JavaScript and Python share, and adds up how it may branch."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0
        self.output: list[str] = []
        self.open: list[_Cost] = [_Cost()]
        self.last: _Cost | None = None

    def read(self) -> None:
        """Go through the whole pattern."""
        while self.place < len(self.pattern):
            self._read_one()
        if len(self.open) > 1:
            raise self._invalid("a parenthesis is not closed")

    def written(self) -> str:
        """The pattern in the shared syntax."""
        return "".join(self.output)

    def is_anchored(self) -> bool:
        """Whether it can match at the start of a text only."""
        return self.pattern.startswith("^") and self.open[0].branches == 1

    def longest_text(self) -> int:
        """The longest text whose test stays within the budget."""
        cost = self.open[0]
        degree = cost.repeats + (0 if self.is_anchored() else 1)
        steps = _BUDGET / max(cost.choices, 1)
        # A few billionths make up for what roots lose, so that what is published counts as it is.
        longest = int(steps ** (1 / degree) + 1e-9) if degree else _MAX_TEXT
        if longest < 20:
            raise PatternError(
                f"'{self.pattern}' can be matched in too many ways; use fewer repeats, or anchor it with ^"
            )
        return min(longest, _MAX_TEXT)

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
            self._put(f"(?!{_ANY})", None)
        elif sign == "^":
            self._put("^", None)
        else:
            self._put(re.escape(sign), _Cost())

    def _put(self, text: str, atom: _Cost | None, width: int = 1) -> None:
        self.output.append(text)
        self.last = atom
        self.place += width

    def _repeat(self, match: re.Match[str]) -> None:
        atom, text = self.last, match.group()
        if atom is None:
            raise self._invalid(f"nothing to repeat before '{text}'")
        low, high = _bounds(match)
        if high is not None and (high < low or (high > _MAX_REPEAT and high > low) or high > _MAX_TEXT):
            raise self._invalid(f"'{text}' is out of order or above {_MAX_REPEAT}")
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
        kind = match.group()
        self.open.append(_Cost(looks=kind[-1] in "=!"))
        self._put("(?:" if kind == "(" or kind.endswith(">") else kind, None, len(kind))

    def _close_group(self) -> None:
        if len(self.open) == 1:
            raise self._invalid("a parenthesis is closed that was not opened")
        inner = self.open.pop()
        inner.choices *= inner.branches
        # Not every client can repeat a group that only looks around.
        self._put(")", None if inner.looks else inner)
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
        while end < len(self.pattern) and self.pattern[end] != "]":
            if self.pattern[end] == "\\":
                text, width = self._set_escape(end)
            else:
                text, width = _set_sign(self.pattern[end]), 1
            parts.append(text)
            end += width
        if end >= len(self.pattern):
            raise self._invalid("a set is not closed")
        text = f"[{'^' if negated else ''}{''.join(parts)}]"
        if not parts or self.pattern.startswith(_ANY, self.place):
            text = _ANY if parts or negated else r"[^\s\S]"
        self._put(text, _Cost(), end + 1 - self.place)

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
        if sign in _BOUNDARIES and sign:
            self._put(_BOUNDARIES[sign], None, 2)
        elif sign in _CLASSES and sign:
            self._put(f"[{_CLASSES[sign]}]", _Cost(), 2)
        elif sign in _NEGATED_IN_SET and sign:
            self._put(f"[^{_CLASSES[sign.lower()]}]", _Cost(), 2)
        elif sign in "123456789k" and sign:
            raise self._invalid(f"'\\{sign}' refers to a group, which not every client reads alike")
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
