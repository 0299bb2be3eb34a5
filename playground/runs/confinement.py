"""What a worker does to itself before it touches a visitor's experiment: it takes the bounds it cannot leave again.

Everything here is best effort where a platform lacks it; the service watches from outside as well.
"""

from __future__ import annotations

import ctypes
import math
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Mapping

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
HEADROOM = 64 << 20  # bytes above the memory limit, for saying goodbye
PR_SET_PDEATHSIG = 1
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def quiet(environment: Mapping[str, str], threads: int) -> dict[str, str]:
    """Return `environment` with so many threads for BLAS and OpenMP; they read it only before NumPy is imported."""
    return {**environment, **dict.fromkeys(THREADS, str(threads))}


def die_with(parent: int) -> None:
    """Be killed by the kernel as soon as the process `parent` is gone, even if stopped or stuck (Linux)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before the kernel was asked
        os._exit(0)


def exit_without(pipe: socket.socket) -> None:
    """Exit as soon as the other end of `pipe` is closed, whatever the training is doing."""
    if not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(pipe.fileno(), 0)  # a hang-up is reported even where nothing is asked for

    def wait() -> None:
        poll.poll()
        os._exit(0)

    threading.Thread(target=wait, name="hang-up", daemon=True).start()


def confine(*, memory: int, storage: int, nice: int) -> None:
    """Lower the priority and take the limits; 0 is no limit.

    Freed memory stays in the process: torch on a CPU is up to 1.7 times as fast with it.

    Args:
        memory: bytes of private writable memory (`RLIMIT_DATA`; `RLIMIT_AS` would break CUDA).
        storage: bytes that one file may have.
        nice: how far to stand back for other processes, 0 to 19.
    """
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    if sys.platform == "win32":
        return
    import resource

    _limit(resource.RLIMIT_CORE, 0, 0)
    if memory:
        _limit(resource.RLIMIT_DATA, memory, memory + HEADROOM)
    if storage:
        _limit(resource.RLIMIT_FSIZE, storage, storage)


def limit_cpu(seconds: float) -> None:
    """Let the kernel end the process with SIGXCPU once it has used so many seconds of a processor."""
    if sys.platform == "win32":
        return
    import resource

    _limit(resource.RLIMIT_CPU, math.ceil(seconds), math.ceil(seconds) + 5)


def allow_goodbye() -> None:
    """Open the headroom above the memory limit, once it has been hit."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _limit(which: int, soft: int, hard: int) -> None:
    import resource

    _, allowed = resource.getrlimit(which)
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    try:
        resource.setrlimit(which, (soft, hard))
    except (ValueError, OSError):  # macOS knows the name of some limits, and refuses them
        return
