"""A simulator in a process of its own, which may crash without taking the run with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.shared_memory import SharedMemory
from threading import Lock
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import CameraModel
from activevision.errors import UserError
from activevision.progress import console
from activevision.simulators.simulator import SENSORS, Simulator, check_poses, check_sensors

_ALIGNMENT = 64  # bytes at which each sensor's images begin in the shared block
_PATIENCE = 5.0  # seconds for a worker to close its simulator before it is killed

_Layout = tuple[tuple[str, int, tuple[int, ...], type], ...]
_Request = tuple[str, tuple[Any, ...]]
Answer = TypeVar("Answer")
_Call = tuple[NDArray[Any], NDArray[np.float64], CameraModel, tuple[str, ...]]


class WorkerSimulator:
    """Any simulator, run in a child process; see ``Simulator`` for the interface.

    Images come back through shared memory. A simulator that dies while it renders (a crash of its C++ code, say, or
    killed for want of memory) is started again and the call repeated; if it dies again, the view that kills it is
    searched by halves and named in a UserError, after which the simulator can be used again. Nothing is ever left out
    or replaced. Errors that the simulator raises are raised here. Ctrl-C ends the call and the child.
    A simulator that has a method ``navigable(scene_id, agent)`` has it here too: what that gives is sent back.

    factory: makes the simulator from the scenes; both are sent to the child, so the factory must be defined at the top
    level of a module (a class, a function, or ``functools.partial`` of one).
    """

    one_thread = True  # its calls are answered one after another, so that more threads would only wait

    def __init__(self, factory: Callable[[Sequence[Any]], Simulator], scenes: Sequence[Any]):
        try:
            self._recipe = pickle.dumps((factory, scenes))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise UserError(
                f"the simulator cannot be sent to a worker ({error}): make it with a class or function of a module, "
                "from scenes that can be pickled."
            ) from None
        self._scenes = scenes
        self._lock = Lock()
        self._block: SharedMemory | None = None
        self._worker: _Worker | None = _Worker(self._recipe)
        self._closed = False
        self.settings: dict[str, Any] = self._worker.settings
        self._navigates = self._worker.navigates

    def __getstate__(self) -> dict[str, Any]:
        return {"recipe": self._recipe}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(*pickle.loads(state["recipe"]))  # type: ignore[misc]

    @property
    def navigable(self) -> Callable[[int, Any], Any]:
        """Where an agent can stand in a scene, by the simulator; AttributeError where it does not say."""
        if not self._navigates:
            raise AttributeError("this simulator does not say where one can walk")
        return self._navigable

    def _navigable(self, scene_id: int, agent: Any) -> Any:
        what = f"the navigable area of scene {self._name(scene_id)}"

        def ask() -> Any:
            return self._ask(("navigable", (scene_id, agent)))

        return self._twice(ask, what, lambda death: UserError(f"the simulator died twice ({death}) on {what}."))

    def render(
        self, scene_ids: ArrayLike, poses: ArrayLike, camera: CameraModel, sensors: Sequence[str] = ("rgb",)
    ) -> dict[str, NDArray]:
        """Images (N, H, W, …) of each sensor; scene_ids (N,), poses (N, 4, 4) ``world_from_camera``."""
        check_sensors(sensors)
        scene_ids = np.asarray(scene_ids).reshape(-1)  # the simulator says which it has
        poses = np.ascontiguousarray(poses, np.float64)
        check_poses(poses)
        if len(poses) != len(scene_ids):
            raise ValueError(f"render: {len(scene_ids)} scene ids need as many poses, got {poses.shape}")
        call = (scene_ids, poses, camera, tuple(sensors))
        return self._twice(lambda: self._call(call), self._names(call), lambda death: self._culprit(call, death))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            worker, self._worker = self._worker, None
            if worker is not None:
                worker.close()
            if self._block is not None:
                self._block.close()
                self._block.unlink()
                self._block = None

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self.close()

    def _twice(self, call: Callable[[], Answer], what: str, error: Callable[[_Died], UserError]) -> Answer:
        """What a call gives, at the second attempt if the simulator dies at the first; ``error`` if at both."""
        with self._lock:
            if self._closed:
                raise RuntimeError("render: this simulator is closed")
            try:
                return call()
            except _Died as death:
                console.print(
                    f"The simulator died ({death}) on {what}: it is started again and the call repeated.",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )
            try:
                return call()
            except _Died as death:
                raise error(death) from None

    def _call(self, call: _Call) -> dict[str, NDArray]:
        """One attempt to render; _Died if the worker does not outlive it."""
        scene_ids, _, camera, sensors = call
        layout, size = _layout(len(scene_ids), camera, sensors)
        if self._block is None or self._block.size < size:
            if self._block is not None:
                self._block.close()
                self._block.unlink()
                self._block = None
            self._block = SharedMemory(create=True, size=size)
        self._ask(("render", (*call, self._block.name, layout)))
        return {sensor: image.copy() for sensor, image in _views(self._block, layout).items()}

    def _ask(self, request: _Request) -> Any:
        """What the worker that lives, or a new one, answers; _Died if it does not outlive it."""
        if self._worker is None:
            self._worker = _Worker(self._recipe)
        worker, self._worker = self._worker, None  # taken away, so that an interruption leaves none half way in a call
        try:
            answer = worker.ask(request)
        except BaseException:
            worker.kill()
            raise
        self._worker = worker
        if isinstance(answer, _Failure):
            answer.throw()
        return answer

    def _culprit(self, call: _Call, death: _Died) -> UserError:
        """The error that names the view on which the simulator dies."""
        scene_ids, poses, camera, sensors = call
        low, high = 0, len(scene_ids)
        while high - low > 1:
            middle = (low + high) // 2
            if self._dies((scene_ids[low:middle], poses[low:middle], camera, sensors)):
                high = middle
            else:
                low = middle
        one = (scene_ids[low:high], poses[low:high], camera, sensors)
        if self._dies(one):
            return UserError(
                f"the simulator dies ({death}) on view {low}: {self._names(one)}, pose "
                f"{np.round(poses[low], 6).tolist()}; leave the view out or mend the scene."
            )
        return UserError(
            f"the simulator died twice ({death}) on {self._names(call)}, but not on single views of it: "
            "render fewer views at once, or see whether memory ran out."
        )

    def _dies(self, call: _Call) -> bool:
        try:
            self._call(call)
        except _Died:
            return True
        return False

    def _names(self, call: _Call) -> str:
        """The scenes of a call, by id where they have one."""
        numbers = np.unique(call[0]).tolist()
        names = ", ".join(self._name(number) for number in numbers[:3]) + (" …" if len(numbers) > 3 else "")
        return f"{len(call[0])} views of scene {names}" if len(call[0]) > 1 else f"scene {names}"

    def _name(self, number: int) -> str:
        try:
            return repr(self._scenes[number].id)
        except Exception:  # scenes may be anything that the factory takes
            return str(number)


class _Died(Exception):
    """The child ended where an answer was expected; the message says how."""


class _Worker:
    """A child process with a simulator in it, and the line to it."""

    def __init__(self, recipe: bytes):
        if multiprocessing.current_process().daemon:
            raise UserError(
                "this process is itself a worker (of a vector environment or a data loader) and may start none: run "
                "the simulator in it, as with simulator='habitat'."
            )
        context = multiprocessing.get_context("spawn")  # a fork would share the parent's threads, locks and GL contexts
        self._line, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True, name="simulator")
        self._process.start()
        other.close()  # so that the child's death closes the line
        try:
            # no argument of the process: a child that dies before it reads a long one lets its parent wait for ever
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._line.send_bytes(recipe)
            answer = self._receive()
        except _Died as death:
            self.kill()
            raise UserError(
                f"the simulator's worker died ({death}) while it started: try the factory in this process, and keep "
                'the main part of a script in a file, under `if __name__ == "__main__":`.'
            ) from None
        except BaseException:
            self.kill()
            raise
        if isinstance(answer, _Failure):
            self.kill()
            answer.throw()
        self.settings: dict[str, Any]
        self.settings, self.navigates = answer

    def ask(self, request: _Request) -> Any:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died before: receiving says how
            self._line.send(request)
        return self._receive()

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._line.send(None)
            self._process.join(_PATIENCE)
        self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._line.close()

    def _receive(self) -> Any:
        wait([self._line, self._process.sentinel])
        with contextlib.suppress(EOFError, ConnectionResetError):
            if self._line.poll():
                return self._line.recv()
        self._process.join()
        code = self._process.exitcode or 0
        raise _Died(signal.Signals(-code).name if code < 0 else f"exit code {code}")


def _layout(count: int, camera: CameraModel, sensors: Sequence[str]) -> tuple[_Layout, int]:
    """Where each sensor's images lie in a shared block, and its size in bytes."""
    places, offset = [], 0
    for sensor in dict.fromkeys(sensors):
        tail, kind = SENSORS[sensor]
        shape = (count, camera.height, camera.width, *tail)
        places.append((sensor, offset, shape, kind))
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        offset += -(-size // _ALIGNMENT) * _ALIGNMENT
    return tuple(places), max(offset, 1)


def _views(block: SharedMemory, layout: _Layout) -> dict[str, NDArray]:
    return {sensor: np.ndarray(shape, kind, block.buf, offset) for sensor, offset, shape, kind in layout}


@dataclass(frozen=True)
class _Failure:
    """An error on its way from the child, and its traceback, which pickling would lose."""

    error: Exception
    traceback: str

    def throw(self) -> NoReturn:
        if isinstance(self.error, UserError):
            raise self.error
        raise self.error from _InWorker(f"\n{self.traceback}")


class _InWorker(Exception):
    """Carries the traceback of the child as a cause."""


def _serve(line: Connection) -> None:
    """The child: makes a simulator of what comes first, then does what it is asked until the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches parent and child; the parent decides what it means
    try:
        factory, scenes = pickle.loads(line.recv_bytes())
        simulator = factory(scenes)
    except Exception as error:
        if not isinstance(error, UserError):
            error = UserError(f"the simulator cannot be made in its worker: {type(error).__name__}: {error}")
        line.send(_Failure(error, ""))
        return
    line.send((simulator.settings, hasattr(simulator, "navigable")))
    block: SharedMemory | None = None
    try:
        while True:
            request = line.recv()
            if request is None:
                break
            verb, arguments = request
            answer = None
            try:
                if verb == "navigable":
                    answer = simulator.navigable(*arguments)
                else:
                    *call, name, layout = arguments
                    if block is None or block.name != name:
                        if block is not None:
                            block.close()
                        block = SharedMemory(name)
                    _fill(block, layout, simulator.render(*call))
            except Exception as error:
                answer = _Failure(_portable(error), traceback.format_exc())
            line.send(answer)
    except EOFError:
        pass  # the parent is gone
    finally:
        simulator.close()


def _fill(block: SharedMemory, layout: _Layout, images: dict[str, NDArray]) -> None:
    for sensor, shared in _views(block, layout).items():
        image = images[sensor]
        if image.shape != shared.shape or image.dtype != shared.dtype:
            raise TypeError(f"{sensor}: expected {shared.dtype} {shared.shape}, got {image.dtype} {image.shape}")
        shared[...] = image


def _portable(error: Exception) -> Exception:
    """The error itself if it can be sent, else one that says the same."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
