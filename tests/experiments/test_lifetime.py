"""A process ends when it is told to, also while it is still starting."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PARENT = """
import os, signal, sys, time
from experiments.lifetime import let_young_children_be_stopped

if sys.argv[1] == "mended":
    let_young_children_be_stopped()
signal.signal(signal.SIGTERM, lambda number, frame: None)
child = os.fork()
if child == 0:
    time.sleep(1)
    os._exit(0)
time.sleep(0.2)
os.kill(child, signal.SIGTERM)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize(("state", "code"), [("mended", -signal.SIGTERM), ("as it was", 0)])
def test_a_child_that_is_still_loading_dies_of_a_stop_that_its_parents_handler_would_swallow(
    state: str, code: int
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PARENT, state], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(said.stdout) == code
