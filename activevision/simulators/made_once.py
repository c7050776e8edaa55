"""Things that are made when they are first asked for, once however many threads ask, and the latest kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class MadeOnce(Generic[Made]):
    """What ``make`` gives for each number; with more than ``keep`` the least recently asked for goes first.

    Who asks while another thread is at it waits for that. A thing that goes is not closed, since another thread may
    still be using it: it ends with its last reference.
    """

    def __init__(self, make: Callable[[int], Made], keep: int):
        self._make, self._keep = make, keep
        self._made: OrderedDict[int, Future[Made]] = OrderedDict()
        self._lock = Lock()

    def __getitem__(self, number: int) -> Made:
        with self._lock:
            pending = self._made.get(number)
            if pending is not None:
                self._made.move_to_end(number)
            else:
                mine = self._made[number] = Future()
                while len(self._made) > self._keep:
                    self._made.popitem(last=False)
        if pending is not None:
            return pending.result()
        try:
            mine.set_result(self._make(number))
        except BaseException as error:
            with self._lock:
                self._made.pop(number, None)
            mine.set_exception(error)
        return mine.result()

    def clear(self) -> list[Made]:
        """Forget all, and return what was there."""
        made = [future.result() for future in self._made.values()]
        self._made.clear()
        return made
