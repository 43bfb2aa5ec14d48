"""Cuts a JSON list into its elements even where one of them is not JSON, so that its neighbours survive."""

from __future__ import annotations

import re

_MAX_TOKENS = 1_000_000
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]+|[\]}]|,', re.DOTALL)
_SPACE = b" \t\r\n"
_EVENTS_MEMBER = re.compile(rb'[ \t\r\n]*"events"[ \t\r\n]*:[ \t\r\n]*')


class UnclosedError(ValueError):
    """The brackets do not match, so nothing can be said about where elements begin and end."""


def elements(body: bytes) -> list[bytes]:
    """The elements of a list, each without the space around it; whether one is JSON is not looked at.

    Raises:
        UnclosedError: The body is not one list from its first byte to its last.
    """
    return _cut(body, b"[")


def events_member(body: bytes) -> list[bytes]:
    """The value of every member of an object that is named `events`: more than one is a mistake.

    Raises:
        UnclosedError: The body is not one object from its first byte to its last.
    """
    found = []
    for member in _cut(body, b"{"):
        match = _EVENTS_MEMBER.match(member)
        if match:
            found.append(member[match.end() :])
    return found


def _cut(body: bytes, bracket: bytes) -> list[bytes]:
    body = body.strip(_SPACE)
    if not body.startswith(bracket):
        raise UnclosedError(f"it does not begin with '{bracket.decode()}'")
    cut: list[bytes] = []
    depth = 0
    begin = 1
    for count, token in enumerate(_TOKEN.finditer(body)):
        first = body[token.start()]
        if count > _MAX_TOKENS:
            raise UnclosedError("it has too many parts")
        if first in b"[{":
            depth += token.end() - token.start()
        elif first in b"]}":
            depth -= 1
            if depth == 0:
                if token.end() != len(body):
                    raise UnclosedError(f"byte {token.end()} comes after its end")
                last = body[begin : token.start()].strip(_SPACE)
                return [*cut, last] if cut or last else []
        elif first == 0x2C and depth == 1:
            cut.append(body[begin : token.start()].strip(_SPACE))
            begin = token.end()
    raise UnclosedError("it ends before its brackets are closed")
