"""Claims of the exports: other libraries read back the same poses, motions and frames, in the form they publish."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import gymnasium as gym
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from activevision.errors import UserError
from activevision.geometry import log_se3, orbit_pose
from activevision.rollouts.exporters import EXPORTERS, export, get_exporter
from activevision.rollouts.exporters.statistics import ImageStatistics, of_vectors
from activevision.rollouts.manifest import Manifest, Source
from activevision.rollouts.readers import get_reader, read_rollouts
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import write_shard
from activevision.rollouts.storage import Storage

SOURCE = Source("rooms", "train", "CC BY 4.0", "A. Builder")
WORLD_Y_DOWN = np.diag([1.0, -1.0, -1.0, 1.0])
CAMERA_Y_DOWN = WORLD_Y_DOWN
Z_UP_FROM_Y_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def rollout(seed: int, views: int = 5, height: int = 24, width: int = 32) -> Rollout:
    generator = np.random.default_rng(seed)
    pose = orbit_pose(generator.uniform(-1, 1, views), generator.uniform(0, 6, views), generator.uniform(1, 2, views))
    commanded = orbit_pose(generator.uniform(-1, 1, views - 1), 0.1, 1.0)
    rows = np.linspace(0, 150, height)[:, None, None] + generator.uniform(0, 50, 3)
    smooth = np.round(rows + np.linspace(0, 5 * views, views)[:, None, None, None] + np.zeros((1, 1, width, 1)))
    return Rollout(
        spec={"id": "Nowhere/Turning-v0", "kwargs": {}},
        seed=2**62 + seed,
        scene_id=f"room/{seed}",
        scene_key="0123",
        label=("kitchen", "hall")[seed % 2],
        protocol={"name": "test"},
        intrinsics=np.array([[30.1, 0, 16.3], [0, 31.7, 12.9], [0, 0, 1]]),
        rgb=smooth.astype(np.uint8),
        pose=pose,
        motion=log_se3(commanded),
        commanded=commanded,
        collided=generator.random(views - 1) < 0.5,
        time=np.cumsum(generator.uniform(0.09, 0.11, views)) - 0.09,
        sensors={"depth": generator.uniform(0.1, 9, (views, height, width)).astype(np.float32)},
        pairs={"flow_forward": np.zeros((views - 1, height, width, 2), np.float32)},
    )


Make = Callable[..., tuple[Path, list[Rollout]]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(*rollouts: Rollout) -> tuple[Path, list[Rollout]]:
        folder = tmp_path / "rollouts"
        shard = write_shard(Storage(folder), "shard-000000.tar", 0, rollouts)
        settings = {"classes": ["hall", "kitchen"], "policy": "random"}
        Manifest(settings, SOURCE, len(rollouts), (shard,)).write(folder)
        return folder, list(rollouts)

    return write


def started(item: Rollout) -> Rollout:
    """With times as readers give them, from the first view on."""
    return replace(item, time=item.time - item.time[0])


@pytest.mark.parametrize("form", ["kitti", "tum"])
def test_kitti_and_tum_come_back_through_our_readers(make: Make, tmp_path: Path, form: str) -> None:
    folder, rollouts = make(rollout(0), rollout(1, 3), rollout(2))
    left_out = export(folder, get_exporter(form), tmp_path / "out")
    assert left_out == (("depth", "flow_forward") if form == "kitti" else ("flow_forward",))
    read = list(read_rollouts(get_reader(form, tmp_path / "out"), jump=10))
    assert len(read) == 3
    for ours, theirs in zip(rollouts, read, strict=True):
        np.testing.assert_allclose(theirs.pose, ours.pose, atol=1e-9)
        np.testing.assert_allclose(theirs.intrinsics, ours.intrinsics, atol=1e-9)
        np.testing.assert_allclose(theirs.time, started(ours).time, atol=1e-9)
        np.testing.assert_array_equal(theirs.rgb, ours.rgb)


def test_kitti_files_hold_what_the_development_kit_says(make: Make, tmp_path: Path) -> None:
    folder, (ours, *_) = make(rollout(0), rollout(1))
    export(folder, get_exporter("kitti"), tmp_path / "out")
    poses = np.loadtxt(tmp_path / "out/poses/00.txt").reshape(-1, 3, 4)
    expected = WORLD_Y_DOWN @ ours.pose @ CAMERA_Y_DOWN
    np.testing.assert_allclose(poses, expected[:, :3], atol=1e-9)
    sequence = tmp_path / "out/sequences/00"
    lines = dict(line.split(": ") for line in (sequence / "calib.txt").read_text().splitlines())
    assert list(lines) == ["P0", "P1", "P2", "P3", "Tr"]
    # a point of the world falls on the pixel that the published formula gives, counted from the first pixel's middle
    projection = np.array(lines["P2"].split(), float).reshape(3, 4)
    point = np.array([0.1, 0.2, -0.1, 1.0])
    u, v, w = projection @ np.linalg.inv(expected[1]) @ WORLD_Y_DOWN @ point
    x, y, z = (np.linalg.inv(ours.pose[1]) @ point)[:3]
    pixel = ours.intrinsics @ [x / -z, y / z, 1]
    np.testing.assert_allclose([u / w + 0.5, v / w + 0.5], pixel[:2], atol=1e-9)
    np.testing.assert_allclose(np.loadtxt(sequence / "times.txt"), ours.time, atol=1e-12)
    image = cv2.imread(str(sequence / "image_2/000003.png"))
    np.testing.assert_array_equal(image[..., ::-1], ours.rgb[3])


def test_tum_files_hold_what_the_data_set_says(make: Make, tmp_path: Path) -> None:
    folder, (ours,) = make(rollout(0))
    far = ours.sensors["depth"].copy()
    far[0, 0, :2] = [20.0, 0.0]
    folder, (ours,) = make(replace(ours, sensors={"depth": far}))
    export(folder, get_exporter("tum"), tmp_path / "out")
    rows = np.loadtxt(tmp_path / "out/000000/groundtruth.txt")
    expected = Z_UP_FROM_Y_UP @ ours.pose @ CAMERA_Y_DOWN
    np.testing.assert_allclose(rows[:, 1:4], expected[:, :3, 3], atol=1e-9)
    np.testing.assert_allclose(Rotation.from_quat(rows[:, 4:]).as_matrix(), expected[:, :3, :3], atol=1e-9)
    (read,) = read_rollouts(get_reader("tum", tmp_path / "out/000000", depth=True))
    assert (read.sensors["depth"][0, 0, :2] == 0).all(), "farther than 16 bits reach, or nothing there"
    far[0, 0, 0] = 0
    np.testing.assert_allclose(read.sensors["depth"], far, atol=1.0001e-4)


def test_forms_for_pinhole_cameras_refuse_others(make: Make, tmp_path: Path) -> None:
    folder, _ = make(replace(rollout(0), camera="equirectangular"))
    for form in ("kitti", "tum"):
        with pytest.raises(UserError, match=r"pinhole cameras.* equirectangular"):
            export(folder, get_exporter(form), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rollouts"], "nothing half written is left"


def test_webdataset_decodes_frames_with_its_standard_decoders(make: Make, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    folder, rollouts = make(rollout(0), rollout(1, 3))
    assert export(folder, get_exporter("webdataset"), tmp_path / "out") == ("flow_forward",)
    samples = list(webdataset.WebDataset(str(tmp_path / "out/shard-000000.tar"), shardshuffle=False).decode("rgb8"))
    expected = [(item, t) for item in rollouts for t in range(item.views)]
    assert len(samples) == len(expected)
    for sample, (item, t) in zip(samples, expected, strict=True):
        np.testing.assert_array_equal(sample["png"], item.rgb[t])
        np.testing.assert_array_equal(sample["pose.npy"], item.pose[t])
        np.testing.assert_array_equal(sample["depth.npy"], item.sensors["depth"][t])
        assert sample["cls"] == ["hall", "kitchen"].index(item.label)
        about = sample["json"]
        assert (about["label"], about["scene_id"], about["view"]) == (item.label, item.scene_id, t)
        np.testing.assert_array_equal(about["intrinsics"], item.intrinsics)


def test_webdataset_clips(make: Make, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    folder, (first, second) = make(rollout(0, 5), rollout(1, 3))
    assert export(folder, get_exporter("webdataset", clip=2), tmp_path / "a") == ()
    samples = list(webdataset.WebDataset(str(tmp_path / "a/shard-000000.tar"), shardshuffle=False).decode("rgb8"))
    assert [sample["__key__"] for sample in samples] == ["000000_000000", "000000_000002", "000001_000000"]
    for sample, (item, start) in zip(samples, [(first, 0), (first, 2), (second, 0)], strict=True):
        np.testing.assert_array_equal([sample["000.png"], sample["001.png"]], item.rgb[start : start + 2])
        np.testing.assert_array_equal(sample["pose.npy"], item.pose[start : start + 2])
        np.testing.assert_allclose(sample["egomotion.npy"], item.egomotion[start : start + 1])
        assert sample["flow_forward.npy"].shape == (1, 24, 32, 2)
        np.testing.assert_allclose(sample["json"]["time"], item.time[start : start + 2])
    export(folder, get_exporter("webdataset", clip=2), tmp_path / "b")
    assert (tmp_path / "a/shard-000000.tar").read_bytes() == (tmp_path / "b/shard-000000.tar").read_bytes()
    with pytest.raises(UserError, match="--clip 9: no episode has as many views"):
        export(folder, get_exporter("webdataset", clip=9), tmp_path / "c")


class Turning(gym.Env):
    """As many motions as it is told."""

    observation_space = gym.spaces.Dict({"rgb": gym.spaces.Box(0, 255, (24, 32, 3), np.uint8)})

    def __init__(self, motions: int = 2):
        self.action_space = gym.spaces.Discrete(motions)


def minari_dataset(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch):
    minari = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(folder))
    return minari.load_dataset(name)


def check_minari(dataset, rollouts: list[Rollout]) -> None:
    """Lengths and spaces, as Minari's own tests check them of every dataset."""
    assert dataset.total_episodes == len(rollouts)
    assert dataset.total_steps == sum(item.views - 1 for item in rollouts)
    episodes = dataset.iterate_episodes()
    for number, (episode, item) in enumerate(zip(episodes, rollouts, strict=True)):
        steps = item.views - 1
        assert (episode.id, len(episode)) == (number, steps)
        assert len(episode.observations["rgb"]) == steps + 1
        for values in (episode.actions, episode.rewards, episode.terminations, episode.truncations):
            assert len(values) == steps
        assert list(episode.truncations) == [False] * (steps - 1) + [True]
        assert not episode.terminations.any()
        for t in range(steps + 1):
            view = {name: values[t] for name, values in episode.observations.items()}
            assert dataset.observation_space.contains(view)
        assert all(dataset.action_space.contains(action) for action in episode.actions)
        np.testing.assert_array_equal(episode.observations["rgb"], item.rgb)
        np.testing.assert_array_equal(episode.actions, item.motion)
        np.testing.assert_array_equal(episode.infos["pose"], item.pose)
        np.testing.assert_array_equal(episode.infos["time"], item.time)
        np.testing.assert_array_equal(episode.infos["commanded"][1:], item.commanded)
        np.testing.assert_allclose(
            episode.infos["pose"][:-1] @ episode.infos["egomotion"][1:], item.pose[1:], atol=1e-9
        )
        np.testing.assert_array_equal(episode.infos["collided"], [False, *item.collided])


def test_minari_loads_by_name_what_was_recorded(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, rollouts = make(rollout(0), rollout(1, 3))
    pytest.importorskip("minari")
    assert export(folder, get_exporter("minari", id="rooms-v3"), tmp_path / "sets/rooms-v3") == ("flow_forward",)
    dataset = minari_dataset(tmp_path / "sets", "rooms-v3", monkeypatch)
    check_minari(dataset, rollouts)
    assert dataset.action_space.shape == (6,)
    np.testing.assert_array_equal(dataset[0].observations["depth"], rollouts[0].sensors["depth"])
    metadata = list(dataset.storage.get_episode_metadata([0, 1]))
    assert [(m["label"], m["scene_id"], m["seed"]) for m in metadata] == [
        (item.label, item.scene_id, item.seed) for item in rollouts
    ]
    np.testing.assert_array_equal(metadata[0]["intrinsics"], rollouts[0].intrinsics)
    assert dataset.storage.metadata["author"] == {"A. Builder"}
    assert "CC BY 4.0" in dataset.storage.metadata["description"]


def test_minari_has_the_environments_action_space_and_can_make_it_again(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("minari")
    spec = gym.envs.registration.EnvSpec("Turning-v0", entry_point=f"{__name__}:Turning")
    monkeypatch.setitem(gym.registry, "Turning-v0", spec)
    spec = {"id": "Turning-v0", "kwargs": {"motions": 9}}
    items = [replace(rollout(i), spec=spec, motion=np.arange(4) + i, sensors={}, pairs={}) for i in range(2)]
    folder, rollouts = make(*items)
    export(folder, get_exporter("minari", id="turning-v0"), tmp_path / "turning-v0")
    dataset = minari_dataset(tmp_path, "turning-v0", monkeypatch)
    check_minari(dataset, rollouts)
    assert dataset.action_space == gym.spaces.Discrete(9)
    assert dataset.recover_environment().action_space == gym.spaces.Discrete(9)


def test_minari_refuses_what_has_no_one_space(make: Make, tmp_path: Path) -> None:
    pytest.importorskip("minari")
    folder, _ = make(rollout(0), rollout(1, height=20))
    with pytest.raises(UserError, match="views of several shapes"):
        export(folder, get_exporter("minari"), tmp_path / "out")
    folder, _ = make(replace(rollout(0), motion=np.arange(4)))
    with pytest.raises(UserError, match="'Nowhere/Turning-v0' of these rollouts is not registered"):
        export(folder, get_exporter("minari"), tmp_path / "out")
    with pytest.raises(UserError, match=r"--id 'rooms': a Minari dataset is named like rooms-v0"):
        get_exporter("minari", id="rooms")


@pytest.fixture
def lerobot(make: Make, tmp_path: Path) -> tuple[Path, list[Rollout]]:
    pytest.importorskip("av")
    folder, rollouts = make(rollout(0), rollout(1, 3), rollout(2, 7))
    assert export(folder, get_exporter("lerobot", task="find the fridge"), tmp_path / "out") == (
        "depth",
        "flow_forward",
    )
    return tmp_path / "out", rollouts


def test_lerobot_info_is_of_the_published_schema(lerobot: tuple[Path, list[Rollout]]) -> None:
    out, _ = lerobot
    info = json.loads((out / "meta/info.json").read_text())
    # the fields of DatasetInfo, its default path templates, and DEFAULT_FEATURES of the lerobot package
    assert info["codebase_version"] == "v3.0"
    assert info["data_path"] == "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
    assert info["video_path"] == "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
    assert (info["fps"], info["total_episodes"], info["total_frames"], info["total_tasks"]) == (10, 3, 15, 1)
    assert info["splits"] == {"train": "0:3"}
    assert {"chunks_size", "data_files_size_in_mb", "video_files_size_in_mb", "robot_type"} <= set(info)
    defaults = {"timestamp": "float32"} | dict.fromkeys(
        ("frame_index", "episode_index", "index", "task_index"), "int64"
    )
    for name, dtype in defaults.items():
        assert info["features"][name] == {"dtype": dtype, "shape": [1], "names": None}
    video = info["features"]["observation.images.rgb"]
    assert (video["dtype"], video["shape"], video["names"]) == ("video", [24, 32, 3], ["height", "width", "channels"])
    for name in ("observation.state", "action"):
        feature = info["features"][name]
        assert len(feature["names"]) == feature["shape"][0]
        assert "/" not in name


def test_lerobot_rows_are_the_rollouts(lerobot: tuple[Path, list[Rollout]]) -> None:
    import pyarrow.parquet as pq

    out, rollouts = lerobot
    rows = pq.read_table(out / "data/chunk-000/file-000.parquet").to_pydict()
    state = np.array(rows["observation.state"])
    expected = np.concatenate([item.pose for item in rollouts])
    np.testing.assert_allclose(state[:, :3], expected[:, :3, 3], atol=1e-9)
    np.testing.assert_allclose(Rotation.from_quat(state[:, 3:]).as_matrix(), expected[:, :3, :3], atol=1e-9)
    lengths = [item.views for item in rollouts]
    actions = np.split(np.array(rows["action"]), np.cumsum(lengths)[:-1])
    for action, item in zip(actions, rollouts, strict=True):
        np.testing.assert_allclose(action[:-1], log_se3(item.commanded), atol=1e-9)
        np.testing.assert_array_equal(action[-1], 0)
    np.testing.assert_array_equal(rows["index"], np.arange(15))
    np.testing.assert_array_equal(rows["episode_index"], np.repeat(range(3), lengths))
    np.testing.assert_array_equal(rows["frame_index"], np.concatenate([np.arange(n) for n in lengths]))
    np.testing.assert_allclose(rows["timestamp"], np.array(rows["frame_index"]) / 10, atol=1e-6)
    np.testing.assert_array_equal(rows["observation.time"], np.concatenate([item.time for item in rollouts]))
    assert pq.ParquetFile(out / "data/chunk-000/file-000.parquet").num_row_groups == 3, "an episode a row group"


def test_lerobot_frames_are_found_by_episode_and_timestamp(lerobot: tuple[Path, list[Rollout]]) -> None:
    """The look-up of LeRobot's own reader: from_timestamp + timestamp, to within its 0.1 ms."""
    import av
    import pyarrow.parquet as pq

    out, rollouts = lerobot
    episodes = pq.read_table(out / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    start = 0
    for number, (episode, item) in enumerate(zip(episodes, rollouts, strict=True)):
        assert (episode["episode_index"], episode["length"]) == (number, item.views)
        assert (episode["dataset_from_index"], episode["dataset_to_index"]) == (start, start + item.views)
        assert episode["tasks"] == ["find the fridge"]
        assert (episode["label"], episode["scene_id"], episode["seed"]) == (item.label, item.scene_id, item.seed)
        np.testing.assert_array_equal(np.reshape(episode["intrinsics"], (3, 3)), item.intrinsics)
        start += item.views
        key = "videos/observation.images.rgb"
        place = {name: episode[f"{key}/{name}"] for name in ("chunk_index", "file_index")}
        path = out / key / "chunk-{chunk_index:03d}/file-{file_index:03d}.mp4".format(**place)
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert (stream.height, stream.width, stream.pix_fmt, float(stream.average_rate)) == (24, 32, "yuv420p", 10)
            frames = {float(f.pts * stream.time_base): f.to_ndarray(format="rgb24") for f in container.decode(stream)}
        for t in range(item.views):
            wanted = episode[f"{key}/from_timestamp"] + t / 10
            nearest = min(frames, key=lambda time: abs(time - wanted))
            assert abs(nearest - wanted) < 1e-4
            difference = np.abs(frames[nearest].astype(int) - item.rgb[t])
            assert difference.mean() < 2, "the frame of this view, but for what H.264 loses"
        np.testing.assert_allclose(episode[f"{key}/to_timestamp"], episode[f"{key}/from_timestamp"] + item.views / 10)


def test_lerobot_tasks_have_the_index_that_pandas_restores(lerobot: tuple[Path, list[Rollout]]) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(lerobot[0] / "meta/tasks.parquet")
    assert table.to_pydict() == {"task_index": [0], "task": ["find the fridge"]}
    assert json.loads(table.schema.metadata[b"pandas"])["index_columns"] == ["task"]


def test_lerobot_statistics(lerobot: tuple[Path, list[Rollout]]) -> None:
    import pyarrow.parquet as pq

    out, rollouts = lerobot
    stats = json.loads((out / "meta/stats.json").read_text())
    info = json.loads((out / "meta/info.json").read_text())
    assert stats.keys() == info["features"].keys()
    images = np.concatenate([item.rgb for item in rollouts]) / 255
    found = stats["observation.images.rgb"]
    for name, expected in (
        ("mean", images.mean((0, 1, 2))),
        ("std", images.std((0, 1, 2))),
        ("min", images.min((0, 1, 2))),
    ):
        assert np.shape(found[name]) == (3, 1, 1)
        np.testing.assert_allclose(np.ravel(found[name]), expected, atol=1e-9)
    assert found["count"] == [15]
    times = np.concatenate([item.time for item in rollouts])
    np.testing.assert_allclose(stats["observation.time"]["q90"], [np.quantile(times, 0.9)])
    (first, *_) = pq.read_table(out / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    for feature in info["features"]:
        for name in ("min", "max", "mean", "std", "count", "q01", "q10", "q50", "q90", "q99"):
            assert first[f"stats/{feature}/{name}"] is not None
    np.testing.assert_allclose(first["stats/observation.time/max"], [rollouts[0].time[-1]])


def test_image_statistics_are_those_of_all_pixels() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 9, 7, 3), dtype=np.uint8)
    images[..., 1] //= 3
    counted, rest = ImageStatistics(), ImageStatistics()
    counted.add(images[:1])
    rest.add(images[1:])
    counted.merge(rest)
    pixels = images.reshape(-1, 3) / 255
    expected = of_vectors(pixels)
    for name, value in counted.result().items():
        if name == "count":
            assert value == [4]
        elif name.startswith("q"):
            lower = np.quantile(pixels, int(name[1:]) / 100, axis=0, method="inverted_cdf")
            np.testing.assert_allclose(np.ravel(value), lower)
        else:
            np.testing.assert_allclose(np.ravel(value), expected[name], atol=1e-12)


def test_lerobot_begins_new_files_when_they_are_full(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("av")
    import pyarrow.parquet as pq

    from activevision.rollouts.exporters import lerobot

    monkeypatch.setattr(lerobot, "_DATA_MB", 1e-6)
    monkeypatch.setattr(lerobot, "_VIDEO_MB", 1e-6)
    monkeypatch.setattr(lerobot, "_FILES_PER_CHUNK", 2)
    folder, rollouts = make(rollout(0, 4, 23, 31), rollout(1, 3, 23, 31), rollout(2, 5, 23, 31))
    export(folder, get_exporter("lerobot", fps=25), tmp_path / "out")
    places = [(0, 0), (0, 1), (1, 0)]
    for episode, (chunk, file), item in zip(
        pq.read_table(tmp_path / "out/meta/episodes/chunk-000/file-000.parquet").to_pylist(),
        places,
        rollouts,
        strict=True,
    ):
        assert (episode["data/chunk_index"], episode["data/file_index"]) == (chunk, file)
        key = "videos/observation.images.rgb"
        assert (episode[f"{key}/chunk_index"], episode[f"{key}/file_index"]) == (chunk, file)
        assert episode[f"{key}/from_timestamp"] == 0
        assert (tmp_path / "out" / key / f"chunk-{chunk:03d}/file-{file:03d}.mp4").exists()
        data = pq.read_table(tmp_path / "out" / f"data/chunk-{chunk:03d}/file-{file:03d}.parquet")
        assert data.num_rows == item.views
    info = json.loads((tmp_path / "out/meta/info.json").read_text())
    assert info["features"]["observation.images.rgb"]["info"]["video.pix_fmt"] == "yuv444p", "odd sizes"
    with pytest.raises(UserError, match="frames of one size"):
        export(make(rollout(0), rollout(1, width=40))[0], get_exporter("lerobot"), tmp_path / "other")


@pytest.mark.parametrize("form", EXPORTERS)
def test_an_export_is_whole_or_absent_and_says_whose_it_is(make: Make, tmp_path: Path, form: str) -> None:
    if form in ("minari", "webdataset", "lerobot"):
        pytest.importorskip({"lerobot": "av"}.get(form, form))
    folder, _ = make(rollout(0), rollout(1, 3))
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part/leftover").write_text("of an export that was killed")
    export(folder, get_exporter(form), out)
    source = json.loads((out / "SOURCE.json").read_text())
    assert (source["licence"], source["credit"], source["catalogue"]) == ("CC BY 4.0", "A. Builder", "rooms")
    assert not (out / "leftover").exists()
    before = sorted(os.walk(out))
    with pytest.raises(UserError, match="is not empty"):
        export(folder, get_exporter(form), out)
    assert sorted(os.walk(out)) == before
    shard = folder / "shard-000000.tar"
    shard.write_bytes(shard.read_bytes()[:-9000])
    with pytest.raises(UserError, match=r"shard-000000\.tar"):
        export(folder, get_exporter(form), tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "rollouts"]


def test_what_does_not_exist_is_named() -> None:
    with pytest.raises(UserError, match="unknown form to export to 'lerobt': did you mean 'lerobot'"):
        get_exporter("lerobt")
    with pytest.raises(UserError, match="--clip does not apply to exporting to 'kitti'"):
        get_exporter("kitti", clip=3)


@pytest.mark.parametrize(("form", "package"), [("lerobot", "av"), ("minari", "minari"), ("webdataset", "webdataset")])
def test_a_missing_package_is_named_before_anything_is_written(
    form: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.import_module", _without(package))
    with pytest.raises(UserError, match=rf"'{package}' is not installed: pip install 'activevision\[{form}\]'"):
        get_exporter(form)


def _without(package: str) -> Callable:
    import importlib

    real = importlib.import_module

    def find(name: str):
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name)

    return find
