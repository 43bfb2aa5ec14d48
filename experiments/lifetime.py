"""Ends a process together with the parent that started it, so that no orphan keeps a port or a lock."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PARENT_DEATH_SIGNAL_OPTION = 1  # PR_SET_PDEATHSIG of prctl(2)
POLL_SECONDS = 0.5


def die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies; elsewhere than on Linux, watch for it."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PARENT_DEATH_SIGNAL_OPTION, signal.SIGTERM, 0, 0, 0)
        # The parent may have died between its fork and the call above.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
        return
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent-watch").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
