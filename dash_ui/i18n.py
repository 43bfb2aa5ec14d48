"""The language of a request, and every text of the screens in that language."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["en", "nl"]
LANGUAGES: tuple[Language, ...] = ("en", "nl")
TRANSLATIONS = Path(__file__).parent / "translations"

_current: ContextVar[Language] = ContextVar("language", default="en")


def language() -> Language:
    """The language of the request being answered; English outside one."""
    return _current.get()


def set_language(name: str | None) -> Language:
    """Makes `name` the language of this request, or English when it is not spoken here."""
    chosen: Language = "nl" if name == "nl" else "en"
    _current.set(chosen)
    return chosen


@contextmanager
def speaking(name: Language) -> Iterator[None]:
    """Runs a block in one language."""
    token = _current.set(name)
    try:
        yield
    finally:
        _current.reset(token)


def _(message: str, **values: object) -> str:
    """A whole sentence in the language of the request, with its `{placeholders}` filled."""
    text = message if language() == "en" else _translations(language()).gettext(message)
    return text.format(**values) if values else text


def ngettext(singular: str, plural: str, count: int, **values: object) -> str:
    """A sentence about `count` things; `{count}` is the number as people write it."""
    text = _translations(language()).ngettext(singular, plural, count)
    grouped = f"{count:,}" if language() == "en" else f"{count:,}".replace(",", ".")
    return text.format(count=grouped, **values)


def read_catalogue(name: Language) -> Catalog:
    """Every message of a language, from all its `.po` files.

    Raises:
        FileNotFoundError: There is no `.po` file of this language.
    """
    merged = Catalog(locale=name)
    files = sorted((TRANSLATIONS / name / "LC_MESSAGES").glob("*.po"))
    if not files:
        raise FileNotFoundError(f"no translations for {name} in {TRANSLATIONS}")
    for path in files:
        with path.open("rb") as source:
            for message in read_po(source, locale=name):
                if message.id:
                    merged[message.id] = message
    return merged


@cache
def _translations(name: Language) -> gettext.NullTranslations:
    if name == "en":
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(name))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
