"""Reconciling files of orders over HTTP."""

from __future__ import annotations

import threading

from flask import Blueprint, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from assignment.errors import ProefwerkError
from experiments.api.experiments import PATH
from experiments.api.management import Management, current_actor
from experiments.documents import shown
from experiments.order_uploads import MOST_BYTES, OrderUploads, rows_of, too_large
from experiments.requests import ReconcileForm
from experiments.service.reconciliations import (
    await_reconciliation,
    find_reconciliation,
    list_reconciliations,
    reconciliation_document,
    start_reconciliation,
)
from experiments.validation import parse

FORMS = {
    "text/csv": ".csv",
    "application/x-ndjson": ".ndjson",
    "application/vnd.apache.parquet": ".parquet",
}
"""What a file may be, by its media type; gzip is told by the content encoding."""
MAX_WAITING = 1


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""
    # Each wait keeps a thread, and shoppers come first.
    waiting = threading.BoundedSemaphore(MAX_WAITING)

    @blueprint.post(f"{PATH}/<key>/reconcile")
    def reconciliations_make(key: str) -> ResponseReturnValue:
        form = parse(ReconcileForm, {name: value for name, value in request.args.items() if name != "file"})
        name = _name()
        request.max_content_length = MOST_BYTES
        if (request.content_length or 0) > MOST_BYTES:
            raise too_large()
        if not waiting.acquire(blocking=False):
            raise ProefwerkError(503, "busy", "A file is being reconciled now; try again in a moment.")
        try:
            ident = start_reconciliation(
                management.database, _uploads(management), key, form, name, request.stream, current_actor()
            )  # fmt: skip
            return await_reconciliation(management.database, key, ident)
        except RequestEntityTooLarge as error:
            raise too_large() from error
        finally:
            waiting.release()

    @blueprint.get(f"{PATH}/<key>/reconciliations")
    def reconciliations_list(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            rows = list_reconciliations(session, key)
            return {"reconciliations": [reconciliation_document(row) for row in rows]}

    @blueprint.get(f"{PATH}/<key>/reconciliations/<int:ident>")
    def reconciliations_get(key: str, ident: int) -> ResponseReturnValue:
        with management.database.reading() as session:
            return reconciliation_document(find_reconciliation(session, key, ident))

    @blueprint.get(f"{PATH}/<key>/reconciliations/<int:ident>/rows")
    def reconciliations_rows(key: str, ident: int) -> ResponseReturnValue:
        with management.database.reading() as session:
            stored = find_reconciliation(session, key, ident).stored or ""
        path = _uploads(management).path(rows_of(stored))
        return send_file(path, "text/csv", as_attachment=True, download_name=f"{key}-orders-{ident}.csv")


def _name() -> str:
    """A name for the file that says what it is: as it was told, else by the media type."""
    ending = FORMS.get(request.mimetype)
    if ending is None:
        kinds = ", ".join(f"'{kind}'" for kind in FORMS)
        raise ProefwerkError(
            415,
            "unsupported_media_type",
            f"The body has the media type {shown(request.mimetype)}; send {kinds}.",
        )
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise ProefwerkError(
            415, "unsupported_encoding", f"The encoding {shown(encoding)} is not known; use 'gzip'."
        )
    ending += ".gz" if encoding == "gzip" else ""
    name = request.args.get("file", "").replace("\0", "")[-200:]
    return name if name.lower().endswith(ending) else f"{name or 'orders'}{ending}"


def _uploads(management: Management) -> OrderUploads:
    if management.uploads is None:
        raise ProefwerkError(
            503, "no_uploads", "This server keeps no files; reconcile with the command line."
        )
    return management.uploads
