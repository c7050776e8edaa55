import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from activevision import cli

EXAMPLES = Path(__file__).parent.parent / "examples"
HEAVY = ("torch", "pyarrow", "numba", "stable_baselines3", "embreex", "trimesh", "cv2", "matplotlib")


def run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "activevision.cli", *arguments], cwd=cwd, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "command",
    [(), ("demo",), ("scenes",), ("scenes", "list"), ("scenes", "fetch"), ("scenes", "show"), ("scenes", "measure"),
     ("play",), ("collect",), ("data",), ("data", "check"), ("data", "show"), ("data", "import"), ("render",),
     ("view",), ("export",), ("pretrain",), ("probe",), ("train",), ("evaluate",), ("score",), ("study",),
     ("benchmark",)],
    ids=" ".join,
)  # fmt: skip
def test_help_comes_without_the_heavy_packages(command, tmp_path):
    code = (
        "import sys; from activevision.cli import main; sys.argv = ['activevision', *sys.argv[1:], '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print('HEAVY', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], cwd=tmp_path, capture_output=True, text=True)
    assert "usage: activevision" in done.stdout
    assert done.stdout.rstrip().endswith("HEAVY []"), done.stdout[-300:]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("collect", "--scenes", "procedurl"), "did you mean 'procedural'"),
        (("collect", "--protocol", "look-arond"), "did you mean 'look-around'"),
        (("collect", "--split", "tran"), "did you mean 'train'"),
        (("collect", "--scenes", "procedural", "--up", "z"), "--up does not apply"),
        (("collect", "--ambiguity", "2"), "ambiguity"),
        (("pretrain", "--data", "absent"), "absent"),
        (("train", "--encoder", "absent"), "absent"),
        (("train", "--workers", "0"), "--workers 0"),
        (("evaluate", "--workers", "0"), "--workers 0"),
        (("evaluate", "--agent", "absent"), "absent"),
        (("pretrain", "--objective", "equivarianc"), "did you mean 'equivariance'"),
        (("train", "--recogniser.folds", "1"), "at least 2 folds"),
        (("train", "--fusion", "prodct"), "did you mean 'product'"),
        (("train", "--ppo.steps", "0"), "positive"),
        (("scenes", "list", "--out", "/dev/null"), "/dev/null"),
        (("benchmark", "--repeats", "0"), "at least 1"),
        (("score",), "nothing to score"),
        (("score", "absent.parquet"), "no trajectory log absent.parquet"),
        (("score", "absent.parquet", "--resamples", "9"), "at least 100"),
        (("evaluate", "--policies", "randm"), "did you mean 'random'"),
        (("evaluate", "--split", "tets"), "did you mean 'test'"),
        (("evaluate", "--episodes", "0"), "at least once"),
        (("evaluate", "--env", "activevision/ActiveScen-v0"), "did you mean 'activevision/ActiveScene-v0'"),
        (("evaluate", "--env", "activevision/LookAround-v0"), "examples/look_around.py"),
        (("evaluate", "--env", "activevision/Explore-v0", "--protocol", "explore-find"), "not about recognising"),
        (("collect", "--sensors", "rgb,detph"), "did you mean 'depth'"),
        (("pretrain", "--objective", "slow_featres"), "did you mean 'slow_features'"),
        (("pretrain", "--settings", "margn=2"), "did you mean 'margin'"),
        (("probe", "--encoder", "absent"), "absent"),
        (("collect", "--views", "20"), "give a --motion"),
        (("collect", "--motion", "walk", "--env", "activevision/Explore-v0"), "leave --motion out"),
        (("collect", "--motion", "walk", "--scenes", "procedural"), "walk"),
        (("collect", "--policy", "randm"), "did you mean 'random'"),
        (("collect", "--workers", "0"), "at least 1"),
        (("collect", "--seed", "-1"), "--seed -1"),
        (("collect", "--episodes", "0"), "at least one"),
        (("collect", "--motion", "orbit", "--per-scene", "0"), "per_scene=0"),
        (("collect", "--motion", "orbit", "--views", "0"), "views=0"),
        (("pretrain", "--data", "memory://absent"), "memory://absent holds no rollouts"),
        (("collect", "--out", "nowhere://bucket"), "no file system"),
        (("data", "check", "absent"), "absent holds no rollouts"),
        (("export", "absent", "--to", "minary", "--out", "x"), "minari"),
        (("demo", "--env", "activevision/Explor-v0"), "did you mean 'activevision/Explore-v0'"),
        (("collect", "--env", "activevision/ActiveScene-v0", "--protocol", "look-around"), "ActiveObject-v0"),
        (("scenes", "fetch", "procedural"), "nothing to fetch"),
        (("scenes", "fetch", "furniture", "--from", "absent.deb"), "absent.deb"),
        (("benchmark", "recognition", "--workers", "0"), "workers=0"),
        (("demo", "--episodes", "0"), "at least 4"),
        (("demo", "--seeds", "-1"), "0 or more"),
        (("train", "--seed", "-1"), "0 or more"),
        (("pretrain", "--epochs", "inf"), "finite"),
        (("benchmark", "rendr"), "did you mean 'render'"),
        (("study", "equivariance", "--objectives", "none", "sie", "simcl"), "did you mean 'simclr'"),
        (("study", "equivariance", "--settings", "agent_seds=1"), "did you mean 'agent_seeds'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.rstrip().splitlines()[-1].startswith("activevision: ")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_one_line_whoever_wrote(number, monkeypatch, capsys):
    class Writes:
        def run(self):
            raise OSError(number, os.strerror(number))  # without a file's name, as writing raises it

    monkeypatch.setattr(cli.tyro, "cli", lambda *_, **__: Writes())
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith(f"activevision: no room on the disk ({os.strerror(number)})")


def test_the_commands_in_a_row_from_scenes_to_a_report(tmp_path):
    small = ("--scenes", "procedural", "--per-class", "4", "--ambiguity", "1")
    steps = [
        ("collect", *small, "--episodes", "40", "--out", "train"),
        ("pretrain", "--data", "train", "--out", "encoder", "--epochs", "1"),
        ("train", *small, "--encoder", "encoder/encoder", "--data", "train", "--out", "agent", "--recogniser.epochs",
         "1", "--recurrent.steps", "2", "--ppo.steps", "1536"),
        ("evaluate", "--agent", "agent", "--episodes", "2", "--out", "evaluation"),
    ]  # fmt: skip
    for step in steps:
        done = run(*step, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-2000:]
    results = json.loads((tmp_path / "evaluation" / "results.json").read_text())
    assert {row["policy"] for row in results["rows"].values()} == {
        "single",
        "random",
        "farthest",
        "sweep",
        "peek_saliency",
        "ppo",
        "all_views",
        "oracle",
        "full_oracle",
    }
    assert all(len(row["accuracy"]) == 4 for row in results["rows"].values())
    assert results["catalogue"]["name"] == "procedural"
    against = {row["b"] for row in results["comparisons"] if row["a"] == "ppo/product/own"}
    assert against == {f"{name}/product/own" for name in ("single", "random", "farthest", "sweep", "peek_saliency")}
    assert list((tmp_path / "agent" / "tensorboard" / "ppo_0").glob("events.*"))
    assert run("score", "evaluation/logs", "--fusion", "product", "--out", "score", cwd=tmp_path).returncode == 0
    again = json.loads((tmp_path / "score" / "results.json").read_text())
    assert again["rows"] == results["rows"]
    assert (tmp_path / "evaluation" / "report.html").stat().st_size > 10_000

    assert "--episodes 2" in (tmp_path / "evaluation" / "report.html").read_text()

    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "demo").symlink_to(tmp_path)  # where the examples look for an agent
    for example in ("own_policy", "train_with_sb3"):
        script = EXAMPLES / f"{example}.py"
        done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]

    test_rollouts = ("collect", *small, "--split", "test", "--episodes", "8", "--out", "test")
    assert run(*test_rollouts, cwd=tmp_path).returncode == 0
    leak = run("train", *small, "--encoder", "encoder/encoder", "--data", "test", "--out", "leak", cwd=tmp_path)
    assert leak.returncode == 2
    assert "not of the training split" in leak.stderr
    mixed = run("collect", *small[:-1], "0", "--episodes", "80", "--out", "train", cwd=tmp_path)
    assert mixed.returncode == 2
    assert "other settings (scenes, spec)" in mixed.stderr

    (tmp_path / "agent" / "agent.json").rename(tmp_path / "agent.json")
    unfinished = run("evaluate", "--agent", "agent", "--out", "other", cwd=tmp_path)
    assert unfinished.returncode == 2
    assert "no finished agent" in unfinished.stderr
    (tmp_path / "agent.json").rename(tmp_path / "agent" / "agent.json")
    again = run(*steps[-1], "--policies", "random", cwd=tmp_path)
    assert again.returncode == 2
    assert "other settings (policies)" in again.stderr
