"""An episode in Rerun: its path in 3D, what the camera sees, and its motion over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.geometry import log_se3
from activevision.optional import require
from activevision.rollouts.looking import pictures
from activevision.rollouts.looking.episodes import made_by
from activevision.rollouts.looking.standing import seen_colours, seen_points
from activevision.rollouts.rollout import Rollout

_APPLICATION = "activevision"
_AXES = ("x", "y", "z")
_AXIS_COLOURS = ((231, 76, 76), (84, 190, 96), (84, 140, 245))
_PATH, _COMMANDED = (98, 180, 245), (243, 154, 91)
_JPEG = 92
_IMAGE_PLANE = 0.25  # metres from the camera to where its picture hangs in 3D, at least
_OF_PATH = 0.1  # the same as a share of how far the path reaches; lines and dots are a fiftieth of it
_LEVEL = 0.1  # cosine: a view that is steeper has no behind
_POINTS, _POINT = 3000, 0.008  # of what a view sees; metres of their radius


def recording(rollout: Rollout, episode: int, classes: tuple[str, ...] = ()) -> Any:
    """A ``rerun.RecordingStream`` of an episode, kept in memory until it is saved or shown.

    Timelines are ``view`` (from 0 on) and ``time`` (seconds). ``classes`` name the entries of a recorded belief.
    Motions are logged at the view they lead to; flow at the view it begins at.
    UserError without the package.
    """
    rr = require("rerun", "rerun")
    stream = rr.RecordingStream(_APPLICATION, recording_id=f"{rollout.scene_key}-{rollout.seed}-{episode}")
    stream.send_recording_name(f"episode {episode}, {rollout.label or rollout.scene_id}")
    stream.log("world", rr.ViewCoordinates.RIGHT_HAND_Y_UP, static=True)
    stream.log("about", rr.TextDocument(_about(rollout, episode), media_type="text/markdown"), static=True)
    _log_camera(rr, stream, rollout)
    _log_sensors(rr, stream, rollout)
    _log_motions(rr, stream, rollout)
    if "belief" in rollout.sensors:
        _log_belief(rr, stream, rollout, classes)
    return stream


def save(rollout: Rollout, episode: int, path: Path, classes: tuple[str, ...] = ()) -> None:
    """Write an episode to an .rrd file, which ``rerun FILE`` opens. UserError where no file can be."""
    stream = recording(rollout, episode, classes)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        stream.save(path, default_blueprint=_blueprint(rollout))
    except RuntimeError as error:
        raise UserError(f"{path} cannot be written ({error}): check the path and its permissions.") from None
    stream.flush()
    stream.disconnect()


def show(rollout: Rollout, episode: int, classes: tuple[str, ...] = ()) -> None:
    """Open an episode in the viewer, a window of its own. UserError where there can be none."""
    stream = recording(rollout, episode, classes)
    try:
        stream.spawn(default_blueprint=_blueprint(rollout))
        stream.flush()
    except RuntimeError as error:
        raise UserError(f"Rerun's viewer does not open here ({error}): give --save FILE.rrd.") from None


def _image(rollout: Rollout) -> str:
    """Where pictures are logged: pinhole cameras show them in 3D, others only beside it."""
    return "world/camera/image" if rollout.camera == "pinhole" else "image"


def _log_camera(rr: Any, stream: Any, rollout: Rollout) -> None:
    height, width = rollout.rgb.shape[1:3]
    position = rollout.pose[:, :3, 3]
    size = max(_IMAGE_PLANE, _OF_PATH * float(np.ptp(position, axis=0).max()))
    stream.log("world/path", rr.LineStrips3D([position], colors=[_PATH], radii=[size / 50]), static=True)
    stream.log("world/views", rr.Points3D(position, colors=[_PATH], radii=[size / 20]), static=True)
    if rollout.camera == "pinhole":
        stream.log(
            _image(rollout),
            rr.Pinhole(
                image_from_camera=rollout.intrinsics,
                resolution=[width, height],
                camera_xyz=rr.ViewCoordinates.RUB,
                image_plane_distance=size,
            ),
            static=True,
        )
    stream.send_columns(
        "world/camera",
        indexes=_times(rr, rollout),
        columns=rr.Transform3D.columns(translation=position, mat3x3=rollout.pose[:, :3, :3]),
    )


def _log_sensors(rr: Any, stream: Any, rollout: Rollout) -> None:
    image = _image(rollout)
    depth = rollout.sensors.get("depth")
    nearest, farthest = pictures.depth_range(depth) if depth is not None else (0.0, 1.0)
    ids = {name: rollout.sensors[name] for name in pictures.IDS if name in rollout.sensors}
    flows = {name: rollout.pairs[name] for name in pictures.FLOWS if name in rollout.pairs}
    for name, values in ids.items():
        seen = np.unique(values).tolist()
        stream.log(
            f"{image}/{name}",
            rr.AnnotationContext([rr.AnnotationInfo(id=i, color=pictures.id_colour(i)) for i in seen]),
            static=True,
        )
    points = seen_points(rollout, _POINTS)
    colours = seen_colours(rollout, _POINTS) if depth is not None else []
    for t in range(rollout.views):
        _set_time(stream, rollout, t)
        stream.log(f"{image}/rgb", rr.Image(rollout.rgb[t]).compress(jpeg_quality=_JPEG))
        if depth is not None:
            shown = rr.DepthImage(
                depth[t].astype(np.float32), meter=1.0, depth_range=[nearest, farthest], colormap="turbo"
            )
            stream.log(f"{image}/depth", shown)
            stream.log("world/seen", rr.Points3D(points[t], colors=colours[t], radii=[_POINT]))
        for name, values in ids.items():
            stream.log(f"{image}/{name}", rr.SegmentationImage(values[t].astype(np.uint16)))
        for name, flow in flows.items():
            pair = t if name == "flow_forward" else t - 1
            if 0 <= pair < len(flow):
                masks = [rollout.pairs.get(f"{name}_{mask}") for mask in ("valid", "covisible")]
                most = pictures.flow_range(flow, masks[0])
                here = (None if mask is None else mask[pair] for mask in masks)
                stream.log(f"{image}/{name}", rr.Image(pictures.flow_colours(flow[pair], most, *here)))


def _log_motions(rr: Any, stream: Any, rollout: Rollout) -> None:
    """Curves of the twists' components; the commanded ones beside the realised ones in lighter colours."""
    if rollout.views < 2:
        return
    later = _times(rr, rollout, 1)
    for group, part, scale in (("v", slice(0, 3), 1.0), ("w", slice(3, 6), 180 / np.pi)):
        for kind, twist in (("realised", rollout.twist), ("commanded", log_se3(rollout.commanded))):
            for axis, letter in enumerate(_AXES):
                colour = np.array(_AXIS_COLOURS[axis]) // (1 if kind == "realised" else 2)
                entity = f"twist/{group}/{kind}/{letter}"
                names = [f"{group}{letter} {kind}"]
                style = rr.SeriesLines(
                    colors=[colour.tolist()], names=names, widths=[2.0 if kind == "realised" else 1.0]
                )
                stream.log(entity, style, static=True)
                values = twist[:, part][:, axis] * scale
                stream.send_columns(entity, indexes=later, columns=rr.Scalars.columns(scalars=values))
    stream.log("twist/collided", rr.SeriesLines(colors=[_COMMANDED], names=["collided"]), static=True)
    stream.send_columns(
        "twist/collided", indexes=later, columns=rr.Scalars.columns(scalars=rollout.collided.astype(np.float64))
    )


def _log_belief(rr: Any, stream: Any, rollout: Rollout, classes: tuple[str, ...]) -> None:
    """Probabilities of the classes: the bars of each view, and curves."""
    probabilities = np.exp(np.asarray(rollout.sensors["belief"], np.float64))
    count = probabilities.shape[1]
    names = classes if len(classes) == count else tuple(f"class {i}" for i in range(count))
    for t in range(rollout.views):
        _set_time(stream, rollout, t)
        stream.log("belief/bars", rr.BarChart(probabilities[t]))
    for index, name in enumerate(names):
        entity = f"belief/classes/{rr.escape_entity_path_part(name)}"
        stream.log(entity, rr.SeriesLines(colors=[pictures.id_colour(index + 1)], names=[name]), static=True)
        columns = rr.Scalars.columns(scalars=probabilities[:, index])
        stream.send_columns(entity, indexes=_times(rr, rollout), columns=columns)


def _times(rr: Any, rollout: Rollout, first: int = 0) -> list[Any]:
    return [
        rr.TimeColumn("view", sequence=np.arange(first, rollout.views)),
        rr.TimeColumn("time", duration=rollout.time[first:]),
    ]


def _set_time(stream: Any, rollout: Rollout, view: int) -> None:
    stream.set_time("view", sequence=view)
    stream.set_time("time", duration=float(rollout.time[view]))


def _about(rollout: Rollout, episode: int) -> str:
    rows: dict[str, Any] = {
        "scene": rollout.scene_id,
        "label": rollout.label or "none",
        "views": rollout.views,
        "seconds": f"{rollout.time[-1]:.3g}",
        "collisions": int(rollout.collided.sum()),
        "made by": made_by(rollout.spec),
        "protocol": rollout.protocol.get("name", "none"),
        "seed": rollout.seed,
        "camera": f"{rollout.camera}, {rollout.rgb.shape[2]} × {rollout.rgb.shape[1]} pixels",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    frames = (
        "World: right-handed, Y up, metres. The camera looks along −Z with +X to the right. Twists [v, w] are in the "
        "camera's frame before the motion: metres and degrees."
    )
    return "\n".join([f"# Episode {episode}", "", "| | |", "|---|---|", *lines, "", frames])


def _blueprint(rollout: Rollout) -> Any:
    """3D to the left; what the camera sees and the curves to the right."""
    import rerun.blueprint as rrb

    image = _image(rollout)
    shown = ["rgb", *(name for name in ("depth", *pictures.IDS) if name in rollout.sensors)]
    shown += [name for name in pictures.FLOWS if name in rollout.pairs]
    pictures_of = [rrb.Spatial2DView(origin=f"{image}", contents=f"{image}/{name}", name=name) for name in shown]
    hidden = [f"- /{image}/{name}" for name in shown if name != "rgb"]
    # what was seen stays: the surroundings grow as the camera moves
    so_far = [
        rrb.VisibleTimeRange(line, start=rrb.TimeRangeBoundary.infinite(), end=rrb.TimeRangeBoundary.cursor_relative())
        for line in ("view", "time")
    ]
    space = rrb.Spatial3DView(
        origin="world",
        contents=["+ $origin/**", *hidden],
        name="path and what was seen",
        overrides={"world/seen": [rrb.VisibleTimeRanges(so_far)]},
        eye_controls=_eye(rrb, rollout),
    )
    curves = [
        rrb.TimeSeriesView(origin="twist/v", name="v, metres"),
        rrb.TimeSeriesView(origin="twist/w", name="ω, degrees"),
        rrb.TextDocumentView(origin="about", name="about"),
    ]
    if rollout.collided.any():
        curves.insert(2, rrb.TimeSeriesView(origin="twist/collided", name="collided"))
    belief = []
    if "belief" in rollout.sensors:
        belief = [
            rrb.Horizontal(
                rrb.BarChartView(origin="belief/bars", name="belief"),
                rrb.TimeSeriesView(origin="belief/classes", name="belief over time"),
            )
        ]
    columns = 1 if len(pictures_of) == 1 else 2 if len(pictures_of) < 5 else 3
    right = rrb.Vertical(
        rrb.Grid(*pictures_of, grid_columns=columns), *belief, rrb.Tabs(*curves), row_shares=[3, *[2] * len(belief), 2]
    )
    return rrb.Blueprint(
        rrb.Horizontal(space, right, column_shares=[1, 1]),
        rrb.TimePanel(timeline="time", state="collapsed"),
        rrb.SelectionPanel(state="hidden"),
        rrb.BlueprintPanel(state="collapsed"),
    )


def _eye(rrb: Any, rollout: Rollout) -> Any:
    """From where the path is seen at first: above and behind its first view, so that all of it is in sight."""
    position = rollout.pose[:, :3, 3]
    middle: NDArray[np.float64] = (position.min(0) + position.max(0)) / 2
    away = 1.5 + 1.5 * float(np.ptp(position, axis=0).max())
    back = rollout.pose[0, :3, 2] * [1.0, 0.0, 1.0]
    length = float(np.linalg.norm(back))
    back = back / length if length > _LEVEL else np.array([0.6, 0.0, 0.8])
    eye = middle + away * (back + np.array([0.0, 0.8, 0.0]))
    return rrb.EyeControls3D(
        kind=rrb.Eye3DKind.Orbital, position=eye.tolist(), look_target=middle.tolist(), eye_up=[0.0, 1.0, 0.0]
    )
