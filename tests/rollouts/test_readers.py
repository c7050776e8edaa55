"""Claims of the readers: poses, times, frames and depth of each format as published; nothing lost in silence."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from recordings import (
    HALF_TURN_ABOUT_X,
    Y_UP_FROM_Z_UP,
    picture,
    walk,
    write_kitti,
    write_picture,
    write_seven_scenes,
    write_tum,
)
from scipy.spatial.transform import Rotation

from activevision.errors import UserError
from activevision.rollouts.readers import READERS, VideoRecorder, get_reader, read_rollouts
from activevision.rollouts.readers.images import read_rgb, square, square_intrinsics
from activevision.rollouts.readers.intrinsics import Intrinsics
from activevision.rollouts.readers.tum import associate

FLIP = HALF_TURN_ABOUT_X


def episodes(format: str, folder: Path, views: int | None = None, pixels: int | None = None, **options: object) -> list:
    return list(read_rollouts(get_reader(format, folder, **options), views, pixels))


def account(format: str, folder: Path, views: int | None = None, **options: object) -> dict:
    recorder = VideoRecorder(get_reader(format, folder, **options), views)
    return {name: one.to_json() for name, one in recorder.accounts.items()}


def test_kitti(tmp_path: Path) -> None:
    poses = walk(5)
    write_kitti(tmp_path, poses)
    (rollout,) = episodes("kitti", tmp_path)
    left_of_grey = np.eye(4)
    left_of_grey[0, 3] = -0.06
    np.testing.assert_allclose(rollout.pose, FLIP @ poses @ left_of_grey @ FLIP, atol=1e-12)
    np.testing.assert_array_equal(rollout.rgb, [picture(i) for i in range(5)])
    np.testing.assert_allclose(rollout.time, 0.1 * np.arange(5))
    # calibrations have their origin in the middle of the first pixel, we in its corner
    np.testing.assert_allclose(rollout.intrinsics, [[30, 0, 15.75], [0, 30, 12.25], [0, 0, 1]])
    assert (rollout.label, rollout.seed, rollout.scene_id) == ("", 0, "00")
    assert rollout.spec == {"format": "kitti", "dataset": "KITTI odometry", "sequence": "00", "first_frame": 0}
    np.testing.assert_array_equal(rollout.commanded, rollout.egomotion)


def test_kitti_points_project_as_its_projection_matrices_say(tmp_path: Path) -> None:
    poses = walk(2)
    write_kitti(tmp_path, poses)
    (rollout,) = episodes("kitti", tmp_path)
    projection = np.array([[30, 0, 15.25, 0.06 * 30], [0, 30, 11.75, 0], [0, 0, 1, 0]])
    in_grey = np.array([0.4, -0.3, 4.0, 1.0])
    homogeneous = projection @ in_grey
    world = FLIP @ poses[1] @ in_grey
    x, y, z, _ = FLIP @ np.linalg.inv(rollout.pose[1]) @ world  # back in OpenCV axes, for K
    ours = rollout.intrinsics @ [x / z, y / z, 1]
    np.testing.assert_allclose(ours[:2] - 0.5, homogeneous[:2] / homogeneous[2], atol=1e-9)


def test_kitti_grey_images_and_their_own_camera(tmp_path: Path) -> None:
    poses = walk(3)
    write_kitti(tmp_path, poses, camera="image_0")
    grey = picture(0)[..., 0]
    write_picture(tmp_path / "sequences/00/image_0/000000.png", grey)
    (rollout,) = episodes("kitti", tmp_path)
    np.testing.assert_allclose(rollout.pose, FLIP @ poses @ FLIP, atol=1e-12)
    np.testing.assert_array_equal(rollout.rgb[0], np.repeat(grey[..., None], 3, axis=-1))
    with pytest.raises(UserError, match=r"no images in .*image_3"):
        episodes("kitti", tmp_path, camera="image_3")
    with pytest.raises(UserError, match="unknown camera 'image2': did you mean 'image_2'"):
        episodes("kitti", tmp_path, camera="image2")


def test_a_missing_frame_and_a_lost_pose_split_a_sequence_and_are_accounted_for(tmp_path: Path) -> None:
    write_kitti(tmp_path, walk(12))
    (tmp_path / "sequences/00/image_2/000003.png").unlink()
    lines = (tmp_path / "poses/00.txt").read_text().splitlines()
    lines[7] = " ".join(["nan"] * 12)
    (tmp_path / "poses/00.txt").write_text("\n".join(lines[:-1]) + "\n")  # the last frame has no pose at all
    rollouts = episodes("kitti", tmp_path)
    assert [(r.spec["first_frame"], r.views) for r in rollouts] == [(0, 3), (4, 3), (8, 3)]
    left_out = {"no image": 1, "pose lost": 1, "no pose": 1}
    assert account("kitti", tmp_path)["00"] == {"frames": 12, "kept": 9, "left_out": left_out, "jumps": 0}
    twos = account("kitti", tmp_path, views=2)["00"]
    assert twos["left_out"] == {**left_out, "in a run shorter than 2 views": 3}
    assert twos["kept"] + sum(twos["left_out"].values()) == 12
    with pytest.raises(
        UserError, match="no episode of 5 views comes out of this: 00: 0 of 12 frames; 9 left out: in a"
    ):
        episodes("kitti", tmp_path, views=5)


def test_kitti_sequences_without_published_poses_are_named(tmp_path: Path) -> None:
    write_kitti(tmp_path, walk(4), "00")
    write_kitti(tmp_path, walk(4, 1), "11")
    (tmp_path / "poses/11.txt").unlink()
    assert account("kitti", tmp_path)["11"]["left_out"] == {"no pose": 4}
    with pytest.raises(UserError, match=r"no episode of 2 views.*11: 0 of 4 frames; 4 left out: no pose"):
        episodes("kitti", tmp_path, sequence=("11",))
    with pytest.raises(UserError, match="unknown sequence '0'"):
        episodes("kitti", tmp_path, sequence=("0",))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("calib.txt", "P0: 1 2 3\n", r"calib\.txt has no line 'P2:' of 12 numbers"),
        ("calib.txt", "P2: 30 0 15 0 0 30 11 0 0 1 1 0\n", "P2 is no projection of a rectified camera"),
        ("calib.txt", "P2: -30 0 15 0 0 30 11 0 0 0 1 0\n", "fx=-30.0.* no intrinsics of a pinhole"),
        ("calib.txt", "P2: 700 0 600 0 0 700 180 0 0 0 1 0\n", r"principal point \(600.5, 180.5\) lies outside"),
        ("times.txt", "0\n0.1\n", r"00\.txt has 4 poses for 2 frames: is times\.txt whole"),
        ("times.txt", "0\n0.1\n0.1\n0.3\n", "time 3 is not later"),
        ("times.txt", "0\n0.1\nhello\n", "times.txt, line 3: 'hello' is no number"),
        ("../../poses/00.txt", "1 0 0 0 0 1 0 0 0 0 1 0\n1 0 0 0\n", "00.txt, line 2 has 4 numbers where 12"),
        ("../../poses/00.txt", "1 0 0 0 0 1 0 0 0 0 -1 0\n", "pose 1 is no rigid motion"),
        ("../../poses/00.txt", "1 0 0 0 0 1 0 0 0 0 1 0\n" * 5, "has 5 poses for 4 frames"),
        ("image_2/000001.png", "", r"000001\.png is damaged or no image"),
    ],
)
def test_files_that_are_wrong_are_named(tmp_path: Path, file: str, content: str, message: str) -> None:
    write_kitti(tmp_path, walk(4))
    (tmp_path / "sequences/00" / file).write_text(content)
    with pytest.raises(UserError, match=message):
        episodes("kitti", tmp_path)


def test_images_without_a_time_are_not_passed_over(tmp_path: Path) -> None:
    write_kitti(tmp_path, walk(4))
    write_picture(tmp_path / "sequences/00/image_2/000004.png", picture(4))
    with pytest.raises(UserError, match=r"has 000004\.png, and .*times\.txt the times of 4 frames"):
        episodes("kitti", tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_an_image_that_was_cut_off_is_not_taken_for_a_whole_one(tmp_path: Path, suffix: str) -> None:
    for i in range(3):
        write_picture(tmp_path / f"{i}.{suffix}", picture(i))
    np.save(tmp_path / "poses.npy", walk(3))
    options = {"poses": tmp_path / "poses.npy", "intrinsics": Intrinsics(hfov_deg=60.0)}
    assert len(episodes("folder", tmp_path, **options)) == 1
    path = tmp_path / f"1.{suffix}"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UserError, match=rf"1\.{suffix} is damaged"):
        episodes("folder", tmp_path, **options)


def test_an_image_that_claims_an_impossible_size_is_damaged(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 10**6, 10**6, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(9))), (b"IEND", b"")]
    path = tmp_path / "large.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))
    with pytest.raises(UserError, match=r"large\.png is damaged"):
        read_rgb(path)


def test_images_of_two_sizes_in_an_episode_are_refused(tmp_path: Path) -> None:
    write_kitti(tmp_path, walk(4))
    write_picture(tmp_path / "sequences/00/image_2/000002.png", picture(2, 30, 32))
    with pytest.raises(UserError, match=r"000002\.png has 32×30 pixels and the frames before it 32×24"):
        episodes("kitti", tmp_path)


def test_folders_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    for format in ("kitti", "tum", "7-scenes"):
        with pytest.raises(UserError, match="holds no sequences of this format"):
            episodes(format, tmp_path)
    with pytest.raises(UserError, match="no images in"):
        episodes("folder", tmp_path)
    with pytest.raises(UserError, match="unknown format 'kiti': did you mean 'kitti'"):
        get_reader("kiti", tmp_path)
    with pytest.raises(UserError, match="no folder"):
        get_reader("kitti", tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"--depth does not apply to the format 'kitti'.*--camera, --sequence"):
        get_reader("kitti", tmp_path, depth=True)
    assert set(READERS) == {"kitti", "tum", "7-scenes", "folder"}


def test_tum(tmp_path: Path) -> None:
    poses = walk(6)
    write_tum(tmp_path / "mine", poses)
    (rollout,) = episodes("tum", tmp_path, depth=True)
    np.testing.assert_allclose(rollout.pose, Y_UP_FROM_Z_UP @ poses @ FLIP, atol=1e-12)
    np.testing.assert_array_equal(rollout.rgb, [picture(i) for i in range(6)])
    np.testing.assert_allclose(rollout.time, np.arange(6) / 30, atol=2e-6)
    np.testing.assert_allclose(rollout.sensors["depth"][:, 0, 0], np.arange(1, 7), rtol=1e-6)
    np.testing.assert_allclose(rollout.intrinsics, [[30, 0, 15.75], [0, 31, 12.25], [0, 0, 1]])
    assert len(episodes("tum", tmp_path / "mine")) == 1, "a sequence's own folder does, too"


def test_the_first_published_pose_of_tum_freiburg1_looks_level_with_its_head_up() -> None:
    """The line that the data set's descriptions quote: a camera at 1.6 m above the floor, held upright."""
    from activevision.rollouts.axes import from_convention
    from activevision.rollouts.pose_text import poses_from_quaternions

    row = np.array([[1.3563, 0.6305, 1.6380, 0.6132, 0.5962, -0.3311, -0.3986]])
    (pose,) = from_convention(poses_from_quaternions(row), "opencv", "z")
    np.testing.assert_allclose(pose[1, 3], 1.638)
    assert pose[1, 1] > 0.85, "the camera's up is up"
    assert abs(pose[1, 2]) < 0.5, "it looks ahead rather than up or down"


def test_tum_takes_intrinsics_by_the_name_of_the_sequence_or_from_the_user(tmp_path: Path) -> None:
    folder = tmp_path / "rgbd_dataset_freiburg2_desk"
    write_tum(folder, walk(3))
    (folder / "calibration.txt").unlink()
    for path in (folder / "rgb").glob("*.png"):
        write_picture(path, picture(0, 480, 640))
    (rollout,) = episodes("tum", folder)
    np.testing.assert_allclose(rollout.intrinsics, [[520.9, 0, 325.6], [0, 521.0, 250.2], [0, 0, 1]])
    folder = folder.rename(tmp_path / "desk")
    with pytest.raises(UserError, match="is of no known camera"):
        episodes("tum", folder)
    (rollout,) = episodes("tum", folder, intrinsics=Intrinsics(hfov_deg=90.0))
    np.testing.assert_allclose(rollout.intrinsics, [[320, 0, 320], [0, 320, 240], [0, 0, 1]])


def test_tum_frames_without_a_pose_in_time_are_left_out_and_counted(tmp_path: Path) -> None:
    write_tum(tmp_path, walk(9))
    path = tmp_path / "groundtruth.txt"
    lines = path.read_text().splitlines()
    del lines[2 + 4]
    lines[2 + 6] = " ".join([lines[2 + 6].split()[0], *["0"] * 7])  # some trackers say "lost" with zeros
    path.write_text("\n".join(lines) + "\n")
    assert [(r.spec["first_frame"], r.views) for r in episodes("tum", tmp_path)] == [(0, 4), (5, 2)]
    (one,) = account("tum", tmp_path).values()
    expected = {"no pose within 20 ms": 1, "pose lost": 1, "in a run shorter than 2 views": 1}
    assert one["left_out"] == expected
    next((tmp_path / "depth").glob("*.png")).unlink()
    (one,) = account("tum", tmp_path, depth=True).values()
    assert one["left_out"]["no depth image"] == 1
    with pytest.raises(UserError, match="no pose within 1 ms"):
        episodes("tum", tmp_path, tolerance=0.001)


def test_a_jump_in_time_splits_an_episode(tmp_path: Path) -> None:
    write_tum(tmp_path, walk(8))
    path = tmp_path / "rgb.txt"
    lines = path.read_text().splitlines()
    del lines[3 + 3 : 3 + 6]
    path.write_text("\n".join(lines) + "\n")
    assert [r.views for r in episodes("tum", tmp_path)] == [3, 2]
    (one,) = account("tum", tmp_path).values()
    assert one == {"frames": 5, "kept": 5, "left_out": {}, "jumps": 1}


def test_association_is_that_of_the_data_sets_own_tool() -> None:
    """associate.py: all pairs less than the tolerance apart, sorted; each is used once. Here in its quadratic form."""
    generator = np.random.default_rng(0)
    for _ in range(50):
        first, second = (np.sort(generator.uniform(0, 1, 30)) for _ in range(2))
        pairs = sorted((abs(a - b), a, b) for a in first for b in second if abs(a - b) < 0.02)
        left, right, expected = set(first), set(second), {}
        for _, a, b in pairs:
            if a in left and b in right:
                left.remove(a)
                right.remove(b)
                expected[a] = b
        found = {first[i]: second[j] for i, j in associate(first, second, 0.02).items()}
        assert found == expected


def test_seven_scenes(tmp_path: Path) -> None:
    poses = walk(4)
    write_seven_scenes(tmp_path / "chess", poses)
    write_seven_scenes(tmp_path / "chess", walk(3, 1), "seq-02")
    train, test = episodes("7-scenes", tmp_path, intrinsics=Intrinsics(58.5, 58.5, 31.5, 23.5))
    assert (train.scene_id, test.scene_id) == ("chess/seq-01", "chess/seq-02")
    np.testing.assert_allclose(train.pose, FLIP @ poses @ FLIP, atol=1e-12)
    (rollout,) = episodes(
        "7-scenes", tmp_path / "chess", split="train", depth=True, intrinsics=Intrinsics(58.5, 58.5, 31.5, 23.5)
    )
    np.testing.assert_array_equal(rollout.pose, train.pose)
    depth = rollout.sensors["depth"]
    assert depth.dtype == np.float32
    np.testing.assert_array_equal(depth[:, :2], 0)
    np.testing.assert_allclose(depth[:, 2:], 1.5)
    assert get_reader("7-scenes", tmp_path, split="test").source.split == "test"
    with pytest.raises(UserError, match=r"principal point \(320, 240\) lies outside"):
        episodes("7-scenes", tmp_path)
    with pytest.raises(UserError, match="unknown split 'val'"):
        episodes("7-scenes", tmp_path, split="val")


def test_seven_scenes_with_holes(tmp_path: Path) -> None:
    write_seven_scenes(tmp_path, walk(9))
    folder = tmp_path / "seq-01"
    (folder / "frame-000002.color.png").unlink()
    (folder / "frame-000005.pose.txt").write_text("-1.#IND 0 0 0\n" * 4)
    (folder / "frame-000008.pose.txt").unlink()
    options = {"sequence": (f"{tmp_path.name}/seq-01",), "intrinsics": Intrinsics(hfov_deg=60.0)}
    assert [(r.spec["first_frame"], r.views) for r in episodes("7-scenes", tmp_path, **options)] == [
        (0, 2),
        (3, 2),
        (6, 2),
    ]
    (one,) = account("7-scenes", tmp_path, **options).values()
    assert one["left_out"] == {"no image": 1, "pose lost": 1, "no pose": 1}
    (folder / "frame-000000.pose.txt").write_text("1 0 0 0\n0 1 0 0\n")
    with pytest.raises(UserError, match="has 2 of the 4 rows"):
        episodes("7-scenes", tmp_path, **options)


def frames(folder: Path, count: int, name: str = "frame{}.png") -> None:
    for i in range(count):
        write_picture(folder / name.format(i), picture(i))


@pytest.mark.parametrize("form", ["npy", "npy34", "csv", "matrices", "kitti", "tum"])
def test_a_folder_of_frames_takes_poses_in_every_form(tmp_path: Path, form: str) -> None:
    poses = walk(11)
    frames(tmp_path, 11)  # frame10 comes after frame9, not after frame1
    path = tmp_path / f"poses.{form[:3] if form in ('npy', 'npy34', 'csv') else 'txt'}"
    if form.startswith("npy"):
        np.save(path, poses[:, :3] if form == "npy34" else poses)
    elif form == "csv":
        header = ",".join(f"m{i}" for i in range(16))
        np.savetxt(path, poses.reshape(-1, 16), fmt="%.17g", delimiter=",", header=header, comments="")
    elif form == "matrices":
        np.savetxt(path, poses.reshape(-1, 16), fmt="%.17g")
    elif form == "kitti":
        np.savetxt(path, poses[:, :3].reshape(-1, 12), fmt="%.17g")
    else:
        quaternions = Rotation.from_matrix(poses[:, :3, :3]).as_quat()
        np.savetxt(path, np.concatenate([np.arange(11)[:, None] / 10, poses[:, :3, 3], quaternions], 1), fmt="%.17g")
    intrinsics = Intrinsics(fx=20.0)
    (ours,) = episodes("folder", tmp_path, poses=path, convention="opengl", intrinsics=intrinsics)
    np.testing.assert_allclose(ours.pose, poses, atol=1e-12)
    np.testing.assert_array_equal(ours.rgb, [picture(i) for i in range(11)])
    np.testing.assert_allclose(np.diff(ours.time), 0.1 if form == "tum" else 1 / 30)
    np.testing.assert_allclose(ours.intrinsics, [[20, 0, 16], [0, 20, 12], [0, 0, 1]])
    (theirs,) = episodes("folder", tmp_path, poses=path, convention="opencv", up="z", intrinsics=intrinsics)
    np.testing.assert_allclose(theirs.pose, Y_UP_FROM_Z_UP @ poses @ FLIP, atol=1e-12)


def test_frames_named_by_their_time_find_the_nearest_pose(tmp_path: Path) -> None:
    poses = walk(5)
    frames(tmp_path, 4, "10{}.500000.png")
    times = 100.51 + np.arange(5)
    times[1] += 0.3
    quaternions = Rotation.from_matrix(poses[:, :3, :3]).as_quat()
    np.savetxt(tmp_path / "p.txt", np.concatenate([times[:, None], poses[:, :3, 3], quaternions], 1), fmt="%.17g")
    (one,) = account("folder", tmp_path, poses=tmp_path / "p.txt", intrinsics=Intrinsics(hfov_deg=60)).values()
    assert one["left_out"] == {"no pose within 20 ms": 1, "in a run shorter than 2 views": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either --fx .* or --hfov"),
        ({"intrinsics": Intrinsics(fx=20.0, hfov_deg=60.0)}, "either --fx .* or --hfov"),
        ({"intrinsics": Intrinsics(hfov_deg=180.0)}, "between 0 and 180"),
        ({"intrinsics": Intrinsics(fx=20.0), "convention": "blender"}, "unknown camera convention"),
        ({"intrinsics": Intrinsics(fx=20.0), "rate": 0.0}, "--rate 0"),
        ({"intrinsics": Intrinsics(fx=20.0), "poses": None}, "give --poses"),
        ({"intrinsics": Intrinsics(fx=20.0), "poses": Path("nowhere.npy")}, "no file nowhere.npy"),
    ],
)
def test_a_folder_of_frames_says_what_it_still_needs(tmp_path: Path, options: dict, message: str) -> None:
    frames(tmp_path, 3)
    np.save(tmp_path / "poses.npy", walk(3))
    with pytest.raises(UserError, match=message):
        episodes("folder", tmp_path, **{"poses": tmp_path / "poses.npy", **options})


def test_as_many_poses_as_frames(tmp_path: Path) -> None:
    frames(tmp_path, 3)
    np.save(tmp_path / "poses.npy", walk(4))
    with pytest.raises(UserError, match=r"has 4 poses and .* 3 frames"):
        episodes("folder", tmp_path, poses=tmp_path / "poses.npy", intrinsics=Intrinsics(fx=20.0))
    np.save(tmp_path / "poses.npy", walk(4).reshape(8, 8))
    with pytest.raises(UserError, match=r"has the shape \(8, 8\)"):
        episodes("folder", tmp_path, poses=tmp_path / "poses.npy", intrinsics=Intrinsics(fx=20.0))


def test_resizing_averages_over_areas_and_moves_the_intrinsics_along(tmp_path: Path) -> None:
    image = picture(0)
    small = square(image, 12)
    middle = image[:, 4:28].astype(float)
    np.testing.assert_allclose(small, middle.reshape(12, 2, 12, 2, 3).mean((1, 3)), atol=0.5)
    write_kitti(tmp_path, walk(4))
    (whole,), (resized,) = episodes("kitti", tmp_path), episodes("kitti", tmp_path, pixels=12)
    np.testing.assert_array_equal(resized.rgb[0], small)
    # a ray through a point of the image goes through the same point of the smaller one
    column, row = 13.7, 9.2
    ray = np.linalg.solve(whole.intrinsics, [column, row, 1])
    np.testing.assert_allclose((resized.intrinsics @ ray)[:2], [(column - 4) / 2, row / 2], atol=1e-12)
    np.testing.assert_array_equal(square_intrinsics(whole.intrinsics, 24, 24, 24), whole.intrinsics)
    with pytest.raises(UserError, match="--pixels 25 is more than the 24"):
        episodes("kitti", tmp_path, pixels=25)


def test_depth_is_resized_with_its_colour_image(tmp_path: Path) -> None:
    write_tum(tmp_path, walk(3))
    (rollout,) = episodes("tum", tmp_path, pixels=12, depth=True)
    assert (rollout.rgb.shape, rollout.sensors["depth"].shape) == ((3, 12, 12, 3), (3, 12, 12))
    np.testing.assert_allclose(rollout.sensors["depth"][2], 3.0)
    for path in (tmp_path / "depth").glob("*.png"):
        write_picture(path, np.ones((12, 16), np.uint16))
    with pytest.raises(UserError, match="has 16×12 pixels and its colour image 32×24"):
        episodes("tum", tmp_path, depth=True)
    for path in (tmp_path / "depth").glob("*.png"):
        write_picture(path, picture(0))
    with pytest.raises(UserError, match="is no 16-bit depth image"):
        episodes("tum", tmp_path, depth=True)


def test_depth_is_not_averaged_across_edges_and_holes() -> None:
    depth = np.where(np.arange(8)[:, None] % 2 == 0, 0.0, 3.0).astype(np.float32) * np.ones((1, 8), np.float32)
    assert set(np.unique(square(depth, 4, exact=True))) <= {0.0, 3.0}


def test_settings_of_recordings_are_no_settings_at_all() -> None:
    for options, message in (({"views": 1}, "--views 1"), ({"pixels": 0}, "--pixels 0"), ({"jump": 1.0}, "--jump 1")):
        with pytest.raises(UserError, match=message):
            VideoRecorder(None, **options)  # type: ignore[arg-type]
