"""The packages that storefronts install are whole: they install, are typed, and pass their own tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.contract.test_exposures import JAVASCRIPT, ROOT, node

TOOLS = JAVASCRIPT / "node_modules" / ".bin"


def run(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_python_package_installs_by_itself_with_its_types(tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    run([*install, "--target", str(tmp_path), str(ROOT / "clients" / "python")], tmp_path)
    program = "import proefwerk_openfeature as it; print(it.__file__, sorted(it.__all__))"
    said = run([sys.executable, "-c", program], tmp_path, PYTHONPATH=str(tmp_path))
    assert said.startswith(str(tmp_path))
    assert (tmp_path / "proefwerk_openfeature" / "py.typed").is_file()


def test_the_javascript_package_passes_its_own_tests_and_is_linted() -> None:
    run([node(), "--test", *map(str, sorted(JAVASCRIPT.glob("tests/*.test.js")))], JAVASCRIPT)
    run([str(TOOLS / "biome"), "check", "--error-on-warnings", "."], JAVASCRIPT)


def test_the_types_of_the_javascript_package_are_those_of_its_source(tmp_path: Path) -> None:
    node()
    run([str(TOOLS / "tsc"), "--outDir", str(tmp_path)], JAVASCRIPT)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in (JAVASCRIPT / "types").iterdir()}
