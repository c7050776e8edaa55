"""Single keys of the terminal, without waiting for Enter; and keys from a script."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType

from activevision.errors import UserError

ReadKeys = Callable[[float], list[str]]
"""Keys pressed within so many seconds. Arrows are "up", "down", "left", "right", with shift in capitals; other keys
are their characters. The end of the input is "q"."""

_ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
_SIGNS = {"^": "up", "v": "down", "<": "left", ">": "right"}  # arrows as characters, for scripts
_WINDOWS_ARROWS = {"H": "up", "P": "down", "M": "right", "K": "left"}
_KEY = re.compile(r"\x1b(?:\[([0-9;]*)([A-Za-z~])|O([A-Z]))|([^\x1b])", re.DOTALL)
_BEGUN = re.compile(r"\x1b(?:\[[0-9;]*|O)?")
_REST = 0.05  # seconds in which the rest of an escape sequence must follow, over slow lines too


def scripted_keys(script: str) -> list[str]:
    """The keys of a script, in which ``^ v < >`` stand for arrows."""
    return [_SIGNS.get(character, character) for character in script]


def require_terminal() -> None:
    """UserError where standard input or output is no terminal that can show pictures."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("play needs a terminal to read keys from: run it in one, or give the keys as --keys 'wwad q'.")
    if os.environ.get("TERM") == "dumb":
        raise UserError("this terminal (TERM=dumb) cannot show pictures: use another, or give the keys as --keys.")


@contextlib.contextmanager
def terminal_keys() -> Iterator[ReadKeys]:
    """Single keys of the terminal on standard input; its settings are put back however the block is left."""
    with _windows_keys() if sys.platform == "win32" else _posix_keys() as read:
        yield read


@contextlib.contextmanager
def _posix_keys() -> Iterator[ReadKeys]:
    import select
    import termios

    stdin = sys.stdin.fileno()
    before, during = termios.tcgetattr(stdin), termios.tcgetattr(stdin)
    during[3] &= ~(termios.ICANON | termios.ECHO)
    during[6][termios.VMIN], during[6][termios.VTIME] = 1, 0
    during[6][termios.VSUSP] = b"\0"  # a suspended player would leave the shell without echo
    waiting = ""

    def read(timeout: float) -> list[str]:
        nonlocal waiting
        if not select.select([stdin], [], [], _REST if waiting else timeout)[0]:
            waiting = ""  # a lone Escape
            return []
        data = os.read(stdin, 1024)
        if not data:
            return ["q"]
        keys, waiting = split_keys(waiting + data.decode(errors="ignore"))
        return keys

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    handlers = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        termios.tcsetattr(stdin, termios.TCSADRAIN, during)
        yield read
    finally:
        with contextlib.suppress(termios.error):  # of a terminal that was closed
            termios.tcsetattr(stdin, termios.TCSAFLUSH, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _windows_keys() -> Iterator[ReadKeys]:
    import msvcrt

    def read(timeout: float) -> list[str]:
        end = time.monotonic() + timeout
        while not msvcrt.kbhit():  # type: ignore[attr-defined]
            if time.monotonic() > end:
                return []
            time.sleep(0.01)
        key = msvcrt.getwch()  # type: ignore[attr-defined]
        if key in "\0\xe0":
            arrow = _WINDOWS_ARROWS.get(msvcrt.getwch())  # type: ignore[attr-defined]
            return [arrow] if arrow else []
        if key == "\x03":
            raise KeyboardInterrupt
        return [_SIGNS.get(key, key)]

    yield read


def split_keys(text: str) -> tuple[list[str], str]:
    """Keys in what a terminal sent, and the beginning of one whose rest has not come yet."""
    keys: list[str] = []
    place = 0
    while place < len(text):
        match = _KEY.match(text, place)
        if match is None:
            begun = _BEGUN.match(text, place)
            if begun is not None and begun.end() == len(text):
                return keys, text[place:]
            place += 1
            continue
        place = match.end()
        modifiers, end, application, character = match.groups()
        if character is not None:
            keys.append(_SIGNS.get(character, character))
        elif (end or application) in _ARROWS:
            arrow = _ARROWS[end or application]
            keys.append(arrow.upper() if modifiers and modifiers.endswith(";2") else arrow)
    return keys, ""
