"""The picture of an exploration: what the camera sees, the room from above with the way so far, what is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from activevision.camera import Camera
from activevision.envs.drawing import BLUE, INK, ORANGE, PAPER, SOFT, draw_belief, font
from activevision.envs.explore_aim import Marks
from activevision.envs.explore_motion import Stance
from activevision.envs.explore_places import Latest, Places
from activevision.explore_protocol import ExploreProtocol
from activevision.geometry import from_rotation_translation
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.lighting import Lighting

_SIDE, _MARGIN, _HEADER, _FOOTER = 320, 20, 44, 40
_RED, _GLOW = (200, 46, 46), (255, 214, 120)
_CUT = 2.0  # metres over the floor above which the view from above leaves everything out
_STOREY = 0.25  # metres between floors that are shown apart
_ALOFT = 150.0  # metres from which it is taken: so far off that walls do not lean
_REACH = 1.6  # metres before the camera that are marked
_FINE = 3  # times finer than shown, so that lines come out smooth
_LIGHTING = Lighting(background=(0.94, 0.95, 0.96))
_DOWN = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # looks down, with −Z at the top of the picture


@dataclass(frozen=True, eq=False)
class TopView:
    """A storey from above.

    rgb: (S, S, 3). instance: (S, S) ids. centre: (2,) x and z of its middle. scale: pixels a metre.
    """

    rgb: NDArray[np.uint8]
    instance: NDArray[np.int32]
    centre: NDArray[np.float64]
    scale: float

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels (..., 2) of points (..., 2) given as x and z."""
        return (points - self.centre) * self.scale + len(self.rgb) / 2


class TopViews:
    """Views of storeys from above, the latest kept."""

    def __init__(self, places: Places):
        self._places = places
        self._views: Latest[tuple[int, int], TopView] = Latest(self._render, keep=16)

    def __call__(self, scene: int, floor: float) -> TopView:
        """Of the storey of a scene whose floor is at that height."""
        return self._views((scene, round(floor / _STOREY)))

    def _render(self, key: tuple[int, int]) -> TopView:
        index, floor = key[0], key[1] * _STOREY
        scene = self._places.scene(index).below(floor + _CUT)
        (low_x, _, low_z), (high_x, _, high_z) = scene.bounds
        extent = 1.06 * max(high_x - low_x, high_z - low_z)
        side = _SIDE * _FINE
        camera = Camera(side, side, 2 * float(np.degrees(np.arctan(extent / 2 / _ALOFT))))
        centre = np.array([low_x + high_x, low_z + high_z]) / 2
        pose = from_rotation_translation(_DOWN, [centre[0], floor + _ALOFT, centre[1]])
        simulator = EmbreeSimulator([scene], lighting=_LIGHTING, samples=1)
        images = simulator.render([0], pose[None], camera, ("rgb", "instance"))
        simulator.close()
        return TopView(images["rgb"][0], images["instance"][0], centre, side / extent)


def draw_exploration(
    places: Places,
    top: TopView,
    scene: int,
    stance: Stance,
    path: NDArray[np.float64],
    protocol: ExploreProtocol,
    marks: Marks,
    collided: bool,
    title: str,
    classes: Sequence[str],
    label: int,
    belief: NDArray[np.float64] | None,
) -> NDArray[np.uint8]:
    """One picture (H, W, 3) uint8 of an episode so far.

    stance: of the one camera. path: (t, 4) viewpoints so far. title: what the scene is called. belief: (C,)
    probabilities, or None where nobody recognises.
    """
    panels = 3 if belief is not None else 2
    footer = _FOOTER if marks.caption else _MARGIN
    canvas = Image.new("RGB", (panels * (_SIDE + _MARGIN) + _MARGIN, _HEADER + _SIDE + footer), PAPER)
    pen = ImageDraw.Draw(canvas)
    left = _MARGIN
    canvas.paste(Image.fromarray(_view(places, scene, stance, protocol, marks)), (left, _HEADER))
    pen.text((left, 14), f"View {len(path)} of {protocol.views}", INK, font(17))
    if collided:
        pen.text((left + _SIDE, 17), "collided", _RED, font(13), anchor="ra")
    left += _SIDE + _MARGIN
    sight = _sight(places, scene, stance, protocol)
    canvas.paste(_map(top, path, sight, protocol, marks, collided), (left, _HEADER))
    pen.text((left, 14), "From above", INK, font(17))
    pen.text((left + _SIDE, 17), title, SOFT, font(13), anchor="ra")
    pen.text((left, _HEADER + _SIDE + 10), marks.caption, INK, font(14))
    if belief is not None:
        left += _SIDE + _MARGIN
        pen.text((left, 14), "Belief", INK, font(17))
        draw_belief(pen, left, classes, label, belief)
    return np.asarray(canvas)


def _view(places: Places, scene: int, stance: Stance, protocol: ExploreProtocol, marks: Marks) -> NDArray[np.uint8]:
    """What the camera sees, finer than the agent gets it, on a square; what is sought is outlined."""
    scale = _SIDE / max(protocol.width, protocol.height)
    camera = Camera(round(protocol.width * scale), round(protocol.height * scale), protocol.hfov_deg)
    sensors = ("rgb",) if marks.things is None else ("rgb", "instance")
    images = places.simulator.render(np.array([scene]), stance.poses, camera, sensors)
    view = images["rgb"][0]
    if marks.things is not None:
        view = _outlined(view, np.isin(images["instance"][0], marks.things), 2)
    square = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    top, left = (_SIDE - camera.height) // 2, (_SIDE - camera.width) // 2
    square[top : top + camera.height, left : left + camera.width] = view
    return square


def _sight(places: Places, scene: int, stance: Stance, protocol: ExploreProtocol) -> NDArray[np.float64]:
    """(K, 2) x and z round what lies before the camera, level with it, as far as the walls or ``_REACH``."""
    level = Stance(stance.feet, stance.height, stance.angles * [1.0, 0.0, 0.0])
    camera = Camera(96, 1, protocol.hfov_deg)
    pose, depth = level.poses, places.simulator.render(np.array([scene]), level.poses, camera, ("depth",))["depth"][0]
    rays = camera.rays()
    length = np.linalg.norm(rays, axis=-1)
    near = np.minimum(np.where(depth > 0, depth, np.inf), _REACH / length)
    points = (near[..., None] * rays)[0] @ pose[0, :3, :3].T + pose[0, :3, 3]
    return np.concatenate([pose[:, [0, 2], 3], points[:, [0, 2]]])


def _map(
    top: TopView,
    path: NDArray[np.float64],
    sight: NDArray[np.float64],
    protocol: ExploreProtocol,
    marks: Marks,
    collided: bool,
) -> Image.Image:
    """The room from above: floor seen, what is sought, the way so far and what lies before the camera."""
    picture = top.rgb
    if marks.floor is not None:
        picture = _tinted(picture, top, marks.floor, protocol.cell)
    if marks.things is not None:
        picture = _outlined(picture, np.isin(top.instance, marks.things), 2 * _FINE)
    image = Image.fromarray(picture).convert("RGBA")
    layer = Image.new("RGBA", image.size)
    pen = ImageDraw.Draw(layer)
    points = [tuple(point) for point in top.place(path[:, :2]).tolist()]
    pen.polygon([tuple(point) for point in top.place(sight).tolist()], fill=(*_GLOW, 120))
    if len(points) > 1:
        pen.line(points, fill=(*PAPER, 200), width=6 * _FINE, joint="curve")
        pen.line(points, fill=(*BLUE, 255), width=3 * _FINE, joint="curve")
    for (px, py), size, colour in ((points[0], 5, BLUE), (points[-1], 8, _RED if collided else ORANGE)):
        size *= _FINE
        pen.ellipse((px - size, py - size, px + size, py + size), fill=colour, outline=PAPER, width=2 * _FINE)
    image.alpha_composite(layer)
    return image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)


def _tinted(picture: NDArray[np.uint8], top: TopView, floor: NDArray[np.float64], cell: float) -> NDArray[np.uint8]:
    """The picture with the floor round these points (K, 3) in blue."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    half = np.full(2, cell / 2)
    low, high = (top.place(floor[:, [0, 2]] + sign * half).round().astype(int) for sign in (-1, 1))
    for (x0, y0), (x1, y1) in zip(low.tolist(), high.tolist(), strict=True):
        mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 1
    tint = (0.5 * picture + 0.5 * np.array((96, 160, 235))).astype(np.uint8)
    return np.where(mask[..., None] > 0, tint, picture).astype(np.uint8)


def _outlined(picture: NDArray[np.uint8], mask: NDArray[np.bool_], width: int) -> NDArray[np.uint8]:
    """The picture with an orange line round what the mask covers."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outlined = picture.copy()
    cv2.drawContours(outlined, contours, -1, ORANGE, width, cv2.LINE_AA)
    return outlined
