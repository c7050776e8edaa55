"""``activevision/Explore-v0``: a camera that moves about freely in a room."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import AutoresetMode

from activevision.envs.explore_task import ExploreTask
from activevision.envs.single import TaskEnv
from activevision.envs.vector import TaskVectorEnv


class ExploreEnv(TaskEnv):
    """A camera that moves about in a room: walk, turn and look up and down, without walking through things.

    ## Description
    The camera starts at eye height somewhere on the free floor of a room, looking level. Walls and furniture stop it:
    it keeps ``radius`` from them and slides along them. What it is to do is its task:
    - "room": recognise the room from T views. That is for the agent to tell; the label is in ``info``.
    - "find": get a good view of an object whose category the observation names. A view is good in which an object of
      that category covers at least 1 % of the pixels, from at most 2 m away (the mean over its pixels), with the
      mean of its pixels within the middle half of the view, across and down.
    - "cover": see the floor on which one can walk, as points 0.1 m apart. A view shows those that project into it from
      at most 3 m away with nothing before them.

    ## Action space
    ``action="discrete"``: Discrete(6), in the order of ``protocol.motions``: move_forward 0.25 m along the heading,
    level wherever the camera looks; turn_left, turn_right 15°; look_up, look_down 15°, up to ±60°; stay.
    ``action="continuous"``: Box(−1, 1, (6,), float32), a twist [v, ω] in the camera's frame (+X right, +Y up, −Z ahead)
    that it follows for one step: ±1 is 0.25 m along each axis, 15° about each. The camera is free in all six degrees of
    freedom within limits: over the free floor, from 0.5 m above it to eye height, tilted up to ±60°, rolled up to
    ±30°. With ``Locomotion(lowest=1.5, roll_limit_deg=0)`` it walks upright instead.

    ## Observation space
    | key | space | meaning |
    |---|---|---|
    | rgb, or each of ``sensors`` | Box (H, W, 3) uint8 | the view; depth in metres, ids int32 |
    | flow_backward | Box (H, W, 2) float32 | if it is among ``sensors``: optical flow to the last view; see below |
    | egomotion | Box (6,) float32 | twist [v, ω] of the last step, in the frame before it; zeros at the start |
    | proprioception | Box (1,) or (3,) float32 | tilt in rad; in continuous motion roll and the height in m as well |
    | collided | Box (1,) int8 | whether something stopped the last step, wholly or in part |
    | steps_left | Box (1,) int32 | motions left |
    | goal | Box (G,) float32 | "find" alone: one-hot, which of ``goals`` to find |

    The egomotion is the realised one, or with ``odometry="commanded"`` what was asked for. The class label is not in
    the observation, under any task. (A goal is: that a toilet is to be found does tell something about the room.)

    ``sensors`` may have "flow_backward", from this view to the one before the last step, and "flow_forward", from that
    one to this: pixels (column, row) by true depth and poses, each beside its masks ``…_valid`` and ``…_covisible``
    (H, W) int8. All are 0 in the first view of an episode.

    ## Rewards
    - "room": always 0, because what a view is worth depends on the recogniser. ``activevision.agents.belief_env`` pays
      for belief.
    - "find": the rise of the best quality of a view so far, less 0.01 for each step. Quality, in [0, 1], is size ×
      nearness × centring as ``explore_find.Find`` has it, and 1 for a good view. It is a potential of the episode's
      past: the rewards add up to the best quality less that of the first view and the price of the steps.
    - "cover": the share of the floor's points that is seen for the first time, those of the first view excepted.

    ## Starting state
    Scene uniform; position uniform over the free floor that hangs together; heading uniform. The goal is uniform over
    the categories of the scene that have a good view, tried out beforehand, and none at the start.
    ``reset(options={"scene": index, "viewpoint": (x, z, heading, tilt), "goal": index})`` fixes any of them, in metres
    and radians: a heading of 0 looks along −Z, a positive one to the left of that.

    ## Episode end
    Terminated after ``protocol.views`` views (20 for "room", 60 otherwise), and in "find" at a good view. Never
    truncated.

    ## Info
    pose (4, 4) ``world_from_camera``; egomotion, realised, and commanded (4, 4) ``camera_t_from_camera_t1`` float64;
    collided; viewpoint (x, z, heading, tilt); scene (index into the split), scene_id; label (index into ``classes``:
    the class of the room, under every task). "find" adds goal (index into ``goals``), quality, best_quality and
    success; "cover" adds coverage, the share of the floor seen.

    ## Arguments
    - ``catalogue``: "rooms-procedural", "rooms", "scans:FOLDER", or a Catalogue. ``catalogue_options``: its options.
    - ``split``: "train", "val" or "test".
    - ``task``: "room", "find" or "cover".
    - ``protocol``: an ``ExploreProtocol`` or a preset's name; that of the task unless given. Any of its fields can be
      given as an argument as well: ``action``, ``views``, ``locomotion``, ``odometry``, ``good_view``, ``goals``,
      ``eye_height``, ``hfov_deg``, ``height``, ``width``, ….
    - ``noise``: a model of ``activevision.envs.actuation``, or None for motions that come out as commanded. A model
      sees the motion in the level frame of the heading, as a robot does that carries the camera.
    - ``sensors``: of rgb, depth, instance, category, normal, position, flow_backward, flow_forward.
    - ``sensor_noise``: on what is observed alone: "gaussian", "poisson", "redwood", …, or models of
      ``activevision.simulators.noise``; one, or several in the order in which they act. None unless given.
    - ``simulator``: "embree", "habitat", "habitat-worker" (in a process of its own, started again once if it
      dies), or a callable from scenes to a Simulator; Embree unless given. One that has
      ``navigable(scene_id, agent)``, as habitat-sim with its navigation mesh, says itself where the free floor is.
    - ``render_mode``: "rgb_array" draws the view, the room from above with the way so far, and belief
      (``show_belief``).

    ## Version history
    - v0: first version.
    """

    task: ExploreTask

    def __init__(self, render_mode: str | None = None, **options: Any):
        super().__init__(ExploreTask(1, **options), render_mode)

    @property
    def goals(self) -> tuple[str, ...]:
        """Names of what may have to be found; empty unless that is the task."""
        return self.task.aim.goals


class ExploreVectorEnv(TaskVectorEnv):
    """N copies of ``ExploreEnv``; the arguments are its own, and ``autoreset_mode`` as in ``TaskVectorEnv``."""

    task: ExploreTask

    def __init__(
        self,
        num_envs: int = 1,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **options: Any,
    ):
        super().__init__(ExploreTask(num_envs, **options), render_mode, autoreset_mode)

    @property
    def goals(self) -> tuple[str, ...]:
        """Names of what may have to be found; empty unless that is the task."""
        return self.task.aim.goals
