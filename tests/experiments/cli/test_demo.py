"""The demo keeps its access, and takes the one that is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.cli.demo import USER, access


def test_the_demo_has_the_same_access_at_every_start(tmp_path: Path) -> None:
    first = access(tmp_path / "home")
    assert first["USER"] == USER
    assert len(first["PASSWORD"]) > 20
    assert access(tmp_path / "home") == first


def test_a_login_and_keys_that_are_set_are_the_demos_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROEFWERK_BOOTSTRAP_USER", "bob@shop.example")
    monkeypatch.setenv("PROEFWERK_BOOTSTRAP_SERVER_KEY", "a-key-of-the-shop")
    found = access(tmp_path / "home")
    assert found["USER"] == "bob@shop.example"
    assert found["SERVER_KEY"] == "a-key-of-the-shop"
    assert len(found["CLIENT_KEY"]) > 20
