"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("experiments", "assignment", "stats", "dash_ui")
MODULE_LINES = 400
GENERIC_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}


def modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))
    yield ROOT / "wsgi.py"


def test_imports_point_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_in_its_first_line_what_it_is_for_and_stays_short(path: Path) -> None:
    text = path.read_text()
    if "migrations/versions" not in str(path):
        assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
    assert text.count("\n") <= MODULE_LINES
    assert path.stem not in GENERIC_NAMES


def test_the_repository_speaks_of_the_product_alone() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("Not a git checkout; clone the repository to run this test.")
    forbidden = re.compile(r"index[-]url|extra[-]index|find[-]links\s*=|/root[/]|/work[/]", re.IGNORECASE)
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if (
            name == str(Path(__file__).relative_to(ROOT))
            or path.suffix in {".png", ".woff2"}
            or not path.is_file()
        ):
            continue
        found = forbidden.findall(path.read_text(errors="replace"))
        assert not found, f"{name} holds {found}"
