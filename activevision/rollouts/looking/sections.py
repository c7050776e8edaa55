"""The figures of the page, each with the sentence that says what it shows."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from activevision.pages.html import element, responsive
from activevision.pages.words import percent
from activevision.rollouts.looking import charts, maps
from activevision.rollouts.looking.facts import extents, section, sensors
from activevision.rollouts.looking.samples import film, sample
from activevision.rollouts.looking.survey import DEPTH_BINS, Survey
from activevision.rollouts.looking.viewpoints import MOVE, ORBIT, angle_histogram, from_first, headings

_AXES = (
    ("to the right (x)", " m"), ("up (y)", " m"), ("back (z)", " m"),
    ("pitch, up (x)", "°"), ("yaw, left (y)", "°"), ("roll, left (z)", "°"),
)  # fmt: skip
_STEPS = 8  # motions from which on it is worth asking how a motion depends on the time
_BARS = 60
_PATHS = 200
_SAME = 1e-6


def contact_sheet(survey: Survey) -> Element:
    shown, there = len(survey.tiles), len(survey.scenes)
    which = f"{shown} of {there} scenes" if shown < there else "Every scene"
    return section(
        "Contact sheet",
        f"{which}, one episode each by its first frame; under the pointer the episode plays.",
        element("div", [film(tile) for tile in survey.tiles], class_="films"),
    )


def motions(survey: Survey) -> Element | None:
    realised = np.concatenate([track.twist for track in survey.tracks])
    commanded = np.concatenate([track.commanded for track in survey.tracks])
    if not len(realised):
        return None
    other = np.abs(realised - commanded).max(axis=1) > _SAME
    differs = bool(other.any())
    scale = np.array([1.0, 1, 1, *[180 / np.pi] * 3])
    realised, commanded = realised * scale, commanded * scale
    both = np.abs(np.concatenate([realised, commanded]))
    most = [max(float(both[:, part].max()), 1e-3) * 1.02 for part in (slice(0, 3), slice(3, 6))]
    outcome = (
        f"{percent(float(other.mean()))} of the motions came out otherwise than commanded."
        if differs
        else "All motions came out as commanded."
    )
    return section(
        "Motions",
        f"Components of the twist [v, ω] of each motion, in the camera's frame before it. {outcome} Heights are square "
        "roots of shares, so that rare motions show.",
        element(
            "p",
            [element("span", element("i", class_=f"key {name}"), name) for name in ("realised", "commanded")],
            class_="keys",
        )
        if differs
        else None,
        element(
            "div",
            [
                element(
                    "div",
                    charts.motions(
                        name, realised[:, axis], commanded[:, axis] if differs else None, most[axis // 3], unit
                    ),
                )
                for axis, (name, unit) in enumerate(_AXES)
            ],
            class_="six",
        ),
    )


def over_time(survey: Survey) -> Element | None:
    """How fast the camera is after so many seconds; None where episodes are too short for the question."""
    longest = max(survey.tracks, key=lambda track: len(track.twist))
    if len(longest.twist) < _STEPS:
        return None
    rates = np.full((len(survey.tracks), len(longest.twist), 2), np.nan)
    for row, track in zip(rates, survey.tracks, strict=True):
        seconds = np.diff(track.time)[:, None]
        lengths = np.stack(
            [np.linalg.norm(track.twist[:, :3], axis=1), np.linalg.norm(track.twist[:, 3:], axis=1)], axis=1
        )
        row[: len(track.twist)] = lengths / seconds
    rates[..., 1] = np.degrees(rates[..., 1])
    time = longest.time[1:]
    panels = [("Rotation rate", 1, "° a second")]
    if np.nanmax(rates[..., 0]) > 0:
        panels.insert(0, ("Speed", 0, "metres a second"))
    return section(
        "Speed over time",
        "Median over the episodes that last that long, with the middle half (dark) and four fifths (light).",
        element(
            "div",
            [element("div", charts.over_time(name, time, rates[..., i], unit)) for name, i, unit in panels],
            class_="pair",
        ),
    )


def coverage(survey: Survey) -> Element:
    angles = np.concatenate([headings(track.pose) for track in survey.tracks])
    orbit = survey.kind == ORBIT
    if orbit:
        angles = angles * [1, -1]
        words = ("azimuth of the viewpoint", "elevation")
        lead = "Where the camera stood round the object. Azimuth 0° is on +Z and rises towards +X."
    else:
        words = ("heading", "tilt")
        lead = "Which way the camera looked. Heading 0° is along −Z and rises to the left; tilt rises upwards."
    counts = angle_histogram(angles)
    empty = float((counts == 0).mean())
    return section(
        "Viewpoints" if orbit else "Directions of view",
        f"{lead} Full colour is the most frequent; {percent(empty, 0)} of the cells were never seen.",
        responsive(lambda width: maps.angle_map(counts, *words, width)),
    )


def trajectories(survey: Survey) -> Element | None:
    """Paths from above; None where the camera only turns."""
    tracks = survey.tracks[:: max(1, len(survey.tracks) // _PATHS)][:_PATHS]
    if survey.kind == ORBIT:
        return section(
            "Trajectories from above",
            "Every line is an episode, every dot a view.",
            element(
                "div",
                element("div", maps.orbit_from_above([track.pose[:, :3, 3] for track in tracks])),
                element("div", extents(survey)),
                class_="pair",
            ),
        )
    if survey.kind != MOVE:
        return None
    scenes = [scene for scene in survey.mapped_scenes if any(track.scene_id == scene for track in survey.tracks)]
    return section(
        "Trajectories from above",
        "First all episodes from one start, then scene by scene: arrows are first views, dots the others, and grey is "
        "what the depth images show standing on the floor."
        if survey.floors
        else "First all episodes from one start, then scene by scene: arrows are first views, dots the others.",
        element(
            "div",
            element("div", maps.paths_from_start([from_first(track.pose) for track in tracks])),
            element("div", extents(survey)),
            class_="pair",
        ),
        element("div", [_floor(survey, scene) for scene in scenes], class_="floors"),
    )


def collisions(survey: Survey) -> Element | None:
    collided = np.concatenate([track.collided for track in survey.tracks])
    if not len(collided):
        return None
    if not collided.any():
        return section("Collisions", "Nothing stopped a motion.")
    touched = np.mean([track.collided.any() for track in survey.tracks])
    counts = np.bincount([int(track.collided.sum()) for track in survey.tracks])
    rows = [(f"{k} collision{'s' if k != 1 else ''}", int(count)) for k, count in enumerate(counts)]
    return section(
        "Collisions",
        f"{percent(float(collided.mean()))} of the motions were stopped, wholly or in part, in "
        f"{percent(float(touched), 0)} of the episodes. How many episodes had how many collisions:",
        element("div", charts.bars(rows), class_="square") if len(rows) < _BARS else None,
    )


def classes(survey: Survey) -> Element:
    ordered = sorted(survey.labels.items(), key=lambda item: (-item[1], item[0]))
    named = {name: 0 for name in survey.manifest.classes if name not in survey.labels}
    rows = [*ordered, *named.items()]
    if not ordered:
        return section("Classes", "The episodes carry no class names.")
    most, least = rows[0][1], rows[-1][1]
    left_out = len(rows) - _BARS
    return section(
        "Classes",
        f"Episodes of each class: from {least} to {most}."
        + (f" The {left_out} smallest are left out." if left_out > 0 else ""),
        element("div", charts.bars(rows[:_BARS]), class_="columns"),
    )


def depth(survey: Survey) -> Element | None:
    counts, nothing = survey.depths, survey.nothing_hit
    if counts is None or nothing is None or not counts.sum():
        return None
    middle = DEPTH_BINS[1:][np.searchsorted(np.cumsum(counts), counts.sum() / 2)]
    return section(
        "Depth",
        f"Over all pixels that hit something: half of them are nearer than {middle:.2g} m. {percent(nothing)} of the "
        "pixels hit nothing.",
        responsive(lambda width: charts.depth_histogram(counts, DEPTH_BINS, width)),
    )


def samples(survey: Survey) -> Element:
    return section(
        "What a view holds",
        "Grey is what has no value: nothing hit, background, or flow that is not valid.",
        [sample(rollout) for rollout in survey.samples],
        sensors(survey.samples[0]),
    )


def _floor(survey: Survey, scene: str) -> Element:
    tracks = [track for track in survey.tracks if track.scene_id == scene]
    standing: NDArray[np.float32] | None = np.concatenate(survey.floors[scene]) if scene in survey.floors else None
    label = tracks[0].label
    return maps.floor_map([track.pose for track in tracks[:6]], standing, f"{label}, {scene}" if label else scene)
