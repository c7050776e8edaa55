"""Claims of ``activevision benchmark probes``: the same however often it was stopped and whoever does it, and early
errors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from solids import Solids

from activevision.commands.benchmark import Benchmark
from activevision.commands.lineup import jobs
from activevision.commands.probes import run_probes, sensors_of
from activevision.encoders.objectives import OBJECTIVES, objective_class
from activevision.errors import UserError
from activevision.evaluation.lineup.objective_windows import STEP, WINDOWS
from activevision.evaluation.probing.benchmark import FILMS, OF_FRAMES, ProbesConfig, TrainingFilms, windows_at
from activevision.evaluation.probing.protocol import PROTOCOLS
from activevision.evaluation.scoreboard.probes import probes

PROTOCOL = replace(PROTOCOLS["furniture"], catalogue="solids", views=6, train_episodes=6, test_episodes=6)
TRAINING = TrainingFilms(films=4, per_scene=1, frames=18, rate=4.0, step=5)
TINY = ProbesConfig(
    ("none", "slow_features", "equivariance"), images=360, batch=60, embedding=8, checkpoint_every=1, probe_seeds=1
)


def measured(out: Path, config: ProbesConfig = TINY, workers: int = 1) -> dict[str, Any]:
    """Results, without what differs between two runs of the same."""
    results = run_probes(PROTOCOL, TRAINING, config, Solids(), out, workers)
    json.dumps(results)  # a result is JSON
    del results["seconds"], results["command"]
    return results


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("whole")
    return out, measured(out)


def test_encoders_have_seen_training_scenes_and_are_asked_about_others(whole: tuple[Path, dict[str, Any]]) -> None:
    results = whole[1]
    assert list(results["encoders"]) == list(TINY.objectives)
    assert results["data"]["test"]["split"] == "test"
    for name in ("slow_features", "equivariance"):
        facts = results["encoders"][name]["facts"]
        assert (facts["data"]["catalogue"], facts["data"]["split"]) == ("solids", "train")
        assert results["encoders"][name]["figures"] != results["encoders"]["none"]["figures"]
    assert results["windows"]["equivariance"] == {"length": 4, "gap": 5}
    assert (whole[0] / "probes" / "index.html").exists()


def test_the_section_is_made_of_the_results(whole: tuple[Path, dict[str, Any]]) -> None:
    text = "\n".join(probes("probes-furniture.json", {**whole[1], "seconds": {"rollouts": 60.0}}))
    for said in ("360 images", "6 scenes", "| none (random weights) |", "| equivariance |", "R² relative rotation ↑"):
        assert said in text


def test_a_second_run_does_nothing(whole: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    for job in ("pretrain_encoder", "probe_encoder"):
        monkeypatch.setattr(jobs, job, lambda *_: pytest.fail("done again"))
    assert measured(whole[0]) == whole[1]


SCRIPT = f"""
import sys
sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parent.parent)!r}]
from pathlib import Path
from test_probes_benchmark import measured
measured(Path(sys.argv[1]))
"""


def test_killed_within_an_encoder_it_goes_on_to_the_same(whole: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SCRIPT)
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "main.py"), str(out)], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not (out / "encoders" / "slow_features-0" / "checkpoint.pt").exists():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (out / "probes").exists()
    assert measured(out) == whole[1]


def test_workers_and_further_objectives_change_nothing(whole: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    shutil.copytree(whole[0], tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "encoders" / "slow_features-0")
    shutil.rmtree(tmp_path / "copy" / "probes")
    objectives = (*TINY.objectives, "vicreg", "slow_features,margin=0.5")
    more = measured(tmp_path / "copy", replace(TINY, objectives=objectives), workers=2)
    assert list(more["encoders"]) == list(objectives)
    figures = [more["encoders"][name]["figures"] for name in ("slow_features", "slow_features,margin=0.5")]
    assert figures[0] != figures[1]
    for name in TINY.objectives:
        more_of, before = (
            {key: {**figure, "best": None} for key, figure in found["encoders"][name]["figures"].items()}
            for found in (more, whole[1])
        )
        assert more_of == before


def test_a_folder_holds_films_of_one_kind(whole: tuple[Path, dict[str, Any]]) -> None:
    with pytest.raises(UserError, match=r"other settings \(sensors\)"):
        measured(whole[0], replace(TINY, objectives=("none", "tracking")))
    with pytest.raises(UserError, match=r"other settings \(budget\)"):
        measured(whole[0], replace(TINY, images=720))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"protocols": ("room",)}, "unknown protocol 'room': did you mean 'rooms'"),
        ({"objectives": ("none", "equivarianc")}, "unknown objective 'equivarianc': did you mean 'equivariance'"),
        ({"objectives": ("none", "none")}, "name each once"),
        ({"objectives": ("none", "seq_jepa,conditionned=false")}, "conditionned"),
        ({"objectives": ("none", "seq_jepa,conditioned=perhaps")}, "perhaps"),
        ({"settings": ("backbones=resnet18",)}, "unknown setting of probes 'backbones': did you mean 'backbone'"),
        ({"settings": ("images=0",)}, "images"),
        ({"names": ("probe",)}, "unknown benchmark 'probe': did you mean 'probes'"),
        ({"workers": 0}, "workers=0"),
    ],
)
def test_a_wrong_name_is_one_line_before_anything_is_done(given: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=reason) as error:
        Benchmark(**{"names": ("probes",), **given}, out=tmp_path / "out", work=tmp_path / "work").run()
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("settings", [{"images": 0}, {"batch": 100}, {"objectives": ()}, {"probe_seeds": 0}])
def test_settings_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        replace(TINY, **settings)


def test_films_have_what_objectives_need() -> None:
    assert sensors_of(OF_FRAMES) == ("rgb",)
    assert sensors_of(("none", "tracking")) == ("rgb", "instance")
    assert sensors_of(("none", "tracking,tracks=optical_flow")) == ("rgb",)
    assert sensors_of(tuple(OBJECTIVES)) == ("rgb", "depth", "instance", "flow")


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_windows_suit_films_and_probes(name: str) -> None:
    protocol, films = PROTOCOLS[name], FILMS[PROTOCOLS[name].motion]
    if protocol.gap is not None:  # motions that are learnt from are motions that are asked about
        assert films.step / films.rate <= protocol.gap / protocol.rate
    for objective, chosen in windows_at(films.step).items():
        assert (chosen.length - 1) * chosen.gap < films.frames
        assert chosen.length == WINDOWS[objective].length
        if any(field.startswith("flow") for field in objective_class(objective).fields):
            assert chosen.gap == 1
    assert windows_at(STEP) == WINDOWS
