"""Parts that many kinds of furniture share: legs, handles, vents."""

from __future__ import annotations

import numpy as np

from activevision.scenes.procedural.solids import Point, Solid, box, cylinder, fillet, lathe, tube

LEG_STYLES = ("square", "tapered", "round", "splayed", "turned")


def leg(style: str, x: float, z: float, height: float, thickness: float) -> Solid:
    """One leg under (x, z); a splayed one leans away from the middle."""
    at = (x, 0.0, z)
    if style == "square":
        return box(thickness, height, thickness, at)
    if style == "tapered":
        return box(thickness * 1.15, height, thickness * 1.15, at).tapered(0.55)
    if style == "round":
        return cylinder(thickness / 2, height, at, sides=14)
    if style == "turned":
        t = thickness / 2
        profile = [
            (0, 0),
            (0.7 * t, 0),
            (0.8 * t, 0.1),
            (0.6 * t, 0.14),
            (1.1 * t, 0.3),
            (1.2 * t, 0.5),
            (0.8 * t, 0.72),
        ]
        profile += [(0.8 * t, 0.76), (1.25 * t, 0.8), (1.25 * t, 1.0), (0, 1.0)]
        return lathe(np.array(profile) * [1, height], at, sides=14, crease_deg=60)
    foot = (x + 0.12 * height * np.sign(x), 0.0, z + 0.12 * height * np.sign(z))
    return tube([foot, (x, height, z)], [0.32 * thickness, 0.55 * thickness], sides=10)


def four_legs(style: str, width: float, depth: float, height: float, thickness: float) -> list[Solid]:
    """Legs under the corners of a width × depth top, inset by their thickness."""
    x, z = width / 2 - thickness, depth / 2 - thickness
    return [leg(style, sx * x, sz * z, height, thickness) for sx in (-1, 1) for sz in (-1, 1)]


def star_base(radius: float, height: float, arms: int, castors: bool) -> list[Solid]:
    """A column on a star of arms, as under an office chair."""
    lift = 0.06 if castors else 0.0
    parts = [cylinder(0.032, height - lift - 0.02, (0, lift + 0.02, 0), sides=16)]
    for index in range(arms):
        angle = 2 * np.pi * index / arms
        tip = (radius * np.cos(angle), lift + 0.015, radius * np.sin(angle))
        parts.append(tube([(0, lift + 0.06, 0), tip], [0.028, 0.015], sides=8))
        if castors:
            wheel = cylinder(0.028, 0.03, sides=14).turned("z", 90).moved(0.015, 0.028, 0)
            parts.append(wheel.turned("y", float(-np.degrees(angle))).moved(tip[0], 0, tip[2]))
    return parts


def disc_base(radius: float, height: float, column: float) -> Solid:
    """A trumpet foot that narrows into a column."""
    profile = [(0, 0), (radius, 0), (radius, 0.015), (0.5 * radius, 0.035), (1.2 * column, 0.09), (column, 0.16)]
    return lathe([*profile, (column, height), (0, height)], crease_deg=50)


def handle(style: int, length: float, at: Point, upright: bool = False) -> Solid:
    """A drawer or door pull that stands out towards +Z from ``at``, its middle: a bow, a knob, a bar or a cup pull."""
    if style == 0:
        path = fillet([(-length / 2, 0, 0), (-length / 2, 0, 0.03), (length / 2, 0, 0.03), (length / 2, 0, 0)], 0.02)
        solid = tube(path, 0.006, sides=8)
    elif style == 1:
        knob = lathe([(0, 0), (0.008, 0), (0.008, 0.012), (0.017, 0.02), (0.016, 0.03), (0, 0.034)], sides=14)
        solid = knob.turned("x", 90)
    elif style == 2:
        solid = box(length, 0.016, 0.024, (0, -0.008, 0.012), radius=0.005)
    else:
        cup = lathe([(0, 0), (0.02, 0.0), (0.028, 0.02), (0, 0.02)], sides=16).turned("x", 90)
        solid = cup.scaled(length / 0.08, 1, 1)
    return (solid.turned("z", 90) if upright else solid).moved(*at)


def louvres(width: float, height: float, count: int, at: Point) -> list[Solid]:
    """A vent of ``count`` level slats that stand a little out of a plane facing +Z; ``at``: mid lower edge."""
    pitch = height / count
    return [
        box(width, 0.55 * pitch, 0.008, (at[0], at[1] + (i + 0.2) * pitch, at[2] + 0.002), radius=0.002)
        for i in range(count)
    ]


def cable(start: Point, drop_to: float, sideways: float) -> Solid:
    """A cord from ``start`` on an object's back, down to the height ``drop_to`` and off to one side."""
    x, y, z = start
    path = [(x, y, z + 0.01), (x, y, z - 0.035), (x + 0.3 * sideways, (y + drop_to) / 2, z - 0.04)]
    path += [(x + 0.7 * sideways, drop_to + 0.012, z - 0.03), (x + sideways, drop_to + 0.012, z - 0.02)]
    return tube(fillet(path, 0.06, 4), 0.009, sides=8)
