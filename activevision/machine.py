"""What this machine has."""

from __future__ import annotations

import os


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


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux: respects containers and taskset
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
