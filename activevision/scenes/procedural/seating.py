"""Chairs, sofas and beds."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import HARD, SOFT, Finish, Model, fitting, pick
from activevision.scenes.procedural.joinery import LEG_STYLES, disc_base, four_legs, star_base
from activevision.scenes.procedural.solids import Solid, box, cylinder, extrude, fillet, lathe, merge, tube


def chair(rng: Generator) -> Model:
    """Four legs, star, sled or disc under a seat; slatted, laddered, panelled or padded back; arms or none."""
    model = Model()
    frame, soft = pick(rng, HARD), pick(rng, SOFT)
    width, depth, height = rng.uniform(0.42, 0.54), rng.uniform(0.42, 0.52), rng.uniform(0.42, 0.5)
    padded = rng.random() < 0.55
    seat_finish = soft if padded else frame
    thickness = rng.uniform(0.06, 0.11) if padded else rng.uniform(0.025, 0.045)
    under = height - thickness
    round_seat = rng.random() < 0.2
    if round_seat:
        model.add(seat_finish, cylinder(width / 2, thickness, (0, under, 0), 32, bevel=0.4 * thickness))
    else:
        seat = box(width, thickness, depth, (0, under, 0), radius=0.45 * thickness, inner=4)
        model.add(seat_finish, seat.puffed(0.02) if padded else seat)
    _chair_base(rng, model, frame, width * (0.8 if round_seat else 1), depth * (0.8 if round_seat else 1), under)
    rise = rng.uniform(0.36, 0.62)
    back = _chair_back(rng, width * rng.uniform(0.82, 1.0), rise, padded)
    lean, bow = -rng.uniform(4, 14), rng.uniform(0.0, 0.07)
    z = -depth / 2 + 0.03
    for finish, solids in ((soft, back[0]), (frame, back[1])):
        if solids:
            model.add(finish, merge(solids).bowed(bow).turned("x", lean).moved(0, height - 0.03, z))
    if rng.random() < 0.35:
        reach, top = depth * rng.uniform(0.6, 0.85), height + rng.uniform(0.18, 0.25)
        for side in (-1, 1):
            x = side * (width / 2 + 0.005)
            path = [(x, under, z + reach), (x, top, z + reach), (x, top, z - 0.02)]
            model.add(frame, tube(fillet(path, 0.08, 5), 0.016, sides=8))
            model.add(frame, box(0.05, 0.025, reach, (x, top - 0.005, z + reach / 2), radius=0.01))
    return model


def _chair_base(rng: Generator, model: Model, frame: Finish, width: float, depth: float, under: float) -> None:
    style = rng.integers(6)
    metal = fitting(rng)
    if style <= 2:
        legs = LEG_STYLES[rng.integers(len(LEG_STYLES))]
        thickness = rng.uniform(0.03, 0.045)
        model.add(frame, *four_legs(legs, width, depth, under, thickness))
        if legs != "splayed" and rng.random() < 0.6:
            y = under * rng.uniform(0.3, 0.6)
            for side in (-1, 1):
                model.add(frame, box(0.018, 0.025, depth - 2 * thickness, (side * (width / 2 - thickness), y, 0)))
            model.add(frame, box(width - 2 * thickness, 0.025, 0.018, (0, y, 0)))
        if legs in ("square", "tapered", "turned"):
            model.add(frame, box(width - 1.6 * thickness, 0.05, depth - 1.6 * thickness, (0, under - 0.05, 0)))
    elif style == 3:
        castors = rng.random() < 0.7
        model.add(metal, *star_base(rng.uniform(0.27, 0.32), under, int(rng.integers(4, 6)), castors))
    elif style == 4:
        model.add(metal, disc_base(rng.uniform(0.2, 0.25), under, 0.025))
    else:
        for side in (-1, 1):
            x = side * (width / 2 - 0.02)
            path = [
                (x, under, -depth / 2 + 0.05),
                (x, 0.012, -depth / 2 + 0.01),
                (x, 0.012, depth / 2),
                (x, under, depth / 2 - 0.06),
            ]
            model.add(metal, tube(fillet(path, 0.06, 4), 0.012, sides=8))
        model.add(metal, box(width - 0.04, 0.02, 0.02, (0, 0.002, -depth / 2 + 0.06)))


def _chair_back(rng: Generator, width: float, rise: float, padded: bool) -> tuple[list[Solid], list[Solid]]:
    """Cushions and frame of a back that stands on y = 0 in the plane z = 0."""
    style = rng.integers(5)
    post = rng.uniform(0.025, 0.04)
    posts = [box(post, rise, post, (s * (width - post) / 2, 0, 0), radius=0.008) for s in (-1, 1)]
    crest = box(width, rng.uniform(0.06, 0.1), 0.028, (0, rise - 0.06, 0), radius=0.012, inner=6)
    if style == 0:
        low = rng.uniform(0.02, 0.35) * rise
        panel = box(
            width, rise - low, 0.07 if padded else 0.025, (0, low, 0), radius=0.034 if padded else 0.01, inner=6
        )
        struts = [box(post, low + 0.05, post, (s * width * 0.32, 0, -0.01)) for s in (-1, 1)]
        return ([panel], struts) if padded else ([], [panel, *struts])
    if style == 1:
        count = int(rng.integers(3, 7))
        xs = np.linspace(-1, 1, count + 2)[1:-1] * (width - post) / 2
        slat = rng.uniform(0.35, 0.7) * width / (count + 1)
        return [], [*posts, crest, *(box(slat, rise - 0.05, 0.014, (x, 0, 0)) for x in xs)]
    if style == 2:
        count = int(rng.integers(2, 5))
        rung = 0.4 * rise / count
        ys = np.linspace(0.15, 0.98, count) * rise - rung / 2
        return [], [*posts, *(box(width - post, rung, 0.018, (0, y, 0), radius=0.006, inner=6) for y in ys)]
    if style == 3:
        count = int(rng.integers(5, 9))
        xs = np.linspace(-0.46, 0.46, count) * width
        return [], [crest, *(tube([(0.75 * x, 0, 0), (x, rise - 0.04, 0)], 0.009, sides=8) for x in xs)]
    right = [(0, 0.1 * rise), (width * 0.42, 0.1 * rise), (width * 0.5, rise), (0, rise * 1.04)]
    left = [(-width * 0.5, rise), (-width * 0.42, 0.1 * rise), (0, 0.1 * rise)]
    outline = fillet([*right, *left], 0.12, 4)[:-1]
    shell = extrude(outline, 0.055 if padded else 0.022)
    struts = [box(post, 0.2 * rise, post, (s * width * 0.3, 0, 0)) for s in (-1, 1)]
    return ([shell], struts) if padded else ([], [shell, *struts])


def sofa(rng: Generator) -> Model:
    """One to three seats; boxed, rolled, slanted or no arms; cushions; legs, plinth or runners; maybe a chaise."""
    model = Model()
    soft = pick(rng, SOFT)
    pillow = pick(rng, SOFT)
    frame = pick(rng, HARD)
    seats = int(rng.choice([1, 2, 2, 3]))
    place, arm = rng.uniform(0.56, 0.72), rng.uniform(0.1, 0.24)
    style = rng.integers(4)
    inner = seats * place
    width = inner + (2 * arm if style < 3 else 0)
    depth, lift = rng.uniform(0.8, 0.98), rng.uniform(0.06, 0.16)
    seat_top, arm_top, back_top = rng.uniform(0.4, 0.47), rng.uniform(0.54, 0.66), rng.uniform(0.68, 0.92)
    cushion = rng.uniform(0.12, 0.18)
    thick = rng.uniform(0.12, 0.2)
    model.add(soft, box(width - 0.02, seat_top - cushion - lift, depth - 0.02, (0, lift, 0), radius=0.03))
    model.add(
        soft,
        box(width - (0 if style == 3 else 0.04), back_top - lift, thick, (0, lift, -(depth - thick) / 2), radius=0.06),
    )
    for side in (-1, 1) if style < 3 else ():
        x = side * (width - arm) / 2
        if style == 0:
            model.add(soft, box(arm, arm_top - lift, depth, (x, lift, 0), radius=0.04))
        elif style == 1:
            model.add(soft, box(0.75 * arm, arm_top - lift - 0.05, depth - 0.02, (x, lift, 0), radius=0.02))
            roll = cylinder(0.6 * arm, depth, sides=24, bevel=0.02).turned("x", 90)
            model.add(soft, roll.moved(x, arm_top - 0.3 * arm, -depth / 2))
        else:
            outline = [(-depth / 2, lift), (depth / 2, lift), (depth / 2, arm_top - 0.12), (-depth / 2, arm_top + 0.06)]
            rounded = fillet([*outline, outline[0]], 0.05, 3)[1:]
            model.add(soft, extrude(rounded[::-1] * [-1, 1], arm).turned("y", 90).moved(x))
    chaise = rng.uniform(0.4, 0.6) if seats > 1 and rng.random() < 0.25 else 0.0
    for index in range(seats):
        x = (index - (seats - 1) / 2) * place
        long = depth - thick + (chaise if index == 0 else 0)
        z = -depth / 2 + thick + long / 2
        seat = box(place - 0.008, cushion, long, (x, seat_top - cushion, z), radius=0.05, inner=6)
        model.add(soft, seat.puffed(0.03))
        if index == 0 and chaise:
            model.add(
                soft,
                box(
                    place,
                    seat_top - cushion - lift,
                    chaise + 0.1,
                    (x, lift, depth / 2 + chaise / 2 - 0.06),
                    radius=0.03,
                ),
            )
        high = back_top - seat_top + rng.uniform(-0.04, 0.05)
        rest = box(place - 0.01, 0.16, high, (0, 0, 0), radius=0.06, inner=6).puffed(0.05).turned("x", 78)
        model.add(soft, rest.moved(x, seat_top + high / 2 - 0.01, -depth / 2 + thick + 0.02))
    for _ in range(int(rng.integers(0, 3))):
        x = rng.uniform(-0.42, 0.42) * inner
        scatter = (
            box(0.42, 0.13, 0.38, radius=0.06, inner=6).puffed(0.05).turned("x", 66).turned("y", rng.uniform(-15, 15))
        )
        model.add(pillow, scatter.moved(x, seat_top + 0.19, -depth / 2 + thick + 0.17))
    _feet(rng, model, frame, width, depth, lift)
    return model


def _feet(rng: Generator, model: Model, frame: Finish, width: float, depth: float, lift: float) -> None:
    style = rng.integers(3)
    if style == 0:
        legs = LEG_STYLES[rng.integers(4)]
        model.add(frame, *four_legs(legs, width - 0.06, depth - 0.06, lift + 0.01, 0.055))
    elif style == 1:
        model.add(frame, box(width - 0.1, lift + 0.01, depth - 0.1))
    else:
        for side in (-1, 1):
            model.add(frame, box(0.05, 0.03, depth - 0.04, (side * (width / 2 - 0.1), 0, 0)))
            for z in (-depth / 2 + 0.1, depth / 2 - 0.1):
                model.add(frame, box(0.04, lift + 0.01, 0.04, (side * (width / 2 - 0.1), 0, z)))


def bed(rng: Generator) -> Model:
    """Single to king size; slatted, panelled, padded or arched head; legs or plinth; duvet; maybe four posts."""
    model = Model()
    frame, head = pick(rng, HARD), pick(rng, SOFT)
    sheet, cover, pillow = pick(rng, SOFT), pick(rng, SOFT), pick(rng, SOFT)
    width, length = float(rng.choice([0.9, 1.2, 1.4, 1.6, 1.8])), rng.uniform(1.95, 2.1)
    lift, rail, mattress = rng.uniform(0.1, 0.3), rng.uniform(0.1, 0.2), rng.uniform(0.16, 0.26)
    deck = lift + rail
    outer, long = width + 0.08, length + 0.08
    model.add(frame, box(outer, rail, long, (0, lift, 0), radius=0.02))
    if rng.random() < 0.35:
        model.add(frame, box(outer - 0.1, lift, long - 0.1))
    else:
        model.add(frame, *four_legs(LEG_STYLES[rng.integers(len(LEG_STYLES))], outer, long, lift, 0.07))
    model.add(sheet, box(width, mattress, length, (0, deck - 0.03, 0), radius=0.06, inner=4).puffed(0.015))
    top = deck - 0.03 + mattress
    spread = rng.uniform(0.55, 0.75) * length
    duvet = box(
        width + 0.06, 0.1 + 0.5 * mattress, spread, (0, top - 0.45 * mattress, (length - spread) / 2 + 0.02), 0.05, 6
    )
    model.add(cover, duvet.puffed(0.03))
    count = 1 if width < 1.3 else 2
    for index in range(count):
        x = (index - (count - 1) / 2) * width / count
        rest = box(min(0.62, 0.85 * width / count), 0.14, 0.42, radius=0.065, inner=6).puffed(0.04)
        model.add(pillow, rest.turned("x", 14).moved(x, top - 0.01, -length / 2 + 0.28))
    rise = rng.uniform(0.35, 0.75) + top
    _bed_end(rng, model, frame, head, outer, rise, -long / 2)
    if rng.random() < 0.4:
        _bed_end(rng, model, frame, head, outer, top + rng.uniform(0.02, 0.2), long / 2)
    if rng.random() < 0.18:
        post = rng.uniform(1.7, 2.0)
        model.add(frame, *four_legs("square", outer + 0.06, long + 0.06, post, 0.055))
        for side in (-1, 1):
            model.add(frame, box(0.045, 0.045, long, (side * (outer / 2 - 0.025), post - 0.045, 0)))
            model.add(frame, box(outer, 0.045, 0.045, (0, post - 0.045, side * (long / 2 - 0.025))))
    return model


def _bed_end(rng: Generator, model: Model, frame: Finish, head: Finish, width: float, rise: float, z: float) -> None:
    style = rng.integers(4)
    if style == 0:
        for side in (-1, 1):
            model.add(frame, box(0.06, rise, 0.06, (side * (width / 2 - 0.03), 0, z), radius=0.01))
        model.add(frame, box(width, 0.08, 0.05, (0, rise - 0.08, z), radius=0.015))
        xs = np.linspace(-1, 1, int(rng.integers(7, 13)))[1:-1] * (width / 2 - 0.05)
        model.add(frame, *(box(0.035, rise - 0.2, 0.02, (x, 0.15, z)) for x in xs))
    elif style == 1:
        model.add(frame, box(width, rise - 0.08, 0.045, (0, 0.08, z), radius=0.02))
        model.add(frame, box(width + 0.06, 0.04, 0.07, (0, rise - 0.03, z), radius=0.015))
    elif style == 2:
        count = int(rng.integers(2, 6))
        model.add(frame, box(width, 0.3, 0.04, (0, 0, z)))
        for index in range(count):
            x = (index - (count - 1) / 2) * width / count
            model.add(head, box(width / count, rise - 0.15, 0.1, (x, 0.15, z), radius=0.04))
    else:
        w = width / 2
        outline = [(-w, 0.1), (w, 0.1), (w, rise * 0.8), (w * 0.5, rise), (-w * 0.5, rise), (-w, rise * 0.8)]
        model.add(frame, extrude(fillet([*outline, outline[0]], 0.25, 5)[1:], 0.05, (0, 0, z)))
        foot = lathe([(0, 0), (0.03, 0), (0.04, 0.06), (0.02, 0.12), (0, 0.12)], sides=12)
        model.add(frame, foot.moved(-w + 0.06, 0, z), foot.moved(w - 0.06, 0, z))
