"""What an operator can set, read once from the environment."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from assignment.events import MAX_AGE
from assignment.log import MAX_BYTES
from experiments.shop_site import ConfigurationError, cookie_domain, shop_origins

__all__ = ["SETTINGS", "ConfigurationError", "Setting", "Settings"]

DUCKDB = "duckdb://"
_SPARK = re.compile(r"spark://[A-Za-z0-9._-]+:[0-9]{1,5}|local\[[1-9][0-9]{0,3}\]")


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable; `NAME_FILE` may hold the path of a file with the value instead."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("PROEFWERK_HOME", "./var", "folder of the embedded default: SQLite database, event log, lake"),
    Setting(
        "PROEFWERK_DATABASE_URL",
        "SQLite in the home",
        "control database; `postgresql+psycopg://...` in production",
    ),
    Setting(
        "PROEFWERK_LAKE_URL",
        "folder in the home",
        "where event files live: a local path, or `s3://bucket/prefix` with the usual `AWS_*` variables",
    ),
    Setting(
        "PROEFWERK_CACHE_BYTES",
        "53687091200 (50 GiB)",
        "about how much of a lake in an object store is kept in the home for reading",
    ),
    Setting(
        "PROEFWERK_LOG_MAX_BYTES",
        "8589934592 (8 GiB)",
        "most bytes in the event log of a node; beyond it, or when the disk has less than 2 % (at most"
        " 256 MiB) left, events are refused with 503 until the lake has taken the log over",
    ),
    Setting(
        "PROEFWERK_LATE_DAYS",
        "366",
        "events that come in later than so many days after they happened are refused, and counted in"
        " `/metrics`",
    ),
    Setting(
        "PROEFWERK_RETENTION_DAYS",
        "kept for ever",
        "events of days longer ago are dropped each night, but for those that a running experiment needs",
    ),
    Setting(
        "PROEFWERK_ENGINE",
        DUCKDB,
        'analysis engine; `spark://host:port` or `local[N]` for Spark (`pip install "proefwerk[spark]"`)',
    ),
    Setting(
        "PROEFWERK_MEMORY",
        "80 % of the machine's",
        "most memory that DuckDB takes for one analysis on this machine, such as `8GB`; beyond it, it spills"
        " to disk",
    ),
    Setting("PROEFWERK_HOST", "127.0.0.1", "address that the web server listens on"),
    Setting("PROEFWERK_PORT", "8000", "port that the web server listens on"),
    Setting("PROEFWERK_WORKERS", "1", "number of web worker processes"),
    Setting(
        "PROEFWERK_STREAMS",
        "1000 under `serve`, else 0",
        "most listeners to live updates for each web worker; each has a sleeping thread, about 0.1 MB",
    ),
    Setting(
        "PROEFWERK_SHOP_ORIGINS",
        "none",
        "pages that may have the shopper's id kept in a cookie by the server, such as"
        " `https://www.shop.example`; separated by commas",
    ),
    Setting(
        "PROEFWERK_COOKIE_DOMAIN",
        "our own host",
        "domain of that cookie, such as `shop.example`: the one that the shop's pages and this server share",
    ),
    Setting("PROEFWERK_SECRET", "generated into the home", "signs sessions and reports"),
    Setting("PROEFWERK_BOOTSTRAP_ADMIN_KEY", "none", "at start, makes sure that this admin key exists"),
    Setting("PROEFWERK_BOOTSTRAP_SERVER_KEY", "none", "at start, makes sure that this server key exists"),
    Setting("PROEFWERK_BOOTSTRAP_CLIENT_KEY", "none", "at start, makes sure that this client key exists"),
    Setting("PROEFWERK_BOOTSTRAP_USER", "none", "at start, makes sure that this admin user exists"),
    Setting("PROEFWERK_BOOTSTRAP_PASSWORD", "none", "password of that user when it is first made"),
)
_Default = TypeVar("_Default", int, None)
_DIALECTS = ("sqlite", "postgresql")
_MEMORY = re.compile(r"[1-9][0-9]{0,6}[MGT]i?B")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
CACHE_BYTES = 50 * 1024**3
_KEY_TEXT = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the platform reads from its environment; secrets stay out of `repr`.

    Attributes:
        home: Folder of the embedded default; exists.
        database_url: SQLAlchemy URL of the control database.
        lake_url: Local folder of the event files, or `s3://bucket/prefix`.
        engine: Analysis engine: `duckdb://`, `spark://host:port` or `local[N]`.
        memory: The most that DuckDB takes for one analysis, such as `8GB`; `None` leaves it to DuckDB.
        host: Address that the web server listens on.
        port: Its port; 0 lets the system choose.
        workers: Number of web worker processes.
        secret: Signs sessions and reports.
        shop_origins: Pages that may have the shopper's id kept in a cookie that the server sets.
        cookie_domain: Domain of that cookie; `None` for the server's own host.
        log_max_bytes: The most that all segments of the event log may have together.
        cache_bytes: About how much of a lake in an object store is kept in the home.
        retention_days: After how many days events are dropped; `None` for never.
        late_days: The longest time from an event to its receipt, in days.
        streams: Most open event streams of each web worker; `None` leaves it to the command.
        bootstrap_admin_key: Key to make sure of at start; likewise the next two.
        bootstrap_user: Admin user to make sure of at start, with `bootstrap_password`.
    """

    home: Path
    database_url: str = field(repr=False)
    lake_url: str
    engine: str
    host: str
    port: int
    workers: int
    secret: str = field(repr=False)
    bootstrap_admin_key: str | None = field(default=None, repr=False)
    bootstrap_server_key: str | None = field(default=None, repr=False)
    bootstrap_client_key: str | None = field(default=None, repr=False)
    bootstrap_user: str | None = None
    bootstrap_password: str | None = field(default=None, repr=False)
    log_max_bytes: int = MAX_BYTES
    cache_bytes: int = CACHE_BYTES
    retention_days: int | None = None
    late_days: int = MAX_AGE.days
    streams: int | None = None
    memory: str | None = None
    shop_origins: frozenset[str] = frozenset()
    cookie_domain: str | None = None

    @property
    def log_folder(self) -> Path:
        """Where web workers append the events that they accept."""
        return self.home / "log"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings in `environ` (default: the process's environment).

        Makes the home folder, and in it the secret where none is given.

        Raises:
            ConfigurationError: A value that cannot be used.
        """
        values = os.environ if environ is None else environ
        home = _home(value_of(values, "PROEFWERK_HOME") or "./var")
        user = value_of(values, "PROEFWERK_BOOTSTRAP_USER")
        password = value_of(values, "PROEFWERK_BOOTSTRAP_PASSWORD")
        if (user is None) != (password is None):
            missing = "PROEFWERK_BOOTSTRAP_USER" if user is None else "PROEFWERK_BOOTSTRAP_PASSWORD"
            raise ConfigurationError(
                f"{missing} is missing; PROEFWERK_BOOTSTRAP_USER and _PASSWORD go together."
            )
        origins = shop_origins(value_of(values, "PROEFWERK_SHOP_ORIGINS"))
        return cls(
            home=home,
            database_url=_database_url(value_of(values, "PROEFWERK_DATABASE_URL"), home),
            lake_url=_lake_url(value_of(values, "PROEFWERK_LAKE_URL"), home),
            engine=_engine(value_of(values, "PROEFWERK_ENGINE")),
            host=value_of(values, "PROEFWERK_HOST") or "127.0.0.1",
            port=_whole(values, "PROEFWERK_PORT", 8000, 0, 65535),
            workers=_whole(values, "PROEFWERK_WORKERS", 1, 1, 256),
            secret=value_of(values, "PROEFWERK_SECRET") or _own_secret(home),
            bootstrap_admin_key=_key(values, "PROEFWERK_BOOTSTRAP_ADMIN_KEY"),
            bootstrap_server_key=_key(values, "PROEFWERK_BOOTSTRAP_SERVER_KEY"),
            bootstrap_client_key=_key(values, "PROEFWERK_BOOTSTRAP_CLIENT_KEY"),
            bootstrap_user=user,
            bootstrap_password=password,
            log_max_bytes=_whole(values, "PROEFWERK_LOG_MAX_BYTES", MAX_BYTES, 16 * 1024**2, 10**15),
            retention_days=_whole(values, "PROEFWERK_RETENTION_DAYS", None, 1, 36_500),
            cache_bytes=_whole(values, "PROEFWERK_CACHE_BYTES", CACHE_BYTES, 0, 10**15),
            late_days=_whole(values, "PROEFWERK_LATE_DAYS", MAX_AGE.days, 1, 36_500),
            streams=_whole(values, "PROEFWERK_STREAMS", None, 0, 10_000),
            memory=_memory(value_of(values, "PROEFWERK_MEMORY")),
            shop_origins=origins,
            cookie_domain=cookie_domain(value_of(values, "PROEFWERK_COOKIE_DOMAIN"), origins),
        )


def value_of(values: Mapping[str, str], name: str) -> str | None:
    """What a variable, or the file that its `_FILE` names, holds; `None` where neither is set.

    Raises:
        ConfigurationError: Both are set, or the file cannot be read or is empty.
    """
    direct, path = values.get(name, "").strip(), values.get(f"{name}_FILE", "").strip()
    if direct and path:
        raise ConfigurationError(f"{name} and {name}_FILE are both set; give one of them.")
    if not path:
        return direct or None
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}_FILE names '{path}', which cannot be read: {error}.") from error
    if not text:
        raise ConfigurationError(f"{name}_FILE names '{path}', which is empty.")
    return text


def _home(text: str) -> Path:
    home = Path(text).expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"PROEFWERK_HOME is '{text}', which cannot be made: {error}.") from error
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigurationError(f"PROEFWERK_HOME is '{text}', which this process may not write.")
    return home


def _whole(values: Mapping[str, str], name: str, default: _Default, least: int, most: int) -> int | _Default:
    text = value_of(values, name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,16}", text) or not least <= int(text) <= most:
        raise ConfigurationError(f"{name} is '{text}'; it must be a whole number from {least} to {most}.")
    return int(text)


def _key(values: Mapping[str, str], name: str) -> str | None:
    text = value_of(values, name)
    if text is not None and not _KEY_TEXT.fullmatch(text):
        raise ConfigurationError(f"{name} must be 1 to 200 visible ASCII characters without spaces.")
    return text


def _database_url(text: str | None, home: Path) -> str:
    if text is None:
        return f"sqlite:///{home / 'proefwerk.db'}"
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ConfigurationError("PROEFWERK_DATABASE_URL is not a database URL.") from error
    dialect = url.get_backend_name()
    if dialect == "postgres":
        dialect = "postgresql"
    if dialect not in _DIALECTS:
        raise ConfigurationError(
            f"PROEFWERK_DATABASE_URL is for '{dialect}'; it must start with sqlite:/// or postgresql+psycopg://."
        )
    if dialect == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise ConfigurationError("PROEFWERK_DATABASE_URL names no file; several processes share it.")
        return url.render_as_string(hide_password=False)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _lake_url(text: str | None, home: Path) -> str:
    if text is None:
        return str(home / "lake")
    parts = urlsplit(text)
    if parts.scheme == "file":
        return parts.path
    if parts.scheme == "s3" and _BUCKET.fullmatch(parts.netloc) and not (parts.query or parts.fragment):
        return text.rstrip("/")
    if parts.scheme:
        raise ConfigurationError(
            f"PROEFWERK_LAKE_URL is '{text}'; it must be a local path or s3://bucket/prefix."
        )
    return str(Path(text).expanduser().absolute())


def _engine(text: str | None) -> str:
    if text is None or text == DUCKDB:
        return DUCKDB
    if not _SPARK.fullmatch(text):
        raise ConfigurationError(
            f"PROEFWERK_ENGINE is '{text}'; it must be {DUCKDB}, spark://host:port or local[N]."
        )
    if any(find_spec(name) is None for name in ("pyspark", "sqlglot")):
        raise ConfigurationError(
            f"PROEFWERK_ENGINE is '{text}', but Spark's driver is missing: pip install \"proefwerk[spark]\"."
        )
    return text


def _memory(text: str | None) -> str | None:
    if text is not None and not _MEMORY.fullmatch(text):
        raise ConfigurationError(
            f"PROEFWERK_MEMORY is '{text}'; it must be a whole number of MB, GB or TB, such as 8GB."
        )
    return text


def _own_secret(home: Path) -> str:
    path = home / "secret"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigurationError(f"The secret cannot be written to '{path}': {error}.") from error
    else:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
    try:
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The secret in '{path}' cannot be read: {error}.") from error
    if not secret:
        raise ConfigurationError(f"The secret in '{path}' is empty; remove the file to make a new one.")
    return secret
