"""Dutch is complete, and whole sentences only."""

from __future__ import annotations

import re
import string
from pathlib import Path

from babel.messages.extract import extract_from_file

import dash_ui
from dash_ui.i18n import _, ngettext, read_catalogue, set_language, speaking

ROOT = Path(dash_ui.__file__).parent
KEYWORDS = {"_": None, "ngettext": (1, 2)}


def _messages() -> dict[tuple[str, ...], str]:
    """Every message in the code, singular with plural, and where it stands."""
    found: dict[tuple[str, ...], str] = {}
    for path in sorted(ROOT.rglob("*.py")):
        for line, message, _comments, _context in extract_from_file("python", str(path), keywords=KEYWORDS):
            key = (message,) if isinstance(message, str) else tuple(message)
            found[key] = f"{path.relative_to(ROOT)}:{line}"
    for path in sorted(ROOT.rglob("*.html")):
        for message in re.findall(r"_\(\"([^\"]+)\"\)", path.read_text(encoding="utf-8")):
            found[(message,)] = str(path.relative_to(ROOT))
    return found


def _placeholders(text: str) -> set[str]:
    try:
        return {name for _before, name, _spec, _conversion in string.Formatter().parse(text) if name}
    except ValueError:
        return set()


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(text) for text in value) if isinstance(value, list | tuple) else ()


def test_every_message_has_a_dutch_translation() -> None:
    catalogue = read_catalogue("nl")
    missing = []
    for key, place in _messages().items():
        message = catalogue.get(key[0] if len(key) == 1 else key)
        texts = _texts(message.string) if message is not None else ()
        if len(texts) != len(key) or not all(texts):
            missing.append(f"{place}: {key[0]}")
    assert missing == []


def test_translations_keep_the_placeholders_of_the_message() -> None:
    wrong = []
    for message in read_catalogue("nl"):
        if message.id:
            wanted = set.union(*(_placeholders(text) for text in _texts(message.id))) - {"count"}
            texts = _texts(message.string)
            wrong += [text for text in texts if _placeholders(text) - {"count"} != wanted]
    assert wrong == []


def test_no_message_is_a_glued_fragment() -> None:
    """A message that begins or ends with a space is half a sentence."""
    assert [key[0] for key in _messages() if key[0] != key[0].strip()] == []


def test_a_language_that_is_not_spoken_becomes_english() -> None:
    assert set_language("fr") == "en"
    assert set_language(None) == "en"


def test_plurals_and_grouping_follow_the_language() -> None:
    with speaking("nl"):
        assert ngettext("{count} experiment", "{count} experiments", 1) == "1 experiment"
        assert ngettext("{count} experiment", "{count} experiments", 1200) == "1.200 experimenten"
        assert _("Sign in") == "Inloggen"
    assert ngettext("{count} experiment", "{count} experiments", 1200) == "1,200 experiments"
