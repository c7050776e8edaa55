"""Claims of Rerun recordings, read back with Rerun's own reader: every sensor is there, at its time, in its frame."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from box_room import CAMERA, box_rollout, write_data_set

from activevision.camera import EquirectangularCamera
from activevision.commands.view import View
from activevision.errors import UserError
from activevision.rollouts.looking import rerun_view
from activevision.rollouts.rollout import Rollout


class Recording:
    """Rows of a saved recording by entity."""

    def __init__(self, path: Path):
        from rerun.chunk import RrdReader

        self.batches: dict[str, list] = {}
        for chunk in RrdReader(path).stream():
            self.batches.setdefault(chunk.entity_path.lstrip("/"), []).append(chunk.to_record_batch())

    def column(self, entity: str, name: str) -> list:
        """Values of a component at an entity over the views, in order; static ones as they come."""
        rows = []
        for batch in self.batches[entity]:
            names = batch.schema.names
            found = [column for column in names if column.endswith(name)]
            if found:
                order = batch.column("view").to_pylist() if "view" in names else [0] * batch.num_rows
                rows += zip(order, batch.column(found[0]).to_pylist(), strict=True)
        return [value for _, value in sorted(rows, key=lambda row: row[0])]


def recording_of(rollout: Rollout, path: Path, classes: Sequence[str] = ()) -> Recording:
    pytest.importorskip("rerun")
    rerun_view.save(rollout, 0, path, tuple(classes))
    return Recording(path)


def test_every_entity_is_there_in_its_frame(tmp_path: Path) -> None:
    rollout = box_rollout(6)
    read = recording_of(rollout, tmp_path / "a.rrd")
    image = "world/camera/image"
    sensors = ("rgb", "depth", "instance", "flow_forward", "flow_backward")
    curves = [f"twist/{g}/{kind}/{axis}" for g in "vw" for kind in ("realised", "commanded") for axis in "xyz"]
    expected = {"world", "world/path", "world/views", "world/seen", "world/camera", image, "about", "twist/collided"}
    expected |= {f"{image}/{name}" for name in sensors} | set(curves)
    assert expected <= set(read.batches)
    # 1 to 6 stand for up, down, right, left, forward, back in Rerun's ViewCoordinates
    assert read.column("world", "ViewCoordinates:xyz") == [[[3, 1, 6]]], "X right, Y up, Z back"
    assert read.column(image, "Pinhole:camera_xyz") == [[[3, 1, 6]]], "so is the camera"
    (intrinsics,) = read.column(image, "Pinhole:image_from_camera")
    np.testing.assert_allclose(np.reshape(intrinsics, (3, 3)).T, rollout.intrinsics, rtol=1e-6)
    position = np.array(read.column("world/camera", "Transform3D:translation"))[:, 0]
    rotation = np.array(read.column("world/camera", "Transform3D:mat3x3"))[:, 0].reshape(-1, 3, 3).transpose(0, 2, 1)
    np.testing.assert_allclose(position, rollout.pose[:, :3, 3], atol=1e-6)
    np.testing.assert_allclose(rotation, rollout.pose[:, :3, :3], atol=1e-6)


def test_motions_stand_at_the_views_they_lead_to(tmp_path: Path) -> None:
    rollout = box_rollout(6)
    read = recording_of(rollout, tmp_path / "a.rrd")
    yaw = np.array(read.column("twist/w/realised/y", "Scalars:scalars"))[:, 0]
    np.testing.assert_allclose(yaw, np.degrees(rollout.twist[:, 4]), atol=1e-9)
    batches = [batch for batch in read.batches["twist/w/realised/y"] if "view" in batch.schema.names]
    views = [view for batch in batches for view in batch["view"].to_pylist()]
    assert views == [1, 2, 3, 4, 5]
    collided = np.array(read.column("twist/collided", "Scalars:scalars"))[:, 0]
    np.testing.assert_array_equal(collided, rollout.collided)
    assert len(read.column("world/camera/image/flow_forward", "Image:buffer")) == 5
    assert len(read.column("world/camera/image/rgb", "EncodedImage:blob")) == 6


def test_points_seen_lie_on_the_walls(tmp_path: Path) -> None:
    for camera in (CAMERA, EquirectangularCamera(48, 24)):
        rollout = box_rollout(3, camera=camera)
        read = recording_of(rollout, tmp_path / f"{rollout.camera}.rrd")
        points = np.concatenate([np.array(view) for view in read.column("world/seen", "Points3D:positions")])
        to_wall = np.abs(np.abs(points) - [2.0, 1.5, 2.5]).min(axis=1)
        assert len(points) > 1000
        assert to_wall.max() < 1e-4
    assert "world/camera/image/rgb" not in read.batches, "a panorama hangs in no pinhole"
    assert "image/rgb" in read.batches


def test_a_belief_is_shown_by_the_names_of_the_classes(tmp_path: Path) -> None:
    belief = np.log(np.array([[0.5, 0.5], [0.75, 0.25], [0.9, 0.1]], np.float32))
    rollout = replace(box_rollout(3), sensors={"belief": belief}, pairs={})
    read = recording_of(rollout, tmp_path / "a.rrd", ("living room", "hall/way"))
    named = [entity for entity in read.batches if entity.startswith("belief/classes/")]
    assert len(named) == 2
    values = [np.array(read.column(entity, "Scalars:scalars"))[:, 0] for entity in named if "hall" in entity]
    np.testing.assert_allclose(values[0], [0.5, 0.25, 0.1], rtol=1e-6)
    unnamed = recording_of(rollout, tmp_path / "b.rrd")
    assert "belief/classes/class\\ 0" in unnamed.batches or "belief/classes/class 0" in unnamed.batches


def test_bare_frames_make_a_recording_too(tmp_path: Path) -> None:
    read = recording_of(box_rollout(1, label="", depth=False), tmp_path / "a.rrd")
    assert len(read.column("world/camera/image/rgb", "EncodedImage:blob")) == 1


def test_the_command_saves_and_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_data_set(tmp_path / "data", [box_rollout(3, seed) for seed in range(3)])
    with pytest.raises(UserError, match="no episode 3"):
        View(str(tmp_path / "data"), 3, tmp_path / "a.rrd").run()
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(UserError, match=r"pip install 'activevision\[rerun\]'"):
        View(str(tmp_path / "data"), 0, tmp_path / "a.rrd").run()
