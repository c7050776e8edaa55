"""``activevision/ActiveObject-v0``: a camera on a sphere round an object."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import AutoresetMode

from activevision.envs.single import TaskEnv
from activevision.envs.vector import TaskVectorEnv
from activevision.envs.view_task import ViewTask


class ActiveObjectEnv(TaskEnv):
    """A camera on a sphere round an object: see it from a few viewpoints, and choose which.

    ## Description
    An object, scaled to unit radius, is at the centre of a sphere. The camera is on the sphere, looks at the centre,
    and starts at a random viewpoint. A step moves it to a neighbouring viewpoint. The episode ends after T views. What
    the object is, is for the agent to tell; the label is in ``info`` and nowhere in the observation.

    ## Action space
    ``action="grid"``: Discrete(size of the protocol's neighbourhood), an index into ``protocol.motions`` (steps
    in elevation and azimuth, raster order, staying in the middle). ``action="continuous"``: Box(−1, 1, (2,), float32),
    elevation and azimuth, where ±1 is the farthest motion of the neighbourhood.

    ## Observation space
    | key | space | meaning |
    |---|---|---|
    | rgb, or each of ``sensors`` | Box (H, W, 3) uint8 | the view; depth in metres (unit: object radius), ids int32 |
    | flow_backward | Box (H, W, 2) float32 | if it is among ``sensors``: optical flow to the last view; see below |
    | egomotion | Box (6,) float32 | twist [v, ω] of the last step, in the frame before it; zeros at the start |
    | proprioception | Box (P,) float32 | as the protocol allows: elevation in rad; azimuth as (sin, cos) |
    | steps_left | Box (1,) int32 | motions left |

    ``sensors`` may have "flow_backward", from this view to the one before the last step, and "flow_forward", from that
    one to this: pixels (column, row) by true depth and poses, each beside its masks ``…_valid`` and ``…_covisible``
    (H, W) int8. All are 0 in the first view of an episode.

    ## Rewards
    Always 0: what a view is worth depends on the recogniser. ``activevision.agents.belief_env`` pays for belief.

    ## Starting state
    Scene and viewpoint uniform. ``reset(options={"scene": index, "viewpoint": (row, column)})`` fixes either.

    ## Episode end
    Terminated after ``protocol.views`` views; never truncated.

    ## Info
    pose (4, 4) ``world_from_camera``; egomotion, realised, and commanded (4, 4) ``camera_t_from_camera_t1`` float64;
    collided, whether the lowest or highest row kept them apart; viewpoint; scene (index
    into the split), scene_id, label (index into ``classes``).

    ## Arguments
    - ``catalogue``: "procedural", "furniture", "furniture-all", a folder of meshes, or a Catalogue.
      ``catalogue_options``: its options.
    - ``split``: "train", "val" or "test".
    - ``protocol``: name of a preset or a Protocol.
    - ``action``: "grid" (views rendered once and cached) or "continuous" (rendered as they are seen).
    - ``sensors``: of rgb, depth, instance, normal, position, flow_backward, flow_forward.
    - ``sensor_noise``: on what is observed alone: "gaussian", "poisson", "redwood", …, or models of
      ``activevision.simulators.noise``; one, or several in the order in which they act. None unless given.
    - ``simulator``: "embree", "habitat", "habitat-worker" (in a process of its own, started again once if it
      dies), or a callable from scenes to a Simulator; Embree unless given.
    - ``render_mode``: "rgb_array" draws view, path and belief (``show_belief``) together.

    ## Version history
    - v0: first version.
    """

    def __init__(self, render_mode: str | None = None, **options: Any):
        super().__init__(_task(1, **options), render_mode)


class ActiveObjectVectorEnv(TaskVectorEnv):
    """N copies of ``ActiveObjectEnv``; the arguments are its own, and ``autoreset_mode`` as in ``TaskVectorEnv``."""

    def __init__(
        self,
        num_envs: int = 1,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **options: Any,
    ):
        super().__init__(_task(num_envs, **options), render_mode, autoreset_mode)


def _task(num_envs: int, **options: Any) -> ViewTask:
    return ViewTask(num_envs, "orbit", **{"catalogue": "procedural", "protocol": "look-around", **options})
