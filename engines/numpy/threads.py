"""How many threads NumPy's matrix products use: one, unless the environment says otherwise.

The products of small networks last microseconds. Shared between threads they are hardly faster on an idle machine, and
fifty times slower on a busy one, where each waits for the other to get a processor.
"""

from __future__ import annotations

import os

CHOSEN_BY = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_thread() -> None:
    """Limit the linear algebra of this process to one thread; a variable in `CHOSEN_BY` has the last word."""
    if any(os.environ.get(name) for name in CHOSEN_BY):
        return
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
