"""Intrinsics as calibrations give them, and as the user may, for videos whose files do not tell them.

Calibrations by OpenCV and its like put the origin into the middle of the first pixel; ours is in the image's top left
corner, so principal points differ by half a pixel. Here numbers come in their convention and matrices go out in ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError

HALF_PIXEL = 0.5


@dataclass(frozen=True)
class Intrinsics:
    """Focal lengths and principal point in pixels as OpenCV has them, or else a horizontal field of view in degrees."""

    fx: float | None = None
    fy: float | None = None
    cx: float | None = None
    cy: float | None = None
    hfov_deg: float | None = None

    @property
    def given(self) -> bool:
        return any(value is not None for value in vars(self).values())

    def matrix(self, width: int, height: int) -> NDArray[np.float64]:
        """K (3, 3). What is not given: fy equals fx, and the principal point is in the middle.

        UserError where neither fx nor hfov_deg is given, or both.
        """
        if (self.fx is None) == (self.hfov_deg is None):
            raise UserError("the camera's intrinsics are not known: give either --fx (with --fy --cx --cy) or --hfov.")
        if self.hfov_deg is not None:
            if not 0 < self.hfov_deg < 180:
                raise UserError(f"--hfov {self.hfov_deg}: a pinhole camera's must lie between 0 and 180 degrees.")
            fx = 0.5 * width / math.tan(math.radians(self.hfov_deg) / 2)
        else:
            assert self.fx is not None
            fx = self.fx
        fy = fx if self.fy is None else self.fy
        cx = width / 2 - HALF_PIXEL if self.cx is None else self.cx
        cy = height / 2 - HALF_PIXEL if self.cy is None else self.cy
        return pinhole("the intrinsics that were given", fx, fy, cx, cy)


def pinhole(whence: str, fx: float, fy: float, cx: float, cy: float) -> NDArray[np.float64]:
    """K (3, 3) in our convention, for numbers in OpenCV's that come from ``whence``.

    UserError where a focal length is not positive.
    """
    if not (fx > 0 and fy > 0 and math.isfinite(cx) and math.isfinite(cy)):
        raise UserError(f"{whence}: fx={fx}, fy={fy}, cx={cx}, cy={cy} are no intrinsics of a pinhole camera.")
    return np.array([[fx, 0, cx + HALF_PIXEL], [0, fy, cy + HALF_PIXEL], [0, 0, 1.0]])
