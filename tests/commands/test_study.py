"""Claims of the study: the same whoever does it and however often it was stopped, equal budgets, and early errors."""

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

import numpy as np
import pytest
from solids import Solids

from activevision.agents.config import JOINT, AgentConfig
from activevision.agents.fusion import MeanPosterior
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.baselines import Random
from activevision.commands.collect import Film, collect_films
from activevision.commands.learn import Stopwatch
from activevision.commands.lineup import jobs as encoder_jobs
from activevision.commands.lineup.plan import Unit
from activevision.commands.study import Study
from activevision.commands.studying import jobs
from activevision.commands.studying.plan import Plan, Trial
from activevision.commands.studying.report import write_study
from activevision.commands.studying.stages import check_rollouts, run_stages
from activevision.commands.world import World
from activevision.encoders.objectives import OBJECTIVES, objective_class
from activevision.errors import UserError
from activevision.evaluation.lineup.objective_windows import WINDOWS
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.study.config import PRESETS, StudyConfig
from activevision.files import digest
from activevision.machine import one_thread
from activevision.protocol import LOOK_AROUND, Protocol

PROTOCOL = replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=6, height=16, width=16)
TINY = StudyConfig(
    objectives=("none", "slow_features", "equivariance", "tracking"),
    films=1,
    frames=18,
    embedding=8,
    images=240,
    batch=60,
    probe_films=4,
    probe_frames=6,
    probe_seeds=1,
    folds=2,
    ppo_steps=100,
    look_ahead_steps=2,
    agent_seeds=2,
    starts=2,
    resamples=50,
)


@pytest.fixture(scope="module")
def world() -> World:
    return World("activevision/ActiveObject-v0", Solids(), PROTOCOL, scenes="solids")


def study(plan: Plan, workers: int = 1) -> bytes:
    """The bytes of study.json."""
    run_stages(plan, workers, Stopwatch(plan.out / "seconds.json"))
    write_study(plan, {}, "")
    return (plan.out / "study.json").read_bytes()


@pytest.fixture(scope="module")
def whole(world: World, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    plan = Plan(TINY, world, tmp_path_factory.mktemp("whole"))
    study(plan)
    return plan


def test_all_raw_scores_are_there(whole: Plan) -> None:
    found = json.loads((whole.out / "study.json").read_text())
    assert list(found["encoders"]) == list(TINY.objectives)
    assert found["objects"] == sorted(entry.id for entry in Solids().scenes("test"))
    for encoder in found["encoders"].values():
        for agent, policies in encoder["raw"]["accuracy"].items():
            assert set(policies) == {agent, "single", "random", "farthest"}
            for scores in policies.values():
                assert np.shape(scores) == (1, 2, 6, 4)
            assert np.ptp(policies["single"], axis=-1).max() == 0, "it stays with its first view"
            firsts = [np.asarray(scores)[..., 0] for scores in policies.values()]
            assert all((first == firsts[0]).all() for first in firsts), "all have the same starts"
        assert np.shape(encoder["raw"]["probe"]["mrr"]["above"]) == (1, 1, 6)
    assert "settings" not in found["encoders"]["none"]["facts"]
    assert (whole.out / "index.html").exists()
    assert (whole.out / "probes" / "index.html").exists()


def test_a_second_run_does_nothing_and_gives_the_same_bytes(whole: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (whole.out / "study.json").read_bytes()
    for module, job in (
        (encoder_jobs, "pretrain_encoder"), (encoder_jobs, "probe_encoder"), (jobs, "look"), (jobs, "run_trial"),
    ):  # fmt: skip
        monkeypatch.setattr(module, job, lambda *_: pytest.fail("done again"))
    assert study(whole) == before


def test_what_is_lost_is_made_again_to_the_same_bytes(whole: Plan, tmp_path: Path) -> None:
    shutil.copytree(whole.out, tmp_path / "copy")
    plan = Plan(TINY, whole.world, tmp_path / "copy")
    unit = Unit("equivariance", 0)
    shutil.rmtree(plan.lineup.encoder_run(unit))
    (plan.lineup.probes / "measured" / "tracking-0.npz").unlink()
    shutil.rmtree(plan.evidence(Unit("none", 0)).parent)
    plan.log(Trial(Unit("slow_features", 0), "ppo", 1), "ppo").unlink()
    assert study(plan) == (whole.out / "study.json").read_bytes()


def test_what_is_damaged_is_named_and_made_again_once_it_is_deleted(whole: Plan, tmp_path: Path) -> None:
    shutil.copytree(whole.out, tmp_path / "copy")
    plan = Plan(TINY, whole.world, tmp_path / "copy")
    unit = Unit("none", 0)
    log, evidence = plan.log(Trial(unit, "ppo", 1), "random"), plan.evidence(unit) / "test.npz"
    log.write_bytes(log.read_bytes()[:100])
    with pytest.raises(UserError, match=f"{log} .*delete it"):
        study(plan)
    log.unlink()
    evidence.write_bytes(evidence.read_bytes()[:100])
    with pytest.raises(UserError, match=f"{evidence} .*delete it"):
        study(plan)
    evidence.unlink()
    assert study(plan) == (whole.out / "study.json").read_bytes()


SCRIPT = f"""
import sys
sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parent.parent)!r}]
from pathlib import Path
from test_study import PROTOCOL, TINY, Plan, Solids, World, study
study(Plan(TINY, World("activevision/ActiveObject-v0", Solids(), PROTOCOL, scenes="solids"), Path(sys.argv[1])))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_and_gone_on_with_it_is_the_same(whole: Plan, tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "main.py").write_text(SCRIPT)
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "main.py"), str(out)], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("encoders/slow_features-0/encoder/config.json")):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, how)
    process.communicate()
    assert process.returncode != 0
    assert not (out / "study.json").exists()
    assert study(Plan(TINY, whole.world, out)) == (whole.out / "study.json").read_bytes()


def test_workers_do_not_show_in_the_bytes(whole: Plan, tmp_path: Path) -> None:
    shutil.copytree(whole.out, tmp_path / "copy")
    plan = Plan(TINY, whole.world, tmp_path / "copy")
    for unit in plan.units[:2]:
        shutil.rmtree(plan.out / "agents" / unit.name / "logs")
        shutil.rmtree(plan.out / "agents" / unit.name / "policies")
    assert study(plan, workers=2) == (whole.out / "study.json").read_bytes()


def test_more_objectives_may_be_added(whole: Plan, tmp_path: Path) -> None:
    shutil.copytree(whole.out, tmp_path / "copy")
    further = ("vicreg", "slow_features,margin=0.5")
    plan = Plan(replace(TINY, objectives=(*TINY.objectives, *further)), whole.world, tmp_path / "copy")
    study(plan)
    more, before = (json.loads((out / "study.json").read_text()) for out in (plan.out, whole.out))
    assert list(more["encoders"]) == [*TINY.objectives, *further]
    assert more["encoders"][further[1]]["facts"]["settings"]["settings"] == ["margin=0.5"]
    assert more["encoders"][further[1]]["raw"] != more["encoders"]["slow_features"]["raw"]
    for name in TINY.objectives:
        assert more["encoders"][name]["raw"] == before["encoders"][name]["raw"]


def test_agents_of_another_encoder_are_not_mixed_in(whole: Plan, tmp_path: Path) -> None:
    shutil.copytree(whole.out, tmp_path / "copy")
    plan = Plan(TINY, whole.world, tmp_path / "copy")
    shutil.copytree(plan.lineup.encoder(Unit("tracking", 0)), plan.lineup.encoder(Unit("none", 0)), dirs_exist_ok=True)
    with pytest.raises(UserError, match="has agents of another encoder"):
        run_stages(plan, 1, Stopwatch(tmp_path / "seconds.json"))


class Whole:
    """An agent that is trained as a whole: its fusion goes by its own name."""

    suffix = ".txt"

    def __init__(self, word: str, protocol: Protocol):
        self.word = word
        self.fusion = MeanPosterior(2)
        self.fusion.name = "whole"  # type: ignore[misc]
        self.policy = Random(protocol, int(word))

    @classmethod
    def fit(cls, lessons: GridLessons, config: AgentConfig, seed: int) -> Whole:
        assert lessons.train_env is not None
        assert lessons.val_env is not None
        return cls(str(seed), lessons.protocol)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.word)

    @classmethod
    def load(cls, path: Path, protocol: Protocol) -> Whole:
        return cls(path.read_text(), protocol)


def test_agents_that_are_trained_as_a_whole_bring_their_own_fusion(
    whole: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(JOINT, "whole", f"{__name__}:Whole")
    shutil.copytree(whole.out, tmp_path / "copy")
    plan, trial = Plan(TINY, whole.world, tmp_path / "copy"), Trial(Unit("none", 0), "whole", 1)
    with one_thread():
        jobs.enter(plan)
        jobs.run_trial(trial, lambda steps: None)
    assert plan.policy_file(trial, ".txt").read_text() == "1"
    for policy in trial.policies:
        log = TrajectoryLog.load(plan.log(trial, policy))
        assert log.fusion == "whole"
        assert plan.log(trial, policy).name == f"{policy}-whole-1.parquet"


def test_every_objective_has_a_windows_that_suit_it() -> None:
    assert WINDOWS.keys() == OBJECTIVES.keys()
    for name, chosen in WINDOWS.items():
        kind = objective_class(name)
        assert chosen.length >= kind.length
        assert (chosen.length - 1) * chosen.gap < PRESETS["small"].frames
        if any(field.startswith("flow") for field in kind.fields):
            assert chosen.gap == 1, "flow is known between neighbours alone"


def test_all_see_as_many_images_in_as_many_steps(whole: Plan) -> None:
    for name, chosen in WINDOWS.items():
        windows = 500 + 7 * len(name)
        config = PRESETS["small"].budget.pretraining(name, 0, windows, chosen.length)
        assert config.batch_size * chosen.length == PRESETS["small"].batch
        assert config.epochs * windows * chosen.length == pytest.approx(PRESETS["small"].images)
        steps = config.epochs * -(-windows // config.batch_size)
        assert steps == pytest.approx(PRESETS["small"].images / PRESETS["small"].batch, rel=0.2)


def test_presets() -> None:
    assert len(PRESETS["small"].objectives) >= 10
    assert "none" in PRESETS["small"].objectives
    for name in ("all", "gpu"):
        assert set(PRESETS[name].objectives) == set(OBJECTIVES)
    given = Study(
        "equivariance", objectives=("none", "sie", "simclr"), settings=("images=600", "ambiguity=0.5")
    ).config()
    assert (given.objectives, given.images, given.ambiguity) == (("none", "sie", "simclr"), 600, 0.5)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"preset": "smal"}, "did you mean 'small'"),
        ({"objectives": ("none", "simclr", "equivarianc")}, "did you mean 'equivariance'"),
        ({"objectives": ("none", "simclr")}, "at least 3"),
        ({"objectives": ("none", "simclr", "none")}, "name each once"),
        ({"objectives": ("none", "simclr", "seq_jepa,conditionned=false")}, "conditionned"),
        ({"settings": ("image=3",)}, "did you mean 'images'"),
        ({"settings": ("images=many",)}, "give images=a whole number"),
        ({"settings": ("batch=100",)}, "a multiple of 60"),
        ({"settings": ("view=1",)}, "give 2 to 4"),
        ({"settings": ("ambiguity=2",)}, "ambiguity"),
        ({"settings": ("per_class=2",)}, "split 'val' of catalogue 'procedural' is empty"),
        ({"settings": ("backbone=resnet",)}, "resnet"),
        ({"workers": 0}, "--workers 0"),
        ({"data": "absent"}, "absent holds no rollouts"),
    ],
)
def test_a_wrong_setting_is_an_error_before_anything_is_done(given: dict, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=reason) as error:
        Study("equivariance", out=tmp_path / "out", **given).run()
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_rollouts_that_lack_what_an_objective_needs_are_refused(world: World, tmp_path: Path) -> None:
    film = Film("tumble", 18, 6.0, 16)
    collect_films(world.catalogue, {}, "train", film, 2, tmp_path / "plain", 0)
    collect_films(world.catalogue, {}, "test", film, 2, tmp_path / "test", 0)
    line = "activevision collect --motion tumble --scenes solids --sensors rgb,instance --out runs/other"
    with pytest.raises(UserError, match=f"'tracking' needs instance.*`{line}`"):
        check_rollouts(Plan(TINY, world, tmp_path / "out", str(tmp_path / "plain")))
    check_rollouts(
        Plan(replace(TINY, objectives=TINY.objectives[:3]), world, tmp_path / "out", str(tmp_path / "plain"))
    )
    with pytest.raises(UserError, match="training split"):
        check_rollouts(Plan(TINY, world, tmp_path / "out", str(tmp_path / "test")))


def test_a_folder_holds_one_study(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"command": "study", "config": {}, "data": None, "versions": {}}))
    with pytest.raises(UserError, match="other settings"):
        Study("equivariance", out=tmp_path).run()


def test_an_encoder_is_told_by_its_weights(whole: Plan) -> None:
    digests = {digest((whole.lineup.encoder(unit) / "encoder.safetensors").read_bytes()) for unit in whole.units}
    assert len(digests) == len(whole.units)
