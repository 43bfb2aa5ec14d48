"""Files of orders for the scheduler, and what it found of each order: beside the lake, for a day."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

from assignment.errors import ProefwerkError
from experiments.analysis.store import ReplacedError, Store

FOLDER = "orders"
FORMS = (".parquet", ".csv", ".csv.gz", ".ndjson", ".ndjson.gz")
KEPT = timedelta(days=1)
MOST_BYTES = 64_000_000
_ROWS = "rows-of-orders.csv"
_CHUNK = 1 << 20


class OrderUploads:
    """The folder, or the part of the object store, in which they lie.

    Args:
        store: Opens the place of the lake; asked for once, when the first file comes.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._open = store
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The place of the lake."""
        self._store = self._store or self._open()
        return self._store

    def keep(self, name: str, content: IO[bytes]) -> str:
        """Keep a file; where it lies.

        Raises:
            ProefwerkError: 413 for one of more than `MOST_BYTES`; 422 for a kind that cannot be read.
        """
        check_name(name)
        plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[-80:].lstrip("._-")
        stored = f"{FOLDER}/{secrets.token_hex(16)}/{plain}"
        path = self.store.root / stored
        path.parent.mkdir(parents=True)
        size = 0
        try:
            with path.open("wb") as file:
                while chunk := content.read(_CHUNK):
                    size += len(chunk)
                    if size > MOST_BYTES:
                        raise too_large()
                    file.write(chunk)
            self.store.upload([stored])
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        return stored

    def path(self, stored: str) -> Path:
        """The file, here.

        Raises:
            ProefwerkError: 404 once it is gone.
        """
        try:
            self.store.fetch([stored])
        except ReplacedError:
            raise _gone() from None
        path = self.store.root / stored
        if not path.is_file():
            raise _gone()
        return path

    def rows_path(self, stored: str) -> Path:
        """Where to write what became of each order of a file; then call `publish_rows`."""
        path = self.store.root / rows_of(stored)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def publish_rows(self, stored: str) -> None:
        """Let every machine read them, and forget the file."""
        self.store.upload([rows_of(stored)])
        self.store.delete([stored])

    def forget(self, stored: str) -> None:
        """Remove the file and its rows; what is gone already is fine."""
        self.store.delete([stored, rows_of(stored)])
        with suppress(OSError):
            (self.store.root / stored).parent.rmdir()


def rows_of(stored: str) -> str:
    """Where the rows of a file lie."""
    return f"{stored.rpartition('/')[0]}/{_ROWS}"


def check_name(name: str) -> None:
    """Whether a file of this name can be read.

    Raises:
        ProefwerkError: 422.
    """
    if not name.lower().endswith(FORMS):
        kinds = ", ".join(FORMS)
        raise ProefwerkError(422, "file_kind", f"'{name:.80}' is of no kind that can be read: {kinds}.")


def too_large() -> ProefwerkError:
    """The refusal of a file that is too large."""
    detail = f"The file is larger than {MOST_BYTES:,} bytes; reconcile it with 'proefwerk reconcile'."
    return ProefwerkError(413, "too_large", detail)


def _gone() -> ProefwerkError:
    return ProefwerkError(404, "rows_gone", "The rows are kept for a day only; reconcile the file again.")
