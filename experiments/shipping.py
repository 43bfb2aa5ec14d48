"""Ships a node's event log to the object store of its cluster, whole records only, as they come in."""

from __future__ import annotations

import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from assignment.log import Frame, is_sealed, read_frames, segments
from experiments.analysis.inbox import INBOX
from experiments.analysis.object_store import ObjectStore
from experiments.analysis.store import locked

PIECE_BYTES = 8 * 1024 * 1024
DRAIN_SECONDS = 12.0


class Shipper:
    """What one home folder's log is shipped by; any number of its processes may hold one.

    Args:
        log_folder: Where the node's web workers append events.
        home: Where it keeps its name and how far it has come.
        store: Where the pieces go.
    """

    def __init__(self, log_folder: Path, home: Path, store: ObjectStore) -> None:
        self._log_folder = log_folder
        self._folder = home / "shipping"
        self._store = store

    def ship(self) -> int:
        """Send everything that was acknowledged until now; how many bytes that were.

        A piece is named by what it holds and never changes. Whoever dies between sending one and remembering
        that sends it again, perhaps together with more; events count once by their ids.

        Raises:
            ProefwerkError: 503, the store cannot be reached; what is not sent stays in the log.
        """
        total = 0
        with locked(self._folder):
            sent = self.sent()
            paths = segments(self._log_folder)
            for gone in sent.keys() - {path.name for path in paths}:
                del sent[gone]
            for path in paths:
                with suppress(FileNotFoundError):
                    total += self._ship(path, sent)
        return total

    def _ship(self, path: Path, sent: dict[str, int]) -> int:
        total = 0
        # Asked before reading: what is appended in between is sent the next time.
        sealed = is_sealed(path)
        for piece, end in _pieces(path, sent.get(path.name, 0)):
            start = end - len(piece)
            name = f"{path.stem}-{self.node()}-{start:012}-{end:012}{path.suffix}"
            self._store.put(f"{INBOX}/{name}", piece)
            sent[path.name] = end
            _replace(self._folder / "sent.json", msgspec.json.encode(sent))
            total += len(piece)
        if sealed:
            path.unlink()
        return total

    def drain(self, seconds: float = DRAIN_SECONDS) -> bool:
        """Ship until the log is empty, while its writers come to their end; whether it is."""
        until = time.monotonic() + seconds
        while True:
            self.ship()
            if not segments(self._log_folder):
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.2)

    def node(self) -> str:
        """The node's name: its host's, with something that no other node has."""
        path = self._folder / "node"
        if not path.exists():
            host = re.sub(r"[^a-z0-9]+", "-", socket.gethostname().lower())[:40].strip("-")
            _replace(path, f"{host}-{secrets.token_hex(4)}".encode())
        return path.read_text(encoding="ascii")

    def sent(self) -> dict[str, int]:
        """How far each segment has been sent, in bytes."""
        try:
            return msgspec.json.decode((self._folder / "sent.json").read_bytes(), type=dict[str, int])
        except (FileNotFoundError, msgspec.MsgspecError):
            # All of it is sent again, and counted once.
            return {}


def _pieces(path: Path, offset: int) -> Iterator[tuple[bytes, int]]:
    """What a segment holds from an offset on, in pieces of whole records, each with its end.

    A damaged record goes along with a sound one behind it: so the reader finds it as it is here.
    """
    end = offset
    with path.open("rb") as file:
        file.seek(offset)
        for record in read_frames(path, offset):
            end = record.end
            if isinstance(record, Frame) and end - offset >= PIECE_BYTES:
                yield file.read(end - offset), end
                offset = end
        if end > offset:
            yield file.read(end - offset), end


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
