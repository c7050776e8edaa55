"""Clips per second from the cache and from shards, beside plain h5py and webdataset on the same frames."""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from activevision.machine import cores

if TYPE_CHECKING:
    import torch
    from rich.table import Table

    from activevision.rollouts.manifest import Manifest

LENGTH, SIDE = 8, 64  # frames of a clip, pixels of a frame's side
_EPISODES, _VIEWS = 1024, 16
_BATCH = 64
_SECONDS = 0.5  # at least, for each measurement
STEPS = 2  # that ``compare_data`` tells of


@dataclass(frozen=True)
class Reader:
    """A way to have all clips once. stored: as what. megabytes: on disk. pass_: gives batches (B, T, 3, H, W) uint8."""

    name: str
    access: str
    stored: str
    megabytes: float
    processes: int
    threads: int
    pass_: Callable[[], Iterator[torch.Tensor]]


def compare_data(repeats: int, seed: int, advance: Callable[[int], None]) -> list[dict[str, Any]]:
    """Rows of benchmark.json: clips/s of every reader, for clips of 8 frames of 64 × 64 pixels that do not overlap.

    The frames are rendered: a camera that drifts through a furnished room. All readers give the same clips as torch
    tensors of batches of 64, at random places or in any order that suits the format (streaming); decoding PNG is
    OpenCV's work in all of them. What activevision reads comes with twists and labels. Readers take turns, ``repeats``
    times after one that is not counted and that leaves all files in memory. Noted are medians and quartiles, by the
    clock on the wall over passes in which worker processes begin and end, and for each second of processor time, all
    threads and workers together, in which others on the machine do not count. A reader whose package is missing is left
    out, and that is printed.
    """
    with tempfile.TemporaryDirectory() as name, _cache_in(Path(name) / "cache"):
        folder = Path(name)
        manifest = write_clips(folder / "shards", _EPISODES, _VIEWS, seed)
        advance(1)
        readers = make_readers(folder, manifest, seed)
        rates: list[list[tuple[float, float]]] = [[] for _ in readers]
        for _ in range(repeats + 1):
            for reader, measured in zip(readers, rates, strict=True):
                measured.append(_rate(reader))
        advance(1)
    return [_row(reader, measured[1:]) for reader, measured in zip(readers, rates, strict=True)]


def data_table(rows: list[dict[str, Any]]) -> Table:
    """What ``compare_data`` gave, a line for each reader."""
    from rich.table import Table

    table = Table("reader", "access", "stored", "MB", "processes × threads", "clips/s", "quartiles", box=None)
    table.add_column("clips/s of processor")
    for row in rows:
        s = row["settings"]
        low, high = s["quartiles"]
        table.add_row(
            s["reader"],
            s["access"],
            s["stored"],
            f"{s['megabytes']:,.0f}",
            f"{s['processes']} × {s['threads']}",
            f"{row['value']:,.0f}",
            f"{low:,.0f} – {high:,.0f}",
            f"{s['per_processor_second']:,.0f}",
        )
    return table


def write_clips(folder: Path, episodes: int, views: int, seed: int, per_shard: int = 64) -> Manifest:
    """A data set of so many episodes of a camera that drifts through a furnished room."""
    from activevision.camera import Camera
    from activevision.commands.simulator_speed import furnished_room
    from activevision.geometry import exp_se3, look_at
    from activevision.progress import progress
    from activevision.rollouts.manifest import Manifest, Source
    from activevision.rollouts.rollout import Rollout
    from activevision.rollouts.shards import shard_name, write_shard
    from activevision.rollouts.storage import Storage
    from activevision.simulators.embree_simulator import UNLIT, EmbreeSimulator

    generator = np.random.default_rng(seed)
    simulator = EmbreeSimulator([furnished_room(16)], samples=1, lighting=UNLIT, threads=1)
    camera = Camera(SIDE, SIDE, 90.0)
    storage = Storage(folder)

    def rollout(number: int) -> Rollout:
        pose = [
            look_at(generator.uniform([-1.2, 0.9, -1.2], [1.2, 1.7, 1.2]), generator.uniform([-2, 0, -2], [2, 2, 2]))
        ]
        drift = generator.normal(0, [0.01] * 3 + [0.04] * 3)
        for _ in range(views - 1):
            pose.append(pose[-1] @ exp_se3(drift))
        poses = np.stack(pose)
        rgb = simulator.render(np.zeros(views, np.int64), poses, camera, ("rgb",))["rgb"]
        twists = np.tile(drift, (views - 1, 1))
        return Rollout(
            spec={}, seed=number, scene_id="room", scene_key="room", label="room", protocol={},
            intrinsics=camera.intrinsics(), time=np.arange(views) / 10, rgb=rgb, pose=poses, motion=twists,
            commanded=exp_se3(twists), collided=np.zeros(views - 1, bool),
        )  # fmt: skip

    shards = []
    with progress("Rendering clips to read", episodes * views, "frames") as advance:
        for index, start in enumerate(range(0, episodes, per_shard)):
            rollouts = []
            for number in range(start, min(start + per_shard, episodes)):
                rollouts.append(rollout(number))
                advance(views)
            shards.append(write_shard(storage, shard_name(index), start, rollouts))
    simulator.close()
    manifest = Manifest({"classes": ["room"]}, Source("a room", "train", "MIT", "activevision"), episodes)
    manifest = manifest.with_shards(tuple(shards))
    manifest.write(storage)
    return manifest


def make_readers(folder: Path, manifest: Manifest, seed: int) -> list[Reader]:
    """All readers of the clips in the data set ``folder / "shards"``; other formats are written beside it."""
    readers = _ours(folder / "shards", manifest, seed)
    for package, make in (("h5py", _h5py), ("webdataset", _webdataset)):
        try:
            readers += make(folder, manifest, seed)
        except ImportError:
            print(f"without {package} in the comparison: pip install 'activevision[benchmark]'")
    return readers


def _ours(shards: Path, manifest: Manifest, seed: int) -> list[Reader]:
    import torch
    from torch.utils.data import DataLoader

    from activevision.rollouts.dataset import WindowDataset
    from activevision.rollouts.shards import read_index, stored_episode
    from activevision.rollouts.storage import Storage
    from activevision.rollouts.stream import ClipStream
    from activevision.rollouts.windows import Windows

    windows = Windows(LENGTH, stride=LENGTH)
    dataset = WindowDataset.load(shards, windows)
    raw, png = _megabytes(dataset.store.folder / "rgb.npy"), _megabytes(*shards.glob("*.tar"))  # type: ignore[attr-defined]
    storage = Storage(shards)
    places = [(shard, episode, start) for shard in manifest.shards for episode in read_index(storage, shard)
              for start in range(0, episode.views - LENGTH + 1, LENGTH)]  # fmt: skip

    def cached(generator: Callable[[], np.random.Generator | None]) -> Iterator[torch.Tensor]:
        return (batch.frames for batch in dataset.batches(_BATCH, generator()))

    def loaded() -> Iterator[torch.Tensor]:
        return (batch.frames for batch in DataLoader(dataset, _BATCH, shuffle=True))

    def by_index() -> Iterator[torch.Tensor]:
        order = np.random.default_rng(seed).permutation(len(places))
        for start in range(0, len(order), _BATCH):
            clips = []
            for item in order[start : start + _BATCH]:
                shard, episode, view = places[item]
                clips.append(stored_episode(storage, shard, episode).rgb(range(view, view + LENGTH)))
            yield torch.from_numpy(np.stack(clips)).permute(0, 1, 4, 2, 3)

    def streamed(workers: int) -> Iterator[torch.Tensor]:
        return (batch.frames for batch in ClipStream(shards, windows, seed=seed).batches(_BATCH, workers))

    both = cores()
    return [
        Reader("activevision cache", "random", "raw", raw, 1, 1, lambda: cached(lambda: np.random.default_rng(seed))),
        Reader("activevision cache", "streaming", "raw", raw, 1, 1, lambda: cached(lambda: None)),
        Reader("activevision cache, DataLoader", "random", "raw", raw, 1, 1, loaded),
        Reader("activevision shards", "random", "png", png, 1, 1, by_index),
        Reader("activevision shards", "streaming", "png", png, 1, both, lambda: streamed(0)),
        Reader("activevision shards", "streaming", "png", png, both, 1, lambda: streamed(both)),
    ]


def _h5py(folder: Path, manifest: Manifest, seed: int) -> list[Reader]:
    import h5py
    import torch

    from activevision.rollouts.shards import read_rollouts

    frames = np.concatenate([r.rgb[: len(r.rgb) // LENGTH * LENGTH] for r in read_rollouts(folder / "shards")])
    readers = []
    chunked = {"chunks": (LENGTH, *frames.shape[1:]), "compression": "gzip", "compression_opts": 1}
    for stored, settings in (("raw", {}), ("gzip", chunked)):
        path = folder / f"{stored}.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("rgb", data=frames, **settings)
        opened = h5py.File(path)["rgb"]

        def at_random(rgb: Any = opened) -> Iterator[torch.Tensor]:
            order = np.random.default_rng(seed).permutation(len(rgb) // LENGTH)
            for start in range(0, len(order), _BATCH):
                items = order[start : start + _BATCH]
                batch: np.ndarray = np.empty((len(items), LENGTH, *rgb.shape[1:]), np.uint8)
                for place, item in enumerate(items.tolist()):
                    rgb.read_direct(batch, np.s_[item * LENGTH : (item + 1) * LENGTH], np.s_[place])
                yield torch.from_numpy(batch).permute(0, 1, 4, 2, 3)

        def in_turn(rgb: Any = opened) -> Iterator[torch.Tensor]:
            for start in range(0, len(rgb), _BATCH * LENGTH):
                batch = rgb[start : start + _BATCH * LENGTH]
                yield torch.from_numpy(batch.reshape(-1, LENGTH, *rgb.shape[1:])).permute(0, 1, 4, 2, 3)

        readers += [
            Reader("h5py", "random", stored, _megabytes(path), 1, 1, at_random),
            Reader("h5py", "streaming", stored, _megabytes(path), 1, 1, in_turn),
        ]
    return readers


def _webdataset(folder: Path, manifest: Manifest, seed: int) -> list[Reader]:
    import webdataset
    from torch.utils.data import DataLoader

    urls = [str(folder / "shards" / shard.name) for shard in manifest.shards]

    def streamed(workers: int) -> Iterator[torch.Tensor]:
        pipeline = webdataset.WebDataset(urls, shardshuffle=False).compose(_clips).batched(_BATCH, _stacked)
        return iter(DataLoader(pipeline, batch_size=None, num_workers=workers))

    size, both = _megabytes(*(Path(url) for url in urls)), cores()
    return [
        Reader("webdataset", "streaming", "png", size, 1, 1, lambda: streamed(0)),
        Reader("webdataset", "streaming", "png", size, both, 1, lambda: streamed(both)),
    ]


def _clips(samples: Iterator[dict[str, Any]]) -> Iterator[np.ndarray]:
    """Clips (T, H, W, 3) of webdataset's samples, which are episodes."""
    import cv2

    for sample in samples:
        names = sorted(name for name in sample if name.startswith("rgb."))
        for start in range(0, len(names) - LENGTH + 1, LENGTH):
            encoded = (np.frombuffer(sample[name], np.uint8) for name in names[start : start + LENGTH])
            yield np.stack([np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)) for data in encoded])


def _stacked(clips: list[np.ndarray]) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.stack(clips)).permute(0, 1, 4, 2, 3)


def _rate(reader: Reader) -> tuple[float, float]:
    """Clips a second on the wall and of processor time."""
    clips, start, begun = 0, time.perf_counter(), _processor_seconds()
    while (spent := time.perf_counter() - start) < _SECONDS:
        clips += sum(len(batch) for batch in reader.pass_())
    return clips / spent, clips / (_processor_seconds() - begun)


def _processor_seconds() -> float:
    """Of this process and of its workers that have ended."""
    return time.process_time() + sum(os.times()[2:4])


def _row(reader: Reader, rates: list[tuple[float, float]]) -> dict[str, Any]:
    (value, quartiles), (per_second, processor) = (_spread(list(clock)) for clock in zip(*rates, strict=True))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    settings = {
        "reader": reader.name, "access": reader.access, "stored": reader.stored,
        "megabytes": round(reader.megabytes, 1), "processes": reader.processes, "threads": reader.threads,
        "clip": [LENGTH, SIDE, SIDE, 3], "batch": _BATCH, "cores": cores(), "clock": "wall", "load": round(load, 1),
        "quartiles": quartiles, "per_processor_second": per_second, "per_processor_second_quartiles": processor,
    }  # fmt: skip
    return {"name": "data", "value": value, "unit": "clips/s", "settings": settings}


def _spread(rates: list[float]) -> tuple[float, list[float]]:
    """Median and quartiles."""
    low, _, high = statistics.quantiles(rates, n=4, method="inclusive") if len(rates) > 1 else rates * 3
    return round(statistics.median(rates), 1), [round(low, 1), round(high, 1)]


def _megabytes(*paths: Path) -> float:
    return sum(path.stat().st_size for path in paths) / 1e6


@contextlib.contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Keep what the benchmark caches out of the user's cache."""
    name = "ACTIVEVISION_CACHE"
    before = os.environ.get(name)
    os.environ[name] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
