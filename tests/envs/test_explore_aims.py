import gymnasium as gym
import numpy as np
import pytest
from box_rooms import PILLAR, BoxRooms, crate_at

from activevision.camera import Camera
from activevision.envs.explore_cover import see_floor
from activevision.envs.explore_find import view_qualities
from activevision.errors import UserError
from activevision.explore_protocol import GoodView
from activevision.geometry import invert

ID = "activevision/Explore-v0"
FORWARD, LEFT, STAY = 0, 1, 5


def single(task, **options):
    return gym.make(ID, disable_env_checker=True, task=task, catalogue=BoxRooms(), **options).unwrapped


def facing_the_crate(away, aside=0.0):
    """A viewpoint in scene 0 that looks along −Z at the crate, that far from its middle, and ``aside`` rad off it."""
    x, z = crate_at("long", 0)
    return (x, z + away, aside, -np.arctan2(1.2, away))


def start(env, viewpoint):
    return env.reset(seed=0, options={"scene": 0, "viewpoint": viewpoint, "goal": env.goals.index("crate")})


def test_parts_of_the_building_are_no_goals():
    assert single("find").goals == ("pillar", "crate", "marble", "ball")
    assert single("find", goals=("ball",)).goals == ("ball",)
    assert single("room").goals == ()


def test_a_good_view_ends_the_episode_and_counts_as_success():
    env = single("find")
    _, info = start(env, facing_the_crate(1.2))
    assert info["quality"] == 1.0
    observation, reward, terminated, truncated, info = env.step(STAY)
    assert terminated
    assert info["success"]
    assert not truncated
    assert reward == -env.protocol.price  # what was good already is not paid for
    assert observation["goal"].tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("viewpoint", "why"),
    [
        (facing_the_crate(1.2, aside=np.pi), "it is behind the camera"),
        (facing_the_crate(2.5), "it is too far away"),
        (facing_the_crate(1.2, aside=np.radians(38)), "it is at the edge of the view"),
    ],
)
def test_other_views_are_not_good(viewpoint, why):
    env = single("find")
    start(env, viewpoint)
    _, _, terminated, _, info = env.step(STAY)
    assert not terminated, why
    assert not info["success"], why
    assert info["quality"] < 1, why


def test_quality_is_what_its_definition_says():
    """Against numpy on an image with two instances of one goal and one of another."""
    generator = np.random.default_rng(0)
    instance = np.zeros((20, 30), np.int32)
    instance[3:6, 4:9], instance[8:15, 20:29], instance[16:18, 10:20] = 1, 2, 5
    depth = generator.uniform(0.5, 4.0, instance.shape).astype(np.float32)
    ranges = np.linalg.norm(Camera(30, 20, 90).rays(), axis=-1).astype(np.float32)
    kind = np.array([-1, 0, 0, -1, -1, 1])
    good = GoodView(share=0.08, distance=1.5, middle=0.3)

    def reference(id):
        rows, columns = np.nonzero(instance == id)
        size = min(1.0, len(rows) / (0.08 * 600))
        nearness = min(1.0, 1.5 / (depth * ranges)[rows, columns].mean())
        off = max(abs((columns + 0.5).mean() / 15 - 1), abs((rows + 0.5).mean() / 10 - 1))
        return size * nearness * min(1.0, (1 - off) / 0.7)

    quality = view_qualities(instance, depth, ranges, kind, 3, good)
    np.testing.assert_allclose(quality, [max(reference(1), reference(2)), reference(5), 0.0], rtol=1e-5)


def test_the_rewards_add_up_to_the_rise_of_the_best_quality_less_the_price():
    env = single("find", views=40)
    x, z = crate_at("long", 0)
    _, info = start(env, (x, z + 5.5, np.radians(30), np.radians(-30)))
    first, total, best = info["quality"], 0.0, info["quality"]
    for step in range(1, 40):
        _, reward, terminated, _, info = env.step((FORWARD, 2, 2, LEFT, LEFT)[step % 5] if step > 3 else 2)
        total += reward
        best = max(best, info["quality"])
        assert info["best_quality"] == best
        if terminated:
            break
    assert best > first + 0.3
    np.testing.assert_allclose(total, best - first - step * env.protocol.price, atol=1e-9)


def test_a_goal_can_be_seen_well_and_is_not_at_the_start():
    """The marble in the corner is too small from wherever one can stand; it is never asked for."""
    env = gym.make_vec(ID, num_envs=200, vectorization_mode="vector_entry_point", task="find", catalogue=BoxRooms())
    _, info = env.reset(seed=0)
    goals = np.bincount(info["goal"], minlength=4)
    assert goals[2] == 0
    assert (goals[[0, 1, 3]] > 30).all()
    assert (info["quality"] < 1).all()


def test_goals_that_nobody_could_find_are_refused():
    env = single("find", goals=("marble",))
    with pytest.raises(UserError, match="no good view of any of 1 goals"):
        env.reset(seed=0)

    class Nameless(BoxRooms):
        categories = None

    with pytest.raises(UserError, match="name the categories"):
        gym.make(ID, task="find", catalogue=Nameless())
    assert gym.make(ID, task="find", catalogue=Nameless(), goals=("crate",)).unwrapped.goals == ("crate",)


def blocked(eye, points, low, high):
    """(C,) whether the way from ``eye`` to points (C, 3) meets a box: slabs."""
    way = points - eye
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (low - eye) / way, (high - eye) / way
    enter, leave = np.minimum(a, b).max(1), np.maximum(a, b).min(1)
    return (enter < leave) & (leave > 0) & (enter < 1)


def test_the_floor_seen_is_that_in_view_in_reach_and_not_behind_anything():
    """Against rays through known boxes, for many viewpoints."""
    env = gym.make_vec(ID, num_envs=40, vectorization_mode="vector_entry_point", task="cover", catalogue=BoxRooms())
    tilts = np.random.default_rng(1).uniform(-1.0, 0.3, 40)
    _, info = env.reset(seed=0, options={"scene": 0})
    viewpoints = np.column_stack([info["viewpoint"][:, :3], tilts])
    _, info = env.reset(seed=0, options={"scene": 0, "viewpoint": viewpoints})
    places, camera = env.unwrapped.task.places, env.unwrapped.camera
    floor = places.floor(0)
    depth = places.simulator.render(np.zeros(40, int), info["pose"], camera, ("depth",))["depth"]
    x, z = crate_at("long", 0)
    boxes = [
        (np.array([-PILLAR[0], 0, -PILLAR[1]]), np.array([PILLAR[0], 2.6, PILLAR[1]])),
        (np.array([x - 0.25, 0, z - 0.25]), np.array([x + 0.25, 0.6, z + 0.25])),
    ]
    wrong = shown = 0
    for i, pose in enumerate(info["pose"]):
        seen = np.zeros(len(floor), bool)
        fresh = see_floor(floor, seen, pose, depth[i], camera, 3.0)
        assert fresh == seen.sum()
        assert info["coverage"][i] == pytest.approx(fresh / len(floor))
        local = floor @ invert(pose)[:3, :3].T + invert(pose)[:3, 3]
        pixel, z_depth = camera.project(local)
        expected = (z_depth > 0) & (pixel >= 0).all(1) & (pixel < 64).all(1) & (np.linalg.norm(local, axis=1) <= 3.0)
        for low, high in boxes:
            expected &= ~blocked(pose[:3, 3], floor, low, high)
        wrong += (seen != expected).sum()
        shown += expected.sum()
    assert shown > 4000
    assert wrong < 0.01 * shown  # pixels on the edges of things see both sides of them


def test_coverage_is_paid_once_and_adds_up():
    env = single("cover", views=40)
    _, info = env.reset(seed=0, options={"scene": 3, "viewpoint": (-1.2, 1.2, 0.0, -0.4)})
    first, total = info["coverage"], 0.0
    assert first > 0.02
    for _ in range(24):
        _, reward, _, _, info = env.step(LEFT)
        assert reward >= 0
        total += reward
    np.testing.assert_allclose(first + total, info["coverage"], atol=1e-9)
    around = info["coverage"]
    for _ in range(12):
        _, reward, _, _, info = env.step(LEFT)
        assert reward == 0  # it has been all round already
    assert info["coverage"] == around < 1


def test_cover_and_room_end_after_t_views_alone():
    for task in ("cover", "room"):
        env = single(task, views=4, height=16, width=16)
        env.reset(seed=0)
        assert [env.step(LEFT)[2] for _ in range(3)] == [False, False, True]
