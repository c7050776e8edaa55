"""Claims of the engines: whoever makes the shards, and whatever happens to them, the bytes are the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from collecting import SOURCE
from test_collect import contents
from turning_camera import TurningCamera

from activevision.errors import UserError
from activevision.rollouts.collect import collect
from activevision.rollouts.engines import Engine, Processes, in_this_process
from activevision.rollouts.environment import EnvironmentRecorder
from activevision.rollouts.recorder import Advance, Recorder
from activevision.rollouts.rollout import Rollout


class Slow:
    """Takes its time over every episode, and dies once, in the middle of a shard, where that is asked for."""

    def __init__(self, recorder: Recorder, seconds: float, dies_at: Path | None):
        self._recorder, self._seconds, self._dies_at = recorder, seconds, dies_at
        self.settings, self.views = recorder.settings, recorder.views

    def record(self, first: int, count: int, advance: Advance) -> Iterator[Rollout]:
        for rollout in self._recorder.record(first, count, advance):
            yield rollout
            time.sleep(self._seconds)
            if self._dies_at is not None and first == 4:
                try:
                    self._dies_at.touch(exist_ok=False)
                except FileExistsError:
                    continue
                os.kill(os.getpid(), signal.SIGKILL)

    def close(self) -> None:
        self._recorder.close()


def recorder(seconds: float = 0.0, dies_at: Path | None = None) -> Recorder:
    return Slow(EnvironmentRecorder(TurningCamera(2), {"id": "Turning-v0"}, seed=9), seconds, dies_at)


def run(out: Path | str, engine: Engine = in_this_process, **settings: object) -> None:
    collect(partial(recorder, **settings), 12, out, SOURCE, episodes_per_shard=2, engine=engine)  # type: ignore[arg-type]


def test_workers_do_not_show_in_the_bytes(tmp_path: Path) -> None:
    run(tmp_path / "one")
    run(tmp_path / "three", Processes(3))
    assert contents(tmp_path / "one") == contents(tmp_path / "three")


def test_a_dead_worker_is_an_error_and_what_is_finished_is_kept(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a worker process died"):
        run(tmp_path / "out", Processes(2), dies_at=tmp_path / "died")
    run(tmp_path / "out", Processes(2), dies_at=tmp_path / "died")
    run(tmp_path / "whole")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


SCRIPT = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_engines import Processes, run
if __name__ == "__main__":
    run(Path(sys.argv[1]), Processes(2), seconds=0.1)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent_and_a_second_run_goes_on(tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "main.py").write_text(SCRIPT)
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "main.py"), str(out)], stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not list(out.glob("shard-*.tar")):
        assert process.poll() is None, "the run ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(UserError, match="another process is collecting"):
        run(out)
    # SIGKILL reaches the parent alone; Ctrl-C all of its group
    os.kill(process.pid, how) if how == signal.SIGKILL else os.killpg(process.pid, how)
    process.wait()
    while _alive(process.pid):
        assert time.monotonic() < deadline, "workers outlive their parent"
        time.sleep(0.05)
    run(out)
    run(tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")


def test_ctrl_c_is_quiet_and_leaves_no_halves_even_while_workers_load(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SCRIPT)
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "main.py"), str(out)], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not (out / "manifest.json").exists():
        assert process.poll() is None, "the run ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.5)  # workers have begun, and take longer than that to import what they need
    os.killpg(process.pid, signal.SIGINT)
    assert process.stderr is not None
    said = process.stderr.read()
    process.wait()
    assert said.count("Traceback") == 1, "only the process that was asked to collect tells of Ctrl-C"
    assert not list(out.glob(".shard-*"))


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_ray_gives_the_same_bytes_even_if_it_loses_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="pip install 'activevision[ray]'")
    from activevision.rollouts.ray_engine import LOCAL, OnRay

    here = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    monkeypatch.setenv("PYTHONPATH", here)  # for the workers, which import this module
    run(tmp_path / "ray", OnRay(LOCAL), dies_at=tmp_path / "died")
    assert (tmp_path / "died").exists(), "no worker was lost"
    run(tmp_path / "whole")
    assert contents(tmp_path / "ray") == contents(tmp_path / "whole")


def test_no_ray_cluster_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="pip install 'activevision[ray]'")
    from activevision.rollouts.ray_engine import OnRay

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(UserError, match=r"no Ray cluster at 'auto' .*ray start --head"):
        run(tmp_path, OnRay("auto"))
