"""Settings: documented, read from the environment or from files, refused in one sentence."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from experiments.settings import SETTINGS, ConfigurationError, Settings


def read(home: Path, **values: str) -> Settings:
    return Settings.from_environment({"PROEFWERK_HOME": str(home), **values})


def test_defaults_are_the_embedded_platform(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/proefwerk.db"
    assert (settings.lake_url, settings.engine) == (str(tmp_path / "lake"), "duckdb://")
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.log_folder == tmp_path / "log"
    assert settings.streams is None


def test_the_bounds_of_the_event_log_can_be_set(tmp_path: Path) -> None:
    assert (read(tmp_path).log_max_bytes, read(tmp_path).late_days) == (8 * 1024**3, 366)
    given = read(tmp_path, PROEFWERK_LOG_MAX_BYTES="50000000000", PROEFWERK_LATE_DAYS="30")
    assert (given.log_max_bytes, given.late_days) == (50_000_000_000, 30)
    with pytest.raises(
        ConfigurationError, match=r"PROEFWERK_LOG_MAX_BYTES is '5'; it must be .* from 16777216"
    ):
        read(tmp_path, PROEFWERK_LOG_MAX_BYTES="5")


def test_the_secret_is_generated_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret == second.secret
    assert len(first.secret) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("top-secret-key\n")
    assert (
        read(tmp_path, PROEFWERK_BOOTSTRAP_ADMIN_KEY_FILE=str(path)).bootstrap_admin_key == "top-secret-key"
    )


@pytest.mark.parametrize("setting", [setting.name for setting in SETTINGS])
def test_every_setting_is_read_from_a_file_too(tmp_path: Path, setting: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{setting}_FILE names '/nowhere/at-all'"):
        read(tmp_path / "home", **{"PROEFWERK_HOME": "", f"{setting}_FILE": "/nowhere/at-all"})


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        PROEFWERK_SECRET="alpha",
        PROEFWERK_BOOTSTRAP_ADMIN_KEY="beta",
        PROEFWERK_BOOTSTRAP_USER="a@b",
        PROEFWERK_BOOTSTRAP_PASSWORD="gamma",
        PROEFWERK_DATABASE_URL="postgresql://u:delta@host/db",
    )
    assert not any(word in repr(settings) for word in ("alpha", "beta", "gamma", "delta"))


@pytest.mark.parametrize("url", ["postgresql://u@h/db", "postgresql+psycopg://u@h/db"])
def test_postgresql_is_spoken_through_psycopg_3(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, PROEFWERK_DATABASE_URL=url).database_url == "postgresql+psycopg://u@h/db"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PROEFWERK_PORT", "eighty", "PROEFWERK_PORT is 'eighty'; it must be a whole number from 0 to 65535"),
        ("PROEFWERK_PORT", "65536", "PROEFWERK_PORT is '65536'"),
        ("PROEFWERK_WORKERS", "0", "PROEFWERK_WORKERS is '0'; it must be a whole number from 1 to 256"),
        ("PROEFWERK_STREAMS", "-1", "PROEFWERK_STREAMS is '-1'; it must be a whole number from 0 to 10000"),
        ("PROEFWERK_DATABASE_URL", "mysql://h/db", "PROEFWERK_DATABASE_URL is for 'mysql'"),
        ("PROEFWERK_DATABASE_URL", "nonsense", "PROEFWERK_DATABASE_URL is not a database URL"),
        ("PROEFWERK_DATABASE_URL", "sqlite://", "PROEFWERK_DATABASE_URL names no file"),
        ("PROEFWERK_LAKE_URL", "s3://", "PROEFWERK_LAKE_URL is 's3://'"),
        ("PROEFWERK_LAKE_URL", "ftp://bucket", "must be a local path or s3://bucket/prefix"),
        ("PROEFWERK_ENGINE", "oracle", "PROEFWERK_ENGINE is 'oracle'; it must be duckdb://"),
        ("PROEFWERK_ENGINE", "spark://host", "PROEFWERK_ENGINE is 'spark://host'; it must be"),
        ("PROEFWERK_ENGINE", "local[0]", "PROEFWERK_ENGINE is 'local"),
        ("PROEFWERK_MEMORY", "8", "PROEFWERK_MEMORY is '8'; it must be a whole number of MB, GB or TB"),
        ("PROEFWERK_MEMORY", "0GB", "PROEFWERK_MEMORY is '0GB'"),
        ("PROEFWERK_BOOTSTRAP_ADMIN_KEY", "a key", "PROEFWERK_BOOTSTRAP_ADMIN_KEY must be 1 to 200 visible"),
        ("PROEFWERK_BOOTSTRAP_USER", "a@b", "PROEFWERK_BOOTSTRAP_PASSWORD is missing"),
        (
            "PROEFWERK_SHOP_ORIGINS",
            "https://shop.example/nl",
            "PROEFWERK_SHOP_ORIGINS has 'https://shop.example/nl'",
        ),
        (
            "PROEFWERK_SHOP_ORIGINS",
            "https://Shop.example",
            "has 'https://Shop.example'; an origin is written",
        ),
        ("PROEFWERK_SHOP_ORIGINS", "*", "PROEFWERK_SHOP_ORIGINS has '*'"),
        ("PROEFWERK_COOKIE_DOMAIN", "example", "PROEFWERK_COOKIE_DOMAIN is 'example'; it must be a domain"),
        ("PROEFWERK_COOKIE_DOMAIN", ".shop.example", "PROEFWERK_COOKIE_DOMAIN is '.shop.example'"),
        ("PROEFWERK_COOKIE_DOMAIN", "10.0.0.1", "PROEFWERK_COOKIE_DOMAIN is '10.0.0.1'"),
        ("PROEFWERK_COOKIE_DOMAIN", "shop.example", "PROEFWERK_SHOP_ORIGINS is missing"),
        ("PROEFWERK_HOME", "/proc/nothing", "PROEFWERK_HOME is '/proc/nothing', which cannot be made"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_one_sentence(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence.replace("(", r"\(")):
        read(tmp_path, **{name: value})


def test_the_cookie_is_for_a_domain_that_every_page_of_the_shop_is_in(tmp_path: Path) -> None:
    pages = "https://www.shop.example, https://shop.example:8443"
    settings = read(tmp_path, PROEFWERK_SHOP_ORIGINS=pages, PROEFWERK_COOKIE_DOMAIN="shop.example")
    assert settings.shop_origins == {"https://www.shop.example", "https://shop.example:8443"}
    assert settings.cookie_domain == "shop.example"
    with pytest.raises(
        ConfigurationError, match=r"'https://myshop.example' of PROEFWERK_SHOP_ORIGINS is not"
    ):
        read(
            tmp_path,
            PROEFWERK_SHOP_ORIGINS=f"{pages},https://myshop.example",
            PROEFWERK_COOKIE_DOMAIN="shop.example",
        )


def test_a_value_and_its_file_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PROEFWERK_PORT and PROEFWERK_PORT_FILE are both set"):
        read(tmp_path, PROEFWERK_PORT="1", PROEFWERK_PORT_FILE="x")


@pytest.mark.parametrize("engine", ["spark://spark.internal:7077", "local[2]"])
def test_spark_needs_its_extra(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(tmp_path, PROEFWERK_ENGINE=engine).engine == engine
    monkeypatch.setattr("experiments.settings.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r'pip install "proefwerk\[spark\]"'):
        read(tmp_path, PROEFWERK_ENGINE=engine)
