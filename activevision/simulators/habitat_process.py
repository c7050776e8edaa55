"""What habitat-sim asks of the process that it renders in: one thread, no fork, closing in the order of a stack."""

from __future__ import annotations

import atexit
import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Protocol


class Renderer(Protocol):
    """Something that holds a simulator of habitat-sim until it is closed."""

    def close(self) -> None: ...


class RendererStack:
    """The renderers that are open in this process, the latest last.

    habitat-sim aborts the process when a renderer is closed while a later one is open, when two are left open at its
    end, when one is used in a thread other than that of its making, and when one is made in a process forked while
    another was open. Here the later ones are closed as well, all are closed at the end, and the rest is an error.
    """

    def __init__(self) -> None:
        self._open: list[Renderer] = []
        self._thread = 0
        self._process = os.getpid()

    def forbidden(self) -> str | None:
        """Why this process and thread may not render; None where it may."""
        if not self._open:
            return None
        if self._process != os.getpid():
            return "cannot render in a process that was forked while it was open: start workers with method 'spawn'"
        if self._thread != threading.get_ident():
            return "renders in one thread of a process, and another thread has it open: close it there first"
        return None

    def push(self, renderer: Renderer) -> None:
        """Note a renderer that was just made."""
        if not self._open:
            self._thread, self._process = threading.get_ident(), os.getpid()
        self._open.append(renderer)

    def close(self, renderer: Renderer) -> None:
        """Close a renderer, and before it those that were opened later. Nothing where it is not open.

        What must not be closed here, in a thread or process that did not open it, is left as it is.
        """
        if self.forbidden() or all(other is not renderer for other in self._open):
            return
        closed = None
        while closed is not renderer:
            closed = self._open.pop()
            closed.close()

    def close_all(self) -> None:
        if self._open:
            self.close(self._open[0])


@contextlib.contextmanager
def hushed() -> Iterator[Callable[[], str]]:
    """Keep what C++ writes to standard error out of sight while the block runs; yields a function that returns it.

    With HABITAT_SIM_LOG set to anything but "quiet" it is shown as ever.
    """
    if os.environ.get("HABITAT_SIM_LOG", "quiet") != "quiet":
        yield lambda: ""
        return
    with tempfile.TemporaryFile() as file:
        before = os.dup(2)
        os.dup2(file.fileno(), 2)

        def said() -> str:
            return os.pread(file.fileno(), 1 << 20, 0).decode(errors="replace")

        try:
            yield said
        finally:
            os.dup2(before, 2)
            os.close(before)


RENDERERS = RendererStack()
atexit.register(RENDERERS.close_all)
