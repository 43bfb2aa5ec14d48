"""Keys and people from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT


def proefwerk(
    home: Path, *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "experiments.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "PROEFWERK_HOME": str(home), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_key_is_shown_once_and_listed_without_its_text(tmp_path: Path) -> None:
    made = proefwerk(tmp_path, "keys", "create", "--kind", "server", "--name", "storefront")
    assert made.returncode == 0, made.stderr
    text = made.stdout.strip()
    assert len(text) > 20
    listed = proefwerk(tmp_path, "keys", "list").stdout
    assert "storefront" in listed
    assert "active" in listed
    assert text not in listed


def test_a_revoked_key_is_listed_as_revoked(tmp_path: Path) -> None:
    proefwerk(tmp_path, "keys", "create", "--kind", "client")
    assert proefwerk(tmp_path, "keys", "revoke", "1").returncode == 0
    assert "revoked" in proefwerk(tmp_path, "keys", "list").stdout


def test_revoking_an_unknown_key_is_refused_in_one_sentence(tmp_path: Path) -> None:
    refused = proefwerk(tmp_path, "keys", "revoke", "99")
    assert refused.returncode == 1
    assert "99" in refused.stderr.splitlines()[-1]
    assert "Traceback" not in refused.stderr


def test_a_person_is_made_with_a_password_from_standard_input(tmp_path: Path) -> None:
    made = proefwerk(
        tmp_path, "users", "create", "sanne@example.org", "--role", "marketer", stdin="correct horse\n"
    )
    assert made.returncode == 0, made.stderr
    again = proefwerk(
        tmp_path, "users", "create", "sanne@example.org", "--role", "marketer", stdin="correct horse\n"
    )
    assert again.returncode == 1
    assert "sanne@example.org" in again.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROEFWERK_PORT", "eighty"),
        ("PROEFWERK_DATABASE_URL", "mysql://shop"),
        ("PROEFWERK_ENGINE", "abacus://"),
        ("PROEFWERK_WORKERS", "0"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_before_anything_starts(
    tmp_path: Path, name: str, value: str
) -> None:
    refused = proefwerk(tmp_path, "serve", **{name: value})
    assert refused.returncode == 1
    assert name in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_unreachable_database_is_one_sentence(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing"
    refused = proefwerk(tmp_path, "migrate", PROEFWERK_DATABASE_URL=url)
    assert refused.returncode == 1
    assert "secret" not in refused.stderr
    assert "Traceback" not in refused.stderr
