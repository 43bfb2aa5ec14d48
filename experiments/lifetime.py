"""The end of a process: together with the parent that started it, and with time to say goodbye."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

PARENT_DEATH_SIGNAL_OPTION = 1  # PR_SET_PDEATHSIG of prctl(2)
POLL_SECONDS = 0.5


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel for SIGTERM when the parent dies; elsewhere than on Linux, watch for it.

    Args:
        parent: Its process id, where that is known from before the fork; it may have died since.
    """
    parent = parent or os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PARENT_DEATH_SIGNAL_OPTION, signal.SIGTERM, 0, 0, 0)
        # The parent may have died between its fork and the call above.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
        return
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent-watch").start()


def let_young_children_be_stopped() -> None:
    """Have children that this process forks die of SIGTERM and SIGINT until they have handlers of their own.

    They inherit their parent's, which in a child that is still loading would swallow the signal. Nor do they
    outlive their parent, though it dies while they are loading.
    """
    forking = [os.getpid()]
    for number in (signal.SIGTERM, signal.SIGINT):
        os.register_at_fork(after_in_child=partial(signal.signal, number, signal.SIG_DFL))
    os.register_at_fork(
        before=lambda: forking.__setitem__(0, os.getpid()), after_in_child=lambda: die_with_parent(forking[0])
    )


def when_told_to_stop(goodbye: Callable[[], None]) -> None:
    """Call `goodbye` once, on SIGTERM or SIGINT, whoever handles them; from the main thread only."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def wait() -> None:
        # The writer is named here so that it lives as long as the signals may come.
        while writer.fileno() >= 0 and not set(reader.recv(16)) & {signal.SIGTERM, signal.SIGINT}:
            pass
        goodbye()

    threading.Thread(target=wait, daemon=True, name="goodbye").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
