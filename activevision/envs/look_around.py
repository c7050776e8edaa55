"""``activevision/LookAround-v0``: active observation completion."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from activevision.envs.look_around_task import LookAroundTask
from activevision.envs.single import TaskEnv
from activevision.envs.vector import TaskVectorEnv


class LookAroundEnv(TaskEnv):
    """See a few views of an object or a place, and say what all the others look like.

    ## Description
    Active observation completion (Jayaraman & Grauman, *Learning to look around*, CVPR 2018). A camera on a sphere
    round an object, or one that turns in place in a room, starts at a random viewpoint. After every view the agent
    predicts the whole view grid, then moves. An episode has T views and T actions; the motion of the last action has no
    effect. As published, the grid is the agent's own: its column 0 has the azimuth of the first view, because no agent
    knows which way it faced at the start. Rows are the protocol's elevations, lowest first, so the first view is in
    column 0 of the row of its elevation.

    ## Action space
    | key | space | meaning |
    |---|---|---|
    | motion | Discrete, or Box(−1, 1, (2,), float32) | as in ``activevision/ActiveObject-v0`` |
    | prediction | Box(0, 255, (E, A, H, W, 3), uint8) | every view of the grid, E elevations × A azimuths |

    ## Observation space
    | key | space | meaning |
    |---|---|---|
    | rgb, or each of ``sensors`` | Box (H, W, 3) uint8 | the view; depth in metres, ids int32 |
    | flow_backward | Box (H, W, 2) float32 | if it is among ``sensors``: optical flow to the last view; see below |
    | egomotion | Box (6,) float32 | twist [v, ω] of the last step, in the frame before it; zeros at start and end |
    | proprioception | Box (P,) float32 | as the protocol allows: elevation in rad; azimuth as (sin, cos) |
    | steps_left | Box (1,) int32 | actions left, T at the start |

    ``sensors`` may have "flow_backward", from this view to the one before the last step, and "flow_forward", from that
    one to this: pixels (column, row) by true depth and poses, each beside its masks ``…_valid`` and ``…_covisible``
    (H, W) int8. All are 0 in the first view of an episode.

    ## Rewards
    How far the error fell from the previous prediction to this one. The error is the mean squared error of all pixel
    values of the grid, in [0, 1], times 1000 as in the paper's table. What the first prediction is compared with is a
    grid of middle grey (127.5), so the return of an episode is the error of grey less that of the last prediction.

    ## Starting state
    Scene and viewpoint uniform. ``reset(options={"scene": index, "viewpoint": (row, column)})`` fixes either.

    ## Episode end
    Terminated after ``protocol.views`` actions; never truncated.

    ## Info
    error of the latest prediction (of grey, before the first); pose (4, 4) ``world_from_camera`` and egomotion (4, 4)
    ``camera_t_from_camera_t1`` float64; viewpoint; scene (index into the split), scene_id, label (into ``classes``).
    The true grid is the property ``target``; it is nowhere in observation and info.

    ## Arguments
    - ``protocol``: "look-around-32" (objects, 7 × 12, T = 4), "look-around-scenes" (5 × 8, T = 6), or a Protocol.
    - ``catalogue``: "procedural" for cameras on a sphere and "rooms-procedural" for those that turn, unless given.
      ``catalogue_options``: its arguments.
    - ``split``: "train", "val" or "test".
    - ``action``: "grid" (views rendered once and cached) or "continuous" (rendered as they are seen, the target too).
    - ``sensors``: rgb and any of depth, instance, category, normal, position, flow_backward, flow_forward.
    - ``sensor_noise``: on what is observed alone: "gaussian", "poisson", "redwood", …, or models of
      ``activevision.simulators.noise``; one, or several in the order in which they act. None unless given.
    - ``simulator``: "embree", "habitat", "habitat-worker" (in a process of its own, started again once if it
      dies), "panorama", or a callable from scenes to a Simulator; what fits unless given.
    - ``render_mode``: "rgb_array" draws the view, the predicted and the true grid together.

    ## Version history
    - v0: first version.
    """

    task: LookAroundTask

    def __init__(self, render_mode: str | None = None, **options: Any):
        super().__init__(LookAroundTask(1, **options), render_mode)

    @property
    def target(self) -> NDArray[np.uint8]:
        """(E, A, H, W, 3) what is to be predicted in this episode; read-only, overwritten by the next one."""
        return _read_only(self.task.target[0])


class LookAroundVectorEnv(TaskVectorEnv):
    """N copies of ``LookAroundEnv``; the arguments are its own, and ``autoreset_mode`` as in ``TaskVectorEnv``."""

    task: LookAroundTask

    def __init__(
        self,
        num_envs: int = 1,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **options: Any,
    ):
        super().__init__(LookAroundTask(num_envs, **options), render_mode, autoreset_mode)

    @property
    def target(self) -> NDArray[np.uint8]:
        """(N, E, A, H, W, 3) what is to be predicted in these episodes; read-only, overwritten by the next ones."""
        return _read_only(self.task.target)


def _read_only(array: NDArray) -> NDArray:
    view = array.view()
    view.flags.writeable = False
    return view
