"""Reads the settings that say where the shop's pages are, for the cookie that the server sets."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]")
_ORIGIN = re.compile(rf"https?://{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?")


class ConfigurationError(Exception):
    """A setting that cannot be used, in one sentence naming the setting, its value and the rule."""


def shop_origins(text: str | None) -> frozenset[str]:
    """The origins in a list with commas.

    Raises:
        ConfigurationError: One of them is not exactly what a browser sends in `Origin`.
    """
    origins = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    for origin in sorted(origins):
        if not _ORIGIN.fullmatch(origin):
            raise ConfigurationError(
                f"PROEFWERK_SHOP_ORIGINS has '{origin}'; an origin is written like https://www.shop.example,"
                " in small letters and without a path."
            )
    return origins


def cookie_domain(text: str | None, origins: frozenset[str]) -> str | None:
    """The domain that the cookie is for.

    Raises:
        ConfigurationError: Not a domain of two labels or more, or one that a shop's page is not in.
    """
    if text is None:
        return None
    if not _DOMAIN.fullmatch(text):
        raise ConfigurationError(
            f"PROEFWERK_COOKIE_DOMAIN is '{text}'; it must be a domain such as shop.example in small letters."
        )
    if not origins:
        raise ConfigurationError(
            "PROEFWERK_SHOP_ORIGINS is missing; PROEFWERK_COOKIE_DOMAIN is for the cookie of its pages."
        )
    for origin in sorted(origins):
        host = urlsplit(origin).hostname or ""
        if host != text and not host.endswith(f".{text}"):
            raise ConfigurationError(
                f"PROEFWERK_COOKIE_DOMAIN is '{text}', but '{origin}' of PROEFWERK_SHOP_ORIGINS is not in it."
            )
    return text
