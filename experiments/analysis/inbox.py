"""Takes over what the nodes of a cluster shipped of their logs to the object store's folder `inbox`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.analysis.lake import Added, Lake
from experiments.analysis.object_store import ObjectStore
from experiments.analysis.store import ReplacedError, locked

INBOX = "inbox"
BRING_BYTES = 128 * 1024 * 1024
"""How much is fetched at once."""


def take_over(lake: Lake, store: ObjectStore) -> Added:
    """Bring everything that was shipped until now into the lake, each event once.

    Objects are removed when the manifest that holds their events is published. Whoever dies before that
    leaves them to the next one, which knows by the manifest which of them are in the lake already.
    """
    inbox = _Inbox(store)
    total, more = Added(), True
    # One process of this machine at a time, for they share the folder. Those of other machines have their
    # own, and only one of them can replace the manifest.
    with locked(inbox.folder):
        while more:
            more = inbox.bring()
            total += lake.compact(inbox.folder, inbox.remove)
    return total


class _Inbox:
    """The objects, and the folder into which they are fetched as segments of a log."""

    def __init__(self, store: ObjectStore) -> None:
        self.folder = store.root / INBOX
        self._store = store

    def bring(self) -> bool:
        """Fetch the oldest objects, as many as are taken over at once; whether there are more."""
        while True:
            found = self._store.listed(INBOX)
            listed = {Path(path).name for path, _ in found}
            for path in self.folder.glob("*.log"):
                if path.name not in listed:
                    # Another machine has taken it over, and removed it.
                    path.unlink(missing_ok=True)
            wanted, size = 0, 0
            while wanted < len(found) and size < BRING_BYTES:
                size += found[wanted][1]
                wanted += 1
            try:
                self._store.fetch([path for path, _ in found[:wanted]])
            except ReplacedError:
                continue
            return wanted < len(found)

    def remove(self, paths: Sequence[Path]) -> None:
        """Remove objects that are in the lake."""
        self._store.delete([f"{INBOX}/{path.name}" for path in paths])
