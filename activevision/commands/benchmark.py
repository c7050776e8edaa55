"""``activevision benchmark``: how fast everything is on this machine, and how well the ladder of agents does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from activevision.commands.run_folder import note_run
from activevision.errors import UserError
from activevision.machine import cores

if TYPE_CHECKING:
    from activevision.evaluation.probing.benchmark import ProbesConfig
    from activevision.scenes import Catalogue, Scene

NAMES = ("render", "render_batch", "simulators", "grid_steps", "env_steps", "data", "pretrain_images", "ppo_steps")
RECOGNITION, COMPLETION, STUDY, PROBES = "recognition", "completion", "study", "probes"
_ALL = (*NAMES, RECOGNITION, COMPLETION, STUDY, PROBES)
SCORES = "scores"
_SIDE = 64


@dataclass(frozen=True)
class Benchmark:
    """Measure speeds and write scores/benchmark.json: rendering, simulators side by side, environment steps, reading of
    data, pretraining, PPO. With "recognition": train and evaluate the whole ladder of agents on suites; with
    "completion": agents that complete what they have not seen; with "study": whether better equivariance gives better
    active recognition; with "probes": pretrain encoders by many objectives on films of rooms, of furniture or of a
    hand-held camera, and measure on scenes that none has seen what they know of egomotion.

    Every speed is the median of ``repeats`` runs and stands beside the settings that it depends on. README.md is
    written anew from all scores that are there.
    """

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """What to measure; all speeds unless given, and with --simulators only their comparison. "recognition" takes
    half an hour to two a suite, "completion" a quarter, "study" three quarters of an hour, "probes" ten minutes a
    protocol; all go on where they were stopped."""
    suites: tuple[str, ...] = ("objects-procedural",)
    """Of recognition: objects-procedural, objects-furniture, rooms."""
    completions: tuple[str, ...] = ("scenes", "objects")
    """Suites of completion: scenes, objects."""
    protocols: tuple[str, ...] = ("rooms", "furniture", "handheld")
    """Of probes: objects, furniture, rooms, handheld."""
    objectives: tuple[str, ...] = ()
    """Of probes: what encoders are pretrained by; a dozen that need no more than frames, unless given. Their settings
    go after commas, as in seq_jepa,conditioned=false. More may be added to a finished run."""
    settings: tuple[str, ...] = ()
    """Of probes: name=value name=value …, by the names of ProbesConfig in activevision/evaluation/probing/benchmark.py.
    backbone=resnet18 embedding=512 images=2000000 are nearer to what 3DIEBench's figures are of."""
    seeds: int = 5
    """Policies of recognition and completion that are trained and evaluated."""
    workers: int | None = None
    """Processes of recognition, completion, study and probes; as many as there are cores, unless given."""
    simulators: tuple[str, ...] = ()
    """Simulators to compare (embree,habitat); those that are installed unless given."""
    repeats: int = 5
    """Runs of each, after one that is not counted."""
    out: Path = Path("runs/benchmark")
    """Folder for scores/*.json and README.md."""
    work: Path = Path("runs/benchmark/work")
    """Folder of what recognition, completion, study and probes train."""
    seed: int = 0
    """Of poses and motions."""

    def __post_init__(self) -> None:
        for name in ("repeats", "seeds", "workers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"benchmark with {name}={value}: it must be at least 1.")

    def run(self) -> None:
        from activevision.commands.scoreboard import write_scoreboard
        from activevision.commands.suites import COMPLETIONS, SUITES
        from activevision.errors import unknown
        from activevision.evaluation.probing.protocol import PROTOCOLS

        names = self.names or (("simulators",) if self.simulators else NAMES)
        for name in names:
            if name not in _ALL:
                raise unknown("benchmark", name, _ALL)
        for suite in self.suites:
            if suite not in SUITES:
                raise unknown("suite", suite, SUITES)
        for suite in self.completions:
            if suite not in COMPLETIONS:
                raise unknown("suite of completion", suite, COMPLETIONS)
        for protocol in self.protocols:
            if protocol not in PROTOCOLS:
                raise unknown("protocol", protocol, PROTOCOLS)
        probes = self._probes_config()
        speeds = tuple(name for name in names if name in NAMES)
        if speeds:
            self._measure(speeds)
        if RECOGNITION in names:
            self._recognise()
        if COMPLETION in names:
            self._complete()
        if STUDY in names:
            self._study()
        if PROBES in names:
            self._probe(probes)
        print(f"all figures: {write_scoreboard(self.out)}")

    def _recognise(self) -> None:
        from activevision.commands.recognition import RAW, run_suite
        from activevision.commands.suites import SUITES
        from activevision.evaluation.results_file import write_results
        from activevision.files import atomic_write

        for name in self.suites:
            results = run_suite(name, SUITES[name], self.seeds, self.work / name, self.workers)
            write_results(results, self.out / SCORES / f"{name}.json")
            with atomic_write(self.out / SCORES / f"{name}.npz") as file:
                file.write((self.work / name / RAW).read_bytes())

    def _complete(self) -> None:
        from activevision.commands.completion import run_completion
        from activevision.commands.suites import COMPLETIONS
        from activevision.files import write_json

        for name in self.completions:
            work = self.work / f"completion-{name}"
            results = run_completion(name, COMPLETIONS[name], self.seeds, work, self.workers)
            write_json(self.out / SCORES / f"completion-{name}.json", results, indent=None)

    def _study(self) -> None:
        from activevision.commands.study import Study
        from activevision.files import read_json, write_json

        work = self.work / "study-equivariance"
        Study("equivariance", preset="all", workers=self.workers, out=work).run()
        write_json(self.out / SCORES / "study-equivariance.json", read_json(work / "study.json"), indent=None)

    def _probes_config(self) -> ProbesConfig:
        from activevision.evaluation.probing.benchmark import ProbesConfig
        from activevision.settings import changed

        config = changed(ProbesConfig(), self.settings, "setting of probes")
        return replace(config, objectives=self.objectives) if self.objectives else config

    def _probe(self, config: ProbesConfig) -> None:
        from activevision.commands.probes import run_probes
        from activevision.commands.world import WorldChoice
        from activevision.evaluation.probing.benchmark import FILMS
        from activevision.evaluation.probing.protocol import PROTOCOLS
        from activevision.files import write_json

        for name in self.protocols:
            protocol = PROTOCOLS[name]
            catalogue = WorldChoice(scenes=protocol.catalogue).catalogue()
            work, workers = self.work / f"probes-{name}", self.workers or cores()
            results = run_probes(protocol, FILMS[protocol.motion], config, catalogue, work, workers)
            write_json(self.out / SCORES / f"probes-{name}.json", results, indent=None)

    def _measure(self, names: tuple[str, ...]) -> None:
        from rich.console import Console
        from rich.table import Table

        from activevision.commands.data_speed import STEPS, compare_data, data_table
        from activevision.commands.simulator_speed import SCENES, compare, named_simulators, side_by_side
        from activevision.files import write_json
        from activevision.progress import progress

        simulators = named_simulators(self.simulators) if "simulators" in names else ()
        measures = {
            "render": self._render,
            "render_batch": self._render_batch,
            "grid_steps": self._grid_steps,
            "env_steps": self._env_steps,
            "pretrain_images": self._pretrain_images,
            "ppo_steps": self._ppo_steps,
        }
        rows: list[dict[str, Any]] = []
        in_steps = {"simulators": SCENES, "data": STEPS}
        steps = sum(in_steps.get(name, 1) for name in names)
        with progress("Measuring", steps, "steps") as advance:
            measures["simulators"] = lambda: compare(simulators, self.repeats, self.seed, advance)
            measures["data"] = lambda: compare_data(self.repeats, self.seed, advance)
            for name in names:
                rows += measures[name]()
                if name not in in_steps:
                    advance(1)
        write_json(self.out / SCORES / "benchmark.json", rows)
        note_run(self.out / SCORES, "benchmark", self)
        table = Table("name", "value", "unit", "settings", box=None)
        for row in rows:
            if row["name"] in in_steps:
                continue
            settings = ", ".join(f"{key} {value}" for key, value in row["settings"].items())
            table.add_row(row["name"], f"{row['value']:,.0f}", row["unit"], settings)
        if table.row_count:
            Console().print(table)
        if "data" in names:
            Console().print(data_table([row for row in rows if row["name"] == "data"]))
        if simulators:
            Console().print(side_by_side([row for row in rows if row["name"] == "simulators"]))

    def _rate(self, work: Callable[[], int], cores: int) -> float:
        """Median over the repeats of what ``work`` returns per second of it; on one core, of processor time.

        So whoever else is on the machine counts for little.
        """
        import statistics

        clock = time.process_time if _clock(cores) == "processor" else time.perf_counter

        rates = []
        for repeat in range(self.repeats + 1):
            start = clock()
            done = work()
            if repeat:
                rates.append(done / (clock() - start))
        return statistics.median(rates)

    def _render(self) -> list[dict[str, Any]]:
        return [
            self._rendering("render", 1, ("rgb",), 1, 1),
            self._rendering("render", 1, ("rgb", "depth", "instance"), 1, 1),
        ]

    def _render_batch(self) -> list[dict[str, Any]]:
        return [
            self._rendering("render_batch", 256, ("rgb",), 1, 1),
            self._rendering("render_batch", 256, ("rgb", "depth", "instance"), 1, 1),
            self._rendering("render_batch", 256, ("rgb",), 2, 1),
            self._rendering("render_batch", 256, ("rgb", "depth", "instance"), 1, cores()),
        ]

    def _rendering(self, name: str, batch: int, sensors: tuple[str, ...], samples: int, cores: int) -> dict[str, Any]:
        """Frames per second from inside a textured room, so that every pixel is hit and textured."""
        import numpy as np

        from activevision.camera import Camera
        from activevision.geometry import look_at
        from activevision.simulators.embree_simulator import EmbreeSimulator

        scene = textured_room()
        simulator = EmbreeSimulator([scene], samples=samples, threads=cores)
        generator = np.random.default_rng(self.seed)
        eyes = generator.uniform([-1.5, 0.8, -1.5], [1.5, 2.0, 1.5], (256, 3))
        poses = look_at(eyes, generator.uniform([-2, 0, -2], [2, 2.5, 2], (256, 3)))
        camera = Camera(_SIDE, _SIDE, 90.0)

        def work() -> int:
            for start in range(0, len(poses), batch):
                simulator.render(np.zeros(batch, np.int64), poses[start : start + batch], camera, sensors)
            return len(poses)

        rate = self._rate(work, cores)
        simulator.close()
        settings = {"resolution": [_SIDE, _SIDE], "triangles": scene.triangles, "modalities": list(sensors),
                    "batch": batch, "cores": cores, "samples": samples, "clock": _clock(cores)}  # fmt: skip
        return {"name": name, "value": round(rate, 1), "unit": "frames/s", "settings": settings}

    def _grid_steps(self) -> list[dict[str, Any]]:
        import numpy as np

        env = _vector_env(64, "NextStep")
        env.reset(seed=self.seed)
        motions = np.random.default_rng(self.seed).integers(env.single_action_space.n, size=(400, 64))

        def work() -> int:
            for motion in motions:
                env.step(motion)
            return motions.size

        settings = {"environments": 64, "batch": 64, "resolution": [_SIDE, _SIDE], "modalities": ["rgb"], "cores": 1,
                    "views": "cached", "clock": _clock(1)}  # fmt: skip
        return [{"name": "grid_steps", "value": round(self._rate(work, 1)), "unit": "steps/s", "settings": settings}]

    def _env_steps(self) -> list[dict[str, Any]]:
        import gymnasium

        from activevision.envs.registration import ACTIVE_OBJECT

        rows = []
        for motion, steps in (("grid", 4000), ("continuous", 400)):
            env = gymnasium.make(ACTIVE_OBJECT, catalogue=_catalogue(), action=motion)
            env.reset(seed=self.seed)
            env.action_space.seed(self.seed)

            def work(env: Any = env, steps: int = steps) -> int:
                for _ in range(steps):
                    _, _, terminated, _, _ = env.step(env.action_space.sample())
                    if terminated:
                        env.reset()
                return steps

            settings = {"environments": 1, "batch": 1, "motion": motion, "resolution": [_SIDE, _SIDE],
                        "modalities": ["rgb"], "cores": 1, "clock": _clock(1)}  # fmt: skip
            rate = round(self._rate(work, 1))
            rows.append({"name": "env_steps", "value": rate, "unit": "steps/s", "settings": settings})
        return rows

    def _pretrain_images(self) -> list[dict[str, Any]]:
        import tempfile

        import numpy as np

        from activevision.encoders.config import PretrainConfig
        from activevision.encoders.pretrain import pretrain
        from activevision.protocol import LOOK_AROUND
        from activevision.rollouts.dataset import WindowDataset

        generator = np.random.default_rng(self.seed)
        episodes, views = 1024, LOOK_AROUND.views
        twists = LOOK_AROUND.twists.reshape(-1, 6)
        dataset = WindowDataset.of_episodes(
            frames=generator.integers(0, 256, (episodes, views, _SIDE, _SIDE, 3), np.uint8),
            twists=twists[generator.integers(len(twists), size=(episodes, views - 1))],
            labels=generator.integers(10, size=episodes),
            scenes=np.array([f"{i}" for i in range(episodes)]),
            classes=tuple("abcdefghij"),
        )
        config = PretrainConfig(epochs=1, seed=self.seed)
        rates = []
        for _ in range(self.repeats + 1):
            with tempfile.TemporaryDirectory() as folder:
                rates.append(pretrain(config, dataset, Path(folder)).images_per_second)
        settings = {"backbone": config.backbone, "objective": config.objective, "batch": config.batch_size,
                    "resolution": [_SIDE, _SIDE], "cores": cores()}  # fmt: skip
        rate = float(np.median(rates[1:]))
        return [{"name": "pretrain_images", "value": round(rate), "unit": "images/s", "settings": settings}]

    def _ppo_steps(self) -> list[dict[str, Any]]:
        import numpy as np

        from activevision.agents.belief_env import BeliefVectorEnv
        from activevision.agents.config import AgentConfig, PPOConfig
        from activevision.agents.evidence import EvidenceTable
        from activevision.agents.fusion import MeanPosterior
        from activevision.agents.policies.ppo import PPOPolicy

        config = PPOConfig(steps=24 * 64 * 8, warm_up=0)
        env = _vector_env(AgentConfig.environments)
        base: Any = env.unwrapped
        generator = np.random.default_rng(self.seed)
        shape = (len(base.entries), *base.protocol.grid_shape)
        scores = np.log(generator.dirichlet(np.ones(len(base.classes)), shape)).astype(np.float32)
        features = generator.normal(size=(*shape, 128)).astype(np.float32)
        table = EvidenceTable(tuple(base.classes), scores, features, np.zeros(shape[0], np.int64))
        beliefs = BeliefVectorEnv(env, table, MeanPosterior(len(base.classes)))

        def work() -> int:
            PPOPolicy.train(beliefs, config, self.seed)
            return config.steps

        settings = {"environments": env.num_envs, "batch": config.batch_size, "epochs": config.epochs,
                    "layers": list(config.layers), "cores": 1, "clock": _clock(1),
                    "includes": "rollouts and updates"}  # fmt: skip
        rate = round(self._rate(work, 1))  # PPO keeps to one core
        return [{"name": "ppo_steps", "value": rate, "unit": "steps/s", "settings": settings}]


def _clock(cores: int) -> str:
    """What the seconds are of."""
    return "processor" if cores == 1 else "wall"


def textured_room() -> Scene:
    """A room of 20,480 triangles with a texture on every one: a box with bumpy walls, ceiling and floor."""
    import numpy as np

    from activevision.scenes import Instance, Material, Mesh, Scene

    generator = np.random.default_rng(0)
    side, cells = 4.0, 41
    a, b = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 1, cells + 1), np.linspace(0, 1, cells + 1)))
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    quads = np.stack([corner, corner + 1, corner + cells + 2, corner + cells + 1], axis=1)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    meshes, instances = [], []
    for number in range(6):
        axis, far = number // 2, number % 2
        points = np.zeros((len(a), 3))
        points[:, axis] = far + generator.normal(0, 0.004, len(a))
        points[:, (axis + 1) % 3], points[:, (axis + 2) % 3] = a, b
        points = (points - [0.5, 0.0, 0.5]) * [side, 2.6, side]
        texture = generator.integers(60, 220, (256, 256, 3), np.uint8)
        uv = np.stack([a, b], axis=1).astype(np.float32) * 3
        meshes.append(Mesh(points.astype(np.float32), faces, uv, None, Material(texture=texture), number + 1))
        instances.append(Instance(number + 1, "wall", 1))
    return Scene("room", "room", tuple(meshes), tuple(instances), "generated", "MIT", "activevision")


def _catalogue() -> Catalogue:
    from activevision.scenes import get_catalogue

    return get_catalogue("procedural", per_class=6)


def _vector_env(environments: int, autoreset_mode: str = "Disabled") -> Any:
    from activevision.commands.world import World
    from activevision.envs.registration import ACTIVE_OBJECT
    from activevision.protocol import LOOK_AROUND

    return World(ACTIVE_OBJECT, _catalogue(), LOOK_AROUND).make("train", environments, autoreset_mode)
