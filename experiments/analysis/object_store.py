"""A lake in an object store: files are fetched once into a cache, the manifest is put on a condition."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotModifiedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from assignment.errors import ProefwerkError
from experiments.analysis import manifest
from experiments.analysis.manifest import NAME, Manifest
from experiments.analysis.store import FOLDERS, OutrunError, ReplacedError, State, files_in, locked

ORPHAN_SECONDS = 6 * 3600.0
"""A file that no manifest names may be that of a writer at work until it is as old as this."""
REMOVALS = "removals"
"""File of the cache that tells after how many removals it was cleared."""
READER_SECONDS = 900.0
"""What was used so lately stays in the cache: somebody may be reading it."""
TIMEOUT = timedelta(seconds=30)
RETRY_SECONDS = 60
CONCURRENCY = 8


def open_s3(url: str) -> S3Store:
    """The store that an `s3://bucket/prefix` names; the rest is in the usual `AWS_*` variables.

    Raises:
        ProefwerkError: 503, what the variables hold cannot be used.
    """
    parts = urlsplit(url)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    given = {"endpoint": endpoint} if endpoint else {}
    with _told(url):
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            **given,  # type: ignore[arg-type]
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": TIMEOUT,
                "connect_timeout": timedelta(seconds=5),
            },
            retry_config={"max_retries": 8, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        )


@contextmanager
def _told(url: str) -> Iterator[None]:
    """What goes wrong, but for answers that the caller asked for, becomes one sentence."""
    try:
        yield
    except (AlreadyExistsError, NotModifiedError, PreconditionError):
        raise
    except FileNotFoundError as error:
        if "NoSuchBucket" not in str(error):
            raise
        raise ProefwerkError(503, "store_unavailable", f"The bucket of {url} does not exist.") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise ProefwerkError(
            503, "store_unavailable", f"The object store of {url} refuses the credentials in AWS_*."
        ) from error
    except BaseError as error:
        reason = str(error).split("\n", 1)[0].rstrip(". ")
        raise ProefwerkError(
            503, "store_unavailable", f"The object store of {url} cannot be used now: {reason}."
        ) from error


def _all(work: Callable[[str], object], paths: Collection[str], url: str) -> None:
    """Do the same with every file; nothing is under way any more when this returns or raises."""
    with _told(url), ThreadPoolExecutor(min(CONCURRENCY, max(1, len(paths)))) as pool:
        for done in [pool.submit(work, path) for path in paths]:
            done.result()


def _touched(path: Path) -> bool:
    """Whether the cache has the file, which counts as used from now on."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


class ObjectStore:
    """A prefix of a bucket, with a folder as its cache; any number of machines may hold one.

    Args:
        url: What it is called in messages.
        objects: The bucket's prefix.
        root: The cache: may be removed whenever no process uses it.
        quarantine: Where unreadable log records go.
        cache_bytes: About how large the cache may grow.
    """

    def __init__(self, url: str, objects: S3Store, root: Path, quarantine: Path, cache_bytes: int) -> None:
        self.root = root
        self.quarantine = quarantine
        self._url = url
        self._objects = objects
        self._cache_bytes = cache_bytes
        self._newest = State(Manifest())
        self._guard = threading.Lock()
        self._began = 0.0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps other processes of this machine from writing; those of others are found out by `replace`."""
        with locked(self.root):
            self._began = time.monotonic()
            yield

    def load(self) -> State:
        """The newest manifest; it is sent only where it is not the one that was read last."""
        with self._guard:
            known = self._newest
        options = {"if_none_match": known.tag} if known.tag else {}
        try:
            with _told(self._url):
                found = self._objects.get(NAME, options=options)  # type: ignore[arg-type]
                data = bytes(found.bytes())
            state = State(manifest.decoded(data, f"{self._url}/{NAME}"), found.meta["e_tag"])
        except NotModifiedError:
            return known
        except FileNotFoundError:
            return State(Manifest())
        with self._guard:
            if state.manifest.generation > self._newest.manifest.generation:
                self._newest = state
        if state.manifest.removals != known.manifest.removals:
            self._forget(state.manifest)
        return state

    def replace(self, state: State, following: Manifest) -> None:
        """Publish a manifest where the newest is still the one of `state`."""
        if time.monotonic() - self._began > ORPHAN_SECONDS / 2:
            raise OutrunError
        data = manifest.encoded(following)
        if state.tag is None:
            self._check_conditions()
        try:
            with _told(self._url):
                self._objects.put(NAME, data, mode={"e_tag": state.tag} if state.tag else "create")
        except (AlreadyExistsError, PreconditionError):
            # An answer may have been lost, and this have been the second attempt.
            if not self._holds(data):
                raise OutrunError from None
        except ProefwerkError:
            if not self._holds(data):
                raise

    def upload(self, paths: Collection[str]) -> None:
        """Send files, several at once."""
        try:
            _all(lambda path: self._objects.put(path, self.root / path), paths, self._url)
        except FileNotFoundError:
            # Another machine's change took events away, so the cache was cleared of what it does not name.
            raise OutrunError from None

    def fetch(self, paths: Collection[str]) -> None:
        """Bring the files that the cache lacks, several at once."""
        missing = [path for path in paths if not _touched(self.root / path)]
        if not missing:
            return
        try:
            _all(self._bring, missing, self._url)
        except FileNotFoundError:
            raise ReplacedError from None
        self._trim({*paths}, READER_SECONDS, self._cache_bytes)

    def delete(self, paths: Collection[str]) -> None:
        """Remove files from the store and from the cache."""
        if paths:
            with _told(self._url):
                self._objects.delete(list(paths))
        for path in paths:
            (self.root / path).unlink(missing_ok=True)

    def listed(self, folder: str) -> list[tuple[str, int]]:
        """Everything in a folder of the store: path and size in bytes, in the order of their paths."""
        with _told(self._url):
            found = [item for batch in self._objects.list(f"{folder}/") for item in batch]
        return sorted((item["path"], item["size"]) for item in found)

    def put(self, path: str, data: bytes) -> None:
        """Send what lies in no file; it survives a power loss when this returns."""
        with _told(self._url):
            self._objects.put(path, data)

    def sweep(self, named: Collection[str]) -> None:
        """Remove unnamed files that are too old to be those of a writer at work."""
        before = time.time() - ORPHAN_SECONDS
        with _told(self._url):
            orphans = [
                item["path"]
                for folder in FOLDERS
                for batch in self._objects.list(f"{folder}/")
                for item in batch
                if item["path"] not in named and item["last_modified"].timestamp() < before
            ]
        self.delete(orphans)
        self._trim(named, READER_SECONDS)

    def _bring(self, path: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            with beside.open("wb") as file:
                for chunk in self._objects.get(path).stream():
                    file.write(chunk)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)

    def _forget(self, current: Manifest) -> None:
        """Clear the cache of events that were removed, once; whoever is reading them begins again."""
        mark, removals = self.root / REMOVALS, str(current.removals)
        if mark.exists() and mark.read_text() == removals:
            return
        self._trim(current.readable(), 0.0)
        self.root.mkdir(parents=True, exist_ok=True)
        mark.write_text(removals)

    def _trim(self, needed: Collection[str], seconds: float, most: int = 0) -> None:
        """Remove the files longest unused until the cache holds `most` bytes, but none that is needed."""
        found = []
        for path in files_in(self.root):
            with suppress(FileNotFoundError):
                told = (self.root / path).stat()
                found.append((told.st_mtime, path, told.st_size))
        excess = sum(size for _, _, size in found) - most
        for used, path, size in sorted(found):
            if excess > 0 and path not in needed and used < time.time() - seconds:
                (self.root / path).unlink(missing_ok=True)
                excess -= size

    def _holds(self, data: bytes) -> bool:
        with _told(self._url), suppress(FileNotFoundError):
            return bytes(self._objects.get(NAME).bytes()) == data
        return False

    def _check_conditions(self) -> None:
        """Two writers of a store that ignores conditions would lose each other's changes without a word."""
        probe = f"probe-{uuid.uuid4().hex}"
        with _told(self._url):
            self._objects.put(probe, b"1")
            try:
                self._objects.put(probe, b"2", mode="create")
            except AlreadyExistsError:
                return
            finally:
                self._objects.delete(probe)
        raise ProefwerkError(
            503, "store_unfit", f"The object store of {self._url} ignores If-None-Match; the lake needs that."
        )
