"""Looks at the first rows of a source: whether it can be read, and what its rows would be taken for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from experiments.db import utc_now
from experiments.documents import timestamp
from experiments.sources.forms import PlaceForm, SourceForm
from experiments.sources.judged import RowRefusedError, belongs, judged
from experiments.sources.readers import Reader, Row, open_reader, wanted_of

ROWS = 5
LONGEST = 200
Document = dict[str, Any]


def check_source(form: SourceForm, environ: Mapping[str, str] | None = None) -> Document:
    """The first rows of each part as they are, with what they mean or why they would be refused.

    Raises:
        ProefwerkError: 503 when the source cannot be read.
    """
    reader = open_reader(form, os.environ if environ is None else environ)
    try:
        parts = {"orders": _looked_at(reader, form, form.orders)}
        if form.refunds is not None:
            parts["refunds"] = _looked_at(reader, form, form.refunds)
        return parts
    finally:
        reader.close()


def _looked_at(reader: Reader, form: SourceForm, part: PlaceForm) -> Document:
    wanted = wanted_of(form, part)
    rows = reader.first(wanted, ROWS)
    return {"columns": list(wanted.columns), "rows": [_row(form, part, row) for row in rows]}


def _row(form: SourceForm, part: PlaceForm, row: Row) -> Document:
    document: Document = {
        "row": {name: None if value is None else str(value)[:LONGEST] for name, value in row.items()},
        "reads": None,
        "refused": None,
        "skipped": False,
    }
    try:
        fact = judged(form, part, row, utc_now()) if belongs(form, part, row) else None
    except RowRefusedError as error:
        return {**document, "refused": str(error)}
    if fact is None:
        return {**document, "skipped": True}
    reads = {
        "id": fact.id, "order": fact.order, "unit": fact.unit, "time": timestamp(fact.time),
        "value": str(fact.value), "currency": fact.currency, "properties": fact.properties,
    }  # fmt: skip
    return {**document, "reads": reads}
