"""A process ends when it is told to, also while it is still starting."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress

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


ORPHAN = """
import os, signal, sys, time
from experiments.lifetime import let_young_children_be_stopped

if sys.argv[1] == "mended":
    let_young_children_be_stopped()
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("state", ["mended", "as it was"])
def test_a_child_that_is_still_loading_does_not_outlive_a_parent_that_is_killed(state: str) -> None:
    # The child keeps its parent's standard output open: so long as it lives, there is more to come.
    with subprocess.Popen([sys.executable, "-c", ORPHAN, state], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        ended, _, _ = select.select([parent.stdout], [], [], 20 if state == "mended" else 1)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    assert bool(ended) == (state == "mended")
