"""LeRobotDataset v3.0: Parquet for the numbers and MP4 for the frames of many episodes, and their index.

Written after the format's published definition, v3.0 in the lerobot package (its dataset_metadata, dataset_writer and
dataset_reader): the package itself needs Python 3.12 and torchvision, which this one does not.

``meta/info.json``                                 counts, rate, path templates, and the features' types and shapes
``meta/stats.json``                                of each feature min, max, mean, std, count and quantiles
``meta/tasks.parquet``                             the task's words
``meta/episodes/chunk-000/file-000.parquet``       where each episode lies, its statistics, label, scene, seed, camera
                                                   and intrinsics (K row by row)
``data/chunk-000/file-000.parquet``                a row a frame
``videos/observation.images.rgb/chunk-000/file-000.mp4``  the frames of the episodes, one after the other

Features: ``observation.images.rgb``; ``observation.state``, position and quaternion (x, y, z, w) of world_from_camera,
+Y up, the camera looks along −Z; ``action``, the commanded twist [v, w] to the next view in the camera's frame, 0 at an
episode's last view; ``observation.time``, seconds since its first. LeRobot looks frames up by ``timestamp``, which must
be those of a video with a fixed whole rate: it is frame_index / fps, whatever the views' own times are.

H.264 loses detail that the eye does not see (yuv420p, or yuv444p for odd sizes; CRF 18).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from activevision.errors import UserError
from activevision.files import write_json
from activevision.geometry import log_se3
from activevision.optional import require
from activevision.rollouts.exporters.statistics import ImageStatistics, of_vectors
from activevision.rollouts.manifest import Manifest
from activevision.rollouts.rollout import Rollout

_EXTRA = "lerobot"
_VERSION = "v3.0"
_VIDEO = "observation.images.rgb"
_FILES_PER_CHUNK = 1000
_DATA_MB, _VIDEO_MB = 100, 200
_PATH = "chunk-{chunk_index:03d}/file-{file_index:03d}"
_CODEC = {"crf": "18", "g": "2", "tune": "zerolatency"}  # packets come at once, so a file's size is known
_POSE = ["x", "y", "z", "qx", "qy", "qz", "qw"]
_TWIST = ["vx", "vy", "vz", "wx", "wy", "wz"]
_NUMBERS: Mapping[str, tuple[str, int, list[str] | None]] = {
    "observation.state": ("float64", 7, _POSE),
    "observation.time": ("float64", 1, None),
    "action": ("float64", 6, _TWIST),
    "timestamp": ("float32", 1, None),
    "frame_index": ("int64", 1, None),
    "episode_index": ("int64", 1, None),
    "index": ("int64", 1, None),
    "task_index": ("int64", 1, None),
}


@dataclass(frozen=True)
class LeRobotExporter:
    """task: its words. fps: of the videos; 0: the rate of the first episode, rounded, at least 1."""

    name: ClassVar[str] = "lerobot"
    pairs: ClassVar[bool] = False

    task: str = "look around"
    fps: int = 0

    def __post_init__(self) -> None:
        require("av", _EXTRA)
        if self.fps < 0:
            raise UserError(f"--fps {self.fps}: frames a second must be positive.")

    def has_place_for(self, sensor: str) -> bool:
        return False

    def write(self, manifest: Manifest, rollouts: Iterator[Rollout], out: Path) -> None:
        writer: _Writer | None = None
        for rollout in rollouts:
            if writer is None:
                rate = self.fps or max(1, round(1 / float(np.median(np.diff(rollout.time)))))
                writer = _Writer(out, rate, rollout.rgb.shape[1:3])
            writer.add(rollout)
        assert writer is not None, "a whole data set has an episode"
        writer.finish(self.task)


@dataclass
class _Files:
    """Numbers of the files of one kind, which end when they are large enough."""

    limit_mb: float
    index: int = 0
    size: float = 0.0

    def room(self, more: float) -> bool:
        """Whether what takes ``more`` bytes still goes into this file; else it is the next one's."""
        if self.size and self.size + more > self.limit_mb * 2**20:
            self.index, self.size = self.index + 1, 0.0
            return False
        return True

    @property
    def numbers(self) -> dict[str, int]:
        return {"chunk_index": self.index // _FILES_PER_CHUNK, "file_index": self.index % _FILES_PER_CHUNK}


@dataclass
class _Writer:
    out: Path
    fps: int
    shape: tuple[int, ...]
    episodes: list[dict[str, Any]] = field(default_factory=list)
    frames: int = 0

    def __post_init__(self) -> None:
        import pyarrow
        import pyarrow.parquet

        self._pa, self._pq = pyarrow, pyarrow.parquet
        types = {"float64": self._pa.float64(), "float32": self._pa.float32(), "int64": self._pa.int64()}
        self._schema = self._pa.schema(
            [
                (name, types[kind] if size == 1 else self._pa.list_(types[kind], size))
                for name, (kind, size, _) in _NUMBERS.items()
            ]
        )
        self._data_files, self._video_files = _Files(_DATA_MB), _Files(_VIDEO_MB)
        self._data: Any = None
        self._video: _Video | None = None
        self._numbers: dict[str, list[NDArray[Any]]] = {name: [] for name in _NUMBERS}
        self._images = ImageStatistics()

    def add(self, rollout: Rollout) -> None:
        if rollout.rgb.shape[1:3] != self.shape:
            raise UserError(
                f"LeRobot's videos have frames of one size, and these rollouts of several "
                f"({self.shape[1]}×{self.shape[0]} and {rollout.rgb.shape[2]}×{rollout.rgb.shape[1]}): import or "
                "collect them at one size."
            )
        columns = self._columns(rollout)
        images = ImageStatistics()
        images.add(rollout.rgb)
        self._images.merge(images)
        statistics = {name: of_vectors(values) for name, values in columns.items()} | {_VIDEO: images.result()}
        start, self.frames = self.frames, self.frames + rollout.views
        self.episodes.append(
            {
                "episode_index": len(self.episodes),
                "tasks": [],  # filled in when the task is written
                "length": rollout.views,
                **{f"data/{name}": number for name, number in self._write_numbers(columns).items()},
                "dataset_from_index": start,
                "dataset_to_index": self.frames,
                **{f"videos/{_VIDEO}/{name}": value for name, value in self._write_video(rollout.rgb).items()},
                "label": rollout.label,
                "scene_id": rollout.scene_id,
                "seed": rollout.seed,
                "camera": rollout.camera,
                "intrinsics": rollout.intrinsics.ravel().tolist(),
                **{
                    f"stats/{feature}/{name}": value
                    for feature, values in statistics.items()
                    for name, value in values.items()
                },
                "meta/episodes/chunk_index": 0,
                "meta/episodes/file_index": 0,
            }
        )

    def finish(self, task: str) -> None:
        if self._data is not None:
            self._data.close()
        if self._video is not None:
            self._video.close()
        rows = [{**episode, "tasks": [task]} for episode in self.episodes]
        path = self.out / "meta/episodes" / f"{_PATH.format(chunk_index=0, file_index=0)}.parquet"
        path.parent.mkdir(parents=True)
        self._pq.write_table(self._pa.Table.from_pylist(rows), path)
        self._write_tasks(task)
        statistics = {name: of_vectors(np.concatenate(values)) for name, values in self._numbers.items()}
        write_json(self.out / "meta/stats.json", {**statistics, _VIDEO: self._images.result()})
        write_json(self.out / "meta/info.json", self._info())

    def _columns(self, rollout: Rollout) -> dict[str, NDArray[Any]]:
        """Of each feature but the video (T, …)."""
        views = rollout.views
        quaternion = Rotation.from_matrix(rollout.pose[:, :3, :3]).as_quat(canonical=True)
        columns = {
            "observation.state": np.concatenate([rollout.pose[:, :3, 3], quaternion], axis=1),
            "observation.time": rollout.time,
            "action": np.concatenate([log_se3(rollout.commanded), np.zeros((1, 6))]),
            "timestamp": (np.arange(views) / self.fps).astype(np.float32),
            "frame_index": np.arange(views),
            "episode_index": np.full(views, len(self.episodes)),
            "index": self.frames + np.arange(views),
            "task_index": np.zeros(views, np.int64),
        }
        for name, values in columns.items():
            self._numbers[name].append(values)
        return columns

    def _write_numbers(self, columns: Mapping[str, NDArray[Any]]) -> dict[str, int]:
        """One row group an episode; says which file it is in."""
        arrays = {name: values.tolist() if values.ndim == 2 else values for name, values in columns.items()}
        table = self._pa.Table.from_pydict(arrays, schema=self._schema)
        if not self._data_files.room(table.nbytes) and self._data is not None:
            self._data.close()
            self._data = None
        self._data_files.size += table.nbytes
        if self._data is None:
            path = self.out / "data" / f"{_PATH.format(**self._data_files.numbers)}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._data = self._pq.ParquetWriter(path, self._schema)
        self._data.write_table(table)
        return self._data_files.numbers

    def _write_video(self, frames: NDArray[np.uint8]) -> dict[str, Any]:
        """Says which file the episode's frames are in, from which second to which."""
        if self._video is not None:
            self._video_files.size = self._video.size
            expected = self._video.size / self._video.frames * len(frames)
            if not self._video_files.room(expected):
                self._video.close()
                self._video = None
        if self._video is None:
            path = self.out / "videos" / _VIDEO / f"{_PATH.format(**self._video_files.numbers)}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._video = _Video(path, self.fps, *self.shape)
        start = self._video.frames
        self._video.add(frames)
        stamps = {"from_timestamp": start / self.fps, "to_timestamp": self._video.frames / self.fps}
        return {**self._video_files.numbers, **stamps}

    def _write_tasks(self, task: str) -> None:
        """With the index that pandas restores, as readers take tasks by their row's name."""
        index = {"name": "task", "field_name": "task", "pandas_type": "unicode", "numpy_type": "object"}
        column = {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64"}
        about = {
            "index_columns": ["task"],
            "column_indexes": [],
            "columns": [{**column, "metadata": None}, {**index, "metadata": None}],
            "creator": {"library": "pyarrow", "version": self._pa.__version__},
            "pandas_version": "2.0.0",
        }
        table = self._pa.table({"task_index": self._pa.array([0], self._pa.int64()), "task": [task]})
        table = table.replace_schema_metadata({"pandas": json.dumps(about)})
        self._pq.write_table(table, self.out / "meta/tasks.parquet")

    def _info(self) -> dict[str, Any]:
        height, width = self.shape
        features: dict[str, Any] = {
            _VIDEO: {
                "dtype": "video",
                "shape": [height, width, 3],
                "names": ["height", "width", "channels"],
                "info": {
                    "video.height": height,
                    "video.width": width,
                    "video.codec": "h264",
                    "video.pix_fmt": _pixel_format(height, width),
                    "video.fps": self.fps,
                    "video.channels": 3,
                    "has_audio": False,
                    "is_depth_map": False,
                },
            }
        }
        for name, (kind, size, names) in _NUMBERS.items():
            features[name] = {"dtype": kind, "shape": [size], "names": names}
        return {
            "codebase_version": _VERSION,
            "robot_type": "camera",
            "total_episodes": len(self.episodes),
            "total_frames": self.frames,
            "total_tasks": 1,
            "chunks_size": _FILES_PER_CHUNK,
            "data_files_size_in_mb": _DATA_MB,
            "video_files_size_in_mb": _VIDEO_MB,
            "fps": self.fps,
            "splits": {"train": f"0:{len(self.episodes)}"},
            "data_path": f"data/{_PATH}.parquet",
            "video_path": f"videos/{{video_key}}/{_PATH}.mp4",
            "features": features,
        }


class _Video:
    """An MP4 file that frames are added to; an episode begins with a key frame."""

    def __init__(self, path: Path, fps: int, height: int, width: int):
        self._av = require("av", _EXTRA)
        self._container = self._av.open(str(path), "w", options={"movflags": "faststart"})
        self._stream = self._container.add_stream("libx264", rate=fps, options=_CODEC)
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = _pixel_format(height, width)
        self._stream.codec_context.time_base = Fraction(1, fps)
        self.frames, self.size = 0, 0

    def add(self, frames: NDArray[np.uint8]) -> None:
        for t, image in enumerate(frames):
            frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = self.frames, self._stream.codec_context.time_base
            if t == 0:
                frame.pict_type = self._av.video.frame.PictureType.I
            self._mux(frame)
            self.frames += 1

    def close(self) -> None:
        self._mux(None)
        self._container.close()

    def _mux(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self.size += packet.size
            self._container.mux(packet)


def _pixel_format(height: int, width: int) -> str:
    return "yuv420p" if height % 2 == 0 and width % 2 == 0 else "yuv444p"
