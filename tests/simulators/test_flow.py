"""Flow brings the other image onto this one; masks say where it can."""

from itertools import accumulate

import cv2
import numpy as np
import pytest
import trimesh
from solids import solid_scene

from activevision.camera import Camera, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import exp_se3, invert
from activevision.simulators.analytic import FURNISHED, AnalyticScene, Box
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.flow import episode_flow, optical_flow, render_flow

CAMERAS = [Camera(96, 72, 80.0), EquirectangularCamera(160, 80)]
ROOM = AnalyticScene(
    "room",
    (
        *FURNISHED.solids,
        Box((-4.2, -1.3, -4.2), (4.2, 3.0, -4.0), (0.5, 0.5, 0.5), 30, 3),
        Box((-4.2, -1.3, 4.0), (4.2, 3.0, 4.2), (0.5, 0.5, 0.5), 31, 3),
        Box((-4.2, -1.3, -4.0), (-4.0, 3.0, 4.0), (0.5, 0.5, 0.5), 32, 3),
        Box((4.0, -1.3, -4.0), (4.2, 3.0, 4.0), (0.5, 0.5, 0.5), 33, 3),
        Box((-4.2, 3.0, -4.2), (4.2, 3.2, 4.2), (0.5, 0.5, 0.5), 34, 3),
    ),
)


def pairs(count=4, size=0.12):
    generator = np.random.default_rng(0)
    from_pose = exp_se3(generator.normal(0, [0.2, 0.1, 0.2, 0.3, 0.8, 0.3], (count, 6)))
    return from_pose, from_pose @ exp_se3(generator.normal(0, size, (count, 6)))


def seen(scene, poses, camera, sensor="depth"):
    return np.stack([scene.images(pose, camera)[sensor] for pose in poses])


def texture(position):
    """A smooth grey (…) in [0, 1] of points (…, 3) of the world."""
    return 0.5 + 0.5 * np.sin(position @ [1.0, 1.5, 1.3]).astype(np.float32)


def landing(flow):
    height, width = flow.shape[:2]
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    return flow + np.stack([columns, rows], axis=-1).astype(np.float32)


def brought(image, flow, camera):
    """An image of the other view warped onto this one."""
    border = cv2.BORDER_WRAP if isinstance(camera, EquirectangularCamera) else cv2.BORDER_REPLICATE
    columns, rows = np.moveaxis(landing(flow), -1, 0)
    if border == cv2.BORDER_WRAP:
        columns = (columns + 0.5) % camera.width - 0.5
    padded = cv2.copyMakeBorder(image, 0, 0, 1, 1, border)
    return cv2.remap(padded, columns + 1, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def off_the_poles(flow, camera, rows):
    """Pixels (H, W) that neither lie nor land within rows of a pole, where bilinear sampling of a panorama fails."""
    if not isinstance(camera, EquirectangularCamera):
        return np.ones(flow.shape[:2], bool)
    mask = np.abs(landing(flow)[..., 1] + 0.5 - camera.height / 2) < camera.height / 2 - rows
    mask[:rows] = mask[-rows:] = False
    return mask


@pytest.mark.parametrize("camera", CAMERAS, ids=["pinhole", "equirectangular"])
def test_flow_brings_the_other_image_onto_this_one_wherever_both_see_the_point(camera):
    from_pose, to_pose = pairs()
    flow = optical_flow(seen(ROOM, from_pose, camera), seen(ROOM, to_pose, camera), from_pose, to_pose, camera)
    here = texture(seen(ROOM, from_pose, camera, "position"))
    there = texture(seen(ROOM, to_pose, camera, "position"))
    assert flow.covisible.mean() > 0.6
    for view in range(len(from_pose)):
        mask = flow.covisible[view] & off_the_poles(flow.flow[view], camera, 8)
        off = np.abs(brought(there[view], flow.flow[view], camera) - here[view])
        assert (off[mask] > 0.05).mean() < 0.008  # the fold between two walls, where a pixel spans much of the texture
        assert off[mask].max() < 0.5
        assert np.abs(there[view] - here[view])[mask].mean() > 15 * off[mask].mean()  # it is the flow that does it


@pytest.mark.parametrize("camera", CAMERAS, ids=["pinhole", "equirectangular"])
def test_covisibility_is_what_a_ray_from_the_other_camera_finds(camera):
    from_pose, to_pose = pairs(6, 0.25)
    flow = optical_flow(seen(ROOM, from_pose, camera), seen(ROOM, to_pose, camera), from_pose, to_pose, camera)
    for view in range(len(from_pose)):
        exact = ROOM.images(from_pose[view], camera)
        towards = exact["position"].astype(np.float64) - to_pose[view, :3, 3]
        first = np.min([solid.hit(to_pose[view, :3, 3], towards)[0] for solid in ROOM.solids], axis=0)
        visible = flow.valid[view] & (first > 0.999)
        hidden = flow.valid[view] & (first < 0.9)
        assert hidden.any()
        # a corner of an occluder may lie between the pixels round a place
        assert flow.covisible[view][hidden].mean() < 0.05
        assert not (flow.covisible[view] & hidden)[[0, -1]].any()  # at the poles, where pixels are small
        assert flow.covisible[view][visible].mean() > 0.93


@pytest.mark.parametrize("camera", CAMERAS, ids=["pinhole", "equirectangular"])
def test_forward_and_backward_flow_undo_each_other(camera):
    from_pose, to_pose = pairs()
    first, second = seen(ROOM, from_pose, camera), seen(ROOM, to_pose, camera)
    forward = optical_flow(first, second, from_pose, to_pose, camera)
    backward = optical_flow(second, first, to_pose, from_pose, camera)
    ids = seen(ROOM, from_pose, camera, "instance").astype(np.float32)
    normal = seen(ROOM, from_pose, camera, "normal")
    for view in range(len(from_pose)):
        window = np.ones((5, 5), np.uint8)
        inner = cv2.dilate(ids[view], window) == cv2.erode(ids[view], window)
        for axis in range(3):  # the fold between two faces of a box is an edge too
            inner &= cv2.dilate(normal[view, ..., axis], window) - cv2.erode(normal[view, ..., axis], window) < 0.5
        mask = forward.covisible[view] & inner & off_the_poles(forward.flow[view], camera, 12)
        there = np.moveaxis(backward.flow[view], -1, 0)
        back = np.stack([brought(part, forward.flow[view], camera) for part in there], axis=-1)
        off = np.linalg.norm(forward.flow[view] + back, axis=-1)[mask]
        assert mask.mean() > 0.2
        assert np.quantile(off, 0.995) < 0.1


@pytest.mark.parametrize("camera", CAMERAS, ids=["pinhole", "equirectangular"])
def test_an_episode_has_the_flow_of_its_pairs_and_brings_each_image_onto_the_next(camera):
    steps = np.random.default_rng(1).normal(0, 0.08, (5, 6))
    poses = np.stack(list(accumulate(map(exp_se3, steps), np.matmul)))
    depth, grey = seen(ROOM, poses, camera), texture(seen(ROOM, poses, camera, "position"))
    forward, backward = episode_flow(depth, poses, camera)
    for flow, first, second in ((forward, slice(0, -1), slice(1, None)), (backward, slice(1, None), slice(0, -1))):
        pairs = optical_flow(depth[first], depth[second], poses[first], poses[second], camera)
        np.testing.assert_allclose(flow.flow, pairs.flow, atol=1e-3)
        assert (flow.valid != pairs.valid).mean() < 1e-4  # the inverse of an egomotion rounds differently
        assert (flow.covisible != pairs.covisible).mean() < 1e-4
        for view, (here, there) in enumerate(zip(grey[first], grey[second], strict=True)):
            mask = flow.covisible[view] & off_the_poles(flow.flow[view], camera, 8)
            assert mask.mean() > 0.4
            off = np.abs(brought(there, flow.flow[view], camera) - here)[mask]
            assert off.mean() < np.abs(there - here)[mask].mean() / 10


@pytest.mark.parametrize("camera", [Camera(256, 192, 100.0), EquirectangularCamera(1024, 64)], ids=["pinhole", "round"])
def test_flow_is_what_the_camera_projects(camera):
    from_pose, to_pose = pairs(2, 0.4)
    depth = np.random.default_rng(3).uniform(0.5, 9.0, (2, camera.height, camera.width)).astype(np.float32)
    flow = optical_flow(depth, depth, from_pose, to_pose, camera)
    for view in range(2):
        motion = invert(to_pose[view]) @ from_pose[view]
        places, _ = camera.project(camera.unproject(depth[view]) @ motion[:3, :3].T + motion[:3, 3])
        off = landing(flow.flow[view]) + 0.5 - places
        if isinstance(camera, EquirectangularCamera):
            off[..., 0] -= camera.width * np.round(off[..., 0] / camera.width)
        assert flow.valid[view].mean() > 0.2
        assert np.abs(off[flow.valid[view]]).max() < 2e-4


def test_an_episode_of_one_view_has_no_flow_and_wrong_shapes_are_named():
    camera, poses = Camera(8, 6), np.tile(np.eye(4), (2, 1, 1))
    for flow in episode_flow(np.ones((1, 6, 8)), poses[:1], camera):
        assert flow.flow.shape == (0, 6, 8, 2)
        assert flow.valid.shape == flow.covisible.shape == (0, 6, 8)
    with pytest.raises(UserError, match=r"\(T, 6, 8\)"):
        episode_flow(np.ones((2, 6, 7)), poses, camera)
    with pytest.raises(UserError, match="view 1"):
        episode_flow(np.ones((2, 6, 8)), poses * [[[1]], [[2]]], camera)


def test_pure_rotation_is_a_homography():
    camera = CAMERAS[0]
    from_pose = np.eye(4)[None]
    to_pose = exp_se3([0, 0, 0, 0.05, -0.12, 0.2])[None]
    depth = [seen(ROOM, pose, camera) for pose in (from_pose, to_pose)]
    flow = optical_flow(*depth, from_pose, to_pose, camera)
    opencv = np.diag([1.0, -1, -1])
    rotation = opencv @ to_pose[0, :3, :3].T @ opencv
    homography = camera.intrinsics() @ rotation @ np.linalg.inv(camera.intrinsics())
    columns, rows = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    pixels = np.stack([columns, rows], axis=-1)
    expected = cv2.perspectiveTransform(pixels, homography) - pixels
    np.testing.assert_allclose(flow.flow[0], expected, atol=1e-3)
    lands = pixels + expected
    inside = (lands >= 0).all(-1) & (lands < [camera.width, camera.height]).all(-1)
    np.testing.assert_array_equal(flow.valid[0], inside)
    assert flow.covisible[0][inside].mean() > 0.95


def test_nearing_a_wall_the_flow_expands_from_the_middle():
    camera = Camera(64, 48, 90.0)
    poses = np.tile(np.eye(4), (2, 1, 1))
    poses[1, 2, 3] = -0.5  # half a metre ahead
    flow = optical_flow(np.full((1, 48, 64), 2.0), np.full((1, 48, 64), 1.5), poses[:1], poses[1:], camera)
    columns, rows = np.meshgrid(np.arange(64) + 0.5 - 32, np.arange(48) + 0.5 - 24)
    np.testing.assert_allclose(flow.flow[0], np.stack([columns, rows], -1) * (2 / 1.5 - 1), atol=1e-5)
    np.testing.assert_array_equal(flow.valid, flow.covisible)
    assert flow.valid[0].sum() == 48 * 36  # 3/4 of each side


def test_turning_in_place_moves_a_panorama_by_columns_the_short_way_over_the_seam():
    camera = EquirectangularCamera(72, 36)
    poses = np.stack([np.eye(4), exp_se3([0, 0, 0, 0, np.radians(10), 0]), exp_se3([0, 0, 0, 0, np.radians(-170), 0])])
    depth = seen(ROOM, poses, camera)
    flow = optical_flow(depth[[0, 0]], depth[1:], poses[[0, 0]], poses[1:], camera)
    assert flow.valid.all()
    np.testing.assert_allclose(flow.flow[0], np.broadcast_to([2.0, 0.0], (36, 72, 2)), atol=1e-3)
    np.testing.assert_allclose(flow.flow[1], np.broadcast_to([-34.0, 0.0], (36, 72, 2)), atol=1e-3)


@pytest.mark.parametrize("before", [-2.0, -3.87], ids=["far before", "a pixel and a half before"])
def test_what_a_box_hides_is_valid_but_not_covisible(before):
    camera = Camera(64, 64, 60.0)
    wall = Box((-3.0, -3.0, -4.2), (3.0, 3.0, -4.0), (0.5, 0.5, 0.5), 1, 1)
    place = np.array([0.8, 0.0, -4.0])  # on the wall
    poses = np.tile(np.eye(4), (2, 1, 1))
    poses[1, 0, 3] = 0.8 if before > -3 else 2.4
    # a plate across the second camera's sight of the place, and beside the first one's
    x = poses[1, 0, 3] + (place[0] - poses[1, 0, 3]) * before / -4
    low, high = (x - 0.2, x + 0.2) if before > -3 else (x - 0.03, x + 0.5)
    scene = AnalyticScene("hidden", (wall, Box((low, -0.4, before - 0.09), (high, 0.4, before), (0.5,) * 3, 2, 2)))
    depth = [seen(scene, poses[view : view + 1], camera) for view in range(2)]
    flow = optical_flow(*depth, poses[:1], poses[1:], camera)
    column, row = camera.project(place)[0].astype(int)
    assert flow.valid[0, row, column]
    assert depth[0][0, row, column] == 4.0
    assert not flow.covisible[0, row, column]
    column, row = camera.project(np.array([0.8, 1.2, -4.0]))[0].astype(int)
    assert flow.covisible[0, row, column]


def test_nothing_seen_and_points_behind_have_no_flow():
    camera = Camera(16, 16, 60.0)
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[1, 2, 3] = -3.0  # through the wall
    poses[2, 2, 3] = -0.1
    depth = np.full((2, 16, 16), 2.0, np.float32)
    depth[1, :, :8] = 0
    flow = optical_flow(depth, depth, poses[[0, 0]], poses[1:], camera)
    assert not flow.valid[0].any()
    assert not flow.flow[0].any()
    assert not flow.valid[1, :, :8].any()
    assert not flow.flow[1, :, :8].any()
    assert flow.valid[1, 3:-3, 8:-3].all()
    assert np.isfinite(flow.flow).all()


@pytest.mark.parametrize("camera", CAMERAS, ids=["pinhole", "equirectangular"])
def test_rendered_flow_leads_to_where_the_rendered_position_is_projected(camera):
    solid = trimesh.util.concatenate(
        [trimesh.creation.box((6, 3, 7)), trimesh.creation.icosphere(3).apply_translation((0.5, -1, 2))]
    )
    simulator = EmbreeSimulator([solid_scene(solid)], threads=1)
    from_pose, to_pose = pairs(4)
    forward, backward = render_flow(simulator, [0] * 4, from_pose, to_pose, camera)
    for flow, (here, there) in ((forward, (from_pose, to_pose)), (backward, (to_pose, from_pose))):
        position = simulator.render([0] * 4, here, camera, ("position",))["position"].astype(np.float64)
        for view in range(4):
            to_world = invert(there[view])
            places, _ = camera.project(position[view] @ to_world[:3, :3].T + to_world[:3, 3])
            off = landing(flow.flow[view]) + 0.5 - places
            if isinstance(camera, EquirectangularCamera):
                off[..., 0] -= camera.width * np.round(off[..., 0] / camera.width)
                assert (np.abs(flow.flow[view, ..., 0]) <= camera.width / 2).all()
            assert np.abs(off[flow.valid[view]]).max() < 0.01


def test_wrong_shapes_are_named():
    camera = Camera(8, 6)
    depth, poses = np.ones((2, 6, 8)), np.tile(np.eye(4), (2, 1, 1))
    with pytest.raises(UserError, match=r"\(N, 6, 8\)"):
        optical_flow(depth, depth[:, :, :4], poses, poses, camera)
    with pytest.raises(UserError, match="view 1"):
        optical_flow(depth, depth, poses, poses * [[[1]], [[2]]], camera)
