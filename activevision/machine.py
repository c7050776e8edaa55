"""What this machine has, and how work is spread over it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_AHEAD = 4  # items in work or done for each thread of ``spread``


def allow_open_files(more: int) -> None:
    """Raise this process's limit of open files by ``more``, as far as the system lets it."""
    try:
        import resource
    except ImportError:  # Windows, where there is no such limit to raise
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = soft + more if hard == resource.RLIM_INFINITY else min(soft + more, hard)
    if soft != resource.RLIM_INFINITY and wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


_limit: int | None = None


def use_cores(count: int) -> None:
    """Keep this process, from now on, to so many threads of work: simulators, OpenCV, and torch where it is loaded."""
    global _limit
    _limit = count
    import cv2

    cv2.setNumThreads(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch to one thread of work for a while.

    What several threads sum up differs in the last bit from what one does, so a network is the same whether it was
    trained alone or beside others; and small networks gain nothing from more: on a machine that others use as well,
    threads that wait for one another make them many times slower.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """Processors that this process may use."""
    if _limit is not None:
        return _limit
    if hasattr(os, "sched_getaffinity"):  # Linux: respects containers and taskset
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def give_memory_back() -> None:
    """Give the system what was freed. glibc keeps it for the thread that had it, and no other thread gets it.

    Done where gigabytes were let go; it takes some milliseconds, and nothing where there is no glibc.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def spread(work: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None) -> Iterator[Result]:
    """Results of ``work`` in order, from so many threads (all processors unless given); one is the caller's own.

    Work is a few items ahead of the caller, no more, so that results do not pile up. What has not begun is dropped when
    one fails or the caller stops.
    """
    threads = threads or cores()
    if threads == 1:
        yield from map(work, items)
        return
    ahead: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                ahead.append(pool.submit(work, item))
                if len(ahead) > _AHEAD * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
