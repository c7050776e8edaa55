"""Things that are made when they are first asked for, once however many threads ask, and the latest kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, Protocol, TypeVar

MEMORY = 4 << 30
"""Bytes of scenes that a simulator keeps unless told otherwise: about 350 furnished rooms, or a few large scans."""


class Sized(Protocol):
    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        ...


Made = TypeVar("Made", bound=Sized)


class MadeOnce(Generic[Made]):
    """What ``make`` gives for each number; when all together hold over ``memory`` bytes, the least recently asked for
    go first, but never the one that was just made.

    Who asks while another thread is at it waits for that. A thing that goes is not closed, since another thread may
    still be using it: it ends with its last reference.
    """

    def __init__(self, make: Callable[[int], Made], memory: int):
        self._make, self._memory = make, memory
        self._made: OrderedDict[int, Future[Made]] = OrderedDict()
        self._held: dict[int, int] = {}
        self._lock = Lock()

    def __getitem__(self, number: int) -> Made:
        with self._lock:
            pending = self._made.get(number)
            if pending is not None:
                self._made.move_to_end(number)
            else:
                mine = self._made[number] = Future()
        if pending is not None:
            return pending.result()
        try:
            made = self._make(number)
        except BaseException as error:
            with self._lock:
                self._made.pop(number, None)
            mine.set_exception(error)
            raise
        with self._lock:
            if self._made.get(number) is mine:  # else all was forgotten meanwhile
                self._held[number] = made.nbytes
                self._shrink(number)
        mine.set_result(made)
        return made

    def _shrink(self, newest: int) -> None:
        for number in [one for one in self._made if one in self._held and one != newest]:
            if sum(self._held.values()) <= self._memory:
                return
            del self._made[number], self._held[number]

    def clear(self) -> list[Made]:
        """Forget all, and return what was there."""
        with self._lock:
            made = list(self._made.values())
            self._made.clear()
            self._held.clear()
        return [future.result() for future in made]
