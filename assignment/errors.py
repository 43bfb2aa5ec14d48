"""Errors as values: a stable code, a sentence, the fields concerned."""

from __future__ import annotations

from dataclasses import dataclass

STATUS_TITLES = {
    400: "Malformed request",
    401: "Key missing or unknown",
    403: "Key not allowed here",
    404: "Not found",
    405: "Method not allowed",
    409: "Not possible now",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid",
    429: "Too many requests",
    500: "Internal error",
    503: "Not available now",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: its dotted path, then a sentence with the value and the rule."""

    field: str
    message: str


class ProefwerkError(Exception):
    """Something a caller did that is refused, or something that cannot be done now.

    Attributes:
        status: HTTP status that fits.
        code: Stable name, such as `experiment_not_found`; part of the problem's `type`.
        detail: One sentence for the person who reads it.
        fields: The fields concerned, if any.
    """

    def __init__(self, status: int, code: str, detail: str, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields


def invalid_field(field: str, message: str) -> ProefwerkError:
    """A request with one field wrong; `message` continues the sentence that the field's name begins."""
    return ProefwerkError(422, "invalid", f"{field} {message}.", (FieldError(field, message),))
