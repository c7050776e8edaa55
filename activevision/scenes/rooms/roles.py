"""The parts that pieces play in rooms, and which builder draws a parametric piece for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.scenes.procedural import bathroom, seating, storage, tables, vessels
from activevision.scenes.procedural.appliances import fan, lamp
from activevision.scenes.procedural.finishes import Model
from activevision.scenes.procedural.screens import monitor
from activevision.scenes.rooms.parametric import bath, home, kitchen, stores, work

Size = NDArray[np.float64]

KITCHEN_SET = "kitchen"


@dataclass(frozen=True)
class Role:
    """A part to play.

    category: what the instance is called. build: draws a parametric piece.
    accept: whether a piece of that size (width, height, depth) will do; others are drawn again.
    set: pieces of one set match: in a room they all come from the same look.
    """

    category: str
    build: Callable[[Generator], Model]
    accept: Callable[[Size], bool] | None = None
    set: str = ""


def _tall(low: float, high: float = 9.0) -> Callable[[Size], bool]:
    return lambda size: low <= size[1] <= high


def _grown(build: Callable[[Generator], Model], low: float, high: float) -> Callable[[Generator], Model]:
    """A builder of larger copies: the height lies between ``low`` and ``high``."""

    def grow(rng: Generator) -> Model:
        piece, model = build(rng), Model()
        bounds = piece.bounds()
        factor = float(rng.uniform(low, high) / (bounds[1, 1] - bounds[0, 1]))
        model.place(piece, scale=(factor, factor, factor))
        return model

    return grow


ROLES: dict[str, Role] = {
    # sleeping
    "bed": Role("bed", seating.bed, _tall(0.0, 1.5)),
    "crib": Role("bed", home.crib),
    "bedside table": Role("bedside table", home.bedside_table),
    "wardrobe": Role("wardrobe", storage.cabinet, lambda s: s[1] > 1.5 and s[0] > 0.7),
    "chest of drawers": Role("chest of drawers", storage.dresser),
    "changing table": Role("changing table", home.changing_table),
    "table lamp": Role("lamp", lamp, _tall(0.2, 0.75)),
    "floor lamp": Role("lamp", lamp, lambda s: s[1] > 1.0 and s[0] < 0.8),
    "toy": Role("toy", home.building_blocks),
    "soft toy": Role("toy", home.teddy),
    "toy chest": Role("toy chest", home.toy_chest),
    # living
    "sofa": Role("sofa", seating.sofa, lambda s: s[0] > 1.4),
    "armchair": Role("armchair", seating.sofa, lambda s: s[0] < 1.1),
    "coffee table": Role("table", tables.table, lambda s: s[1] < 0.5 and s[0] > 0.6),
    "television bench": Role("television bench", home.television_bench),
    "television": Role("television", home.television),
    "bookcase": Role("bookcase", storage.shelf, lambda s: s[1] > 1.1),
    "sideboard": Role("cabinet", storage.cabinet, lambda s: s[1] < 1.2 and s[0] > 0.8),
    "fireplace": Role("fireplace", home.fireplace),
    "piano": Role("piano", home.upright_piano),
    "rug": Role("rug", home.rug),
    "plant": Role("plant", _grown(vessels.planter, 0.8, 1.5), lambda s: max(s[0], s[2]) < 1.0),
    "small plant": Role("plant", vessels.planter, lambda s: s[1] < 0.5 and max(s[0], s[2]) < 0.4),
    "vase": Role("vase", home.vase),
    "books": Role("books", home.books),
    "picture": Role("picture", home.wall_picture),
    "mirror": Role("mirror", bath.mirror),
    "curtain": Role("curtain", home.curtain),
    "fan": Role("fan", fan, _tall(0.9)),
    # dining
    "dining table": Role("table", tables.table, lambda s: s[1] > 0.66 and s[0] > 1.1),
    "small table": Role("table", tables.table, lambda s: s[1] > 0.66 and s[0] < 1.15),
    "dining chair": Role("chair", seating.chair),
    "place setting": Role("place setting", kitchen.place_setting),
    "fruit bowl": Role("bowl", kitchen.fruit_bowl),
    "cup": Role("cup", vessels.cup),
    "mug": Role("mug", vessels.mug),
    # kitchen
    "kitchen cupboard": Role("cabinet", kitchen.cupboard, set=KITCHEN_SET),
    "kitchen sink": Role("sink", kitchen.sink_unit, set=KITCHEN_SET),
    "cooker": Role("cooker", kitchen.cooker, set=KITCHEN_SET),
    "dishwasher": Role("dishwasher", kitchen.dishwasher, set=KITCHEN_SET),
    "fridge": Role("fridge", kitchen.fridge, set=KITCHEN_SET),
    "wall cupboard": Role("cabinet", kitchen.wall_cupboard, set=KITCHEN_SET),
    "hood": Role("hood", kitchen.hood, set=KITCHEN_SET),
    "microwave": Role("microwave", kitchen.microwave),
    "kettle": Role("small appliance", kitchen.kettle),
    "pot": Role("pot", kitchen.pot),
    # washing
    "toilet": Role("toilet", bathroom.toilet),
    "bath": Role("bath", bathroom.bathtub),
    "shower": Role("shower", bath.shower),
    "washbasin": Role("sink", bath.washbasin),
    "towel": Role("towel", bath.towel_rail),
    "radiator": Role("radiator", bath.radiator),
    "washing machine": Role("washing machine", bath.washing_machine),
    "basket": Role("basket", bath.basket),
    "bottle": Role("bottle", bath.bottle),
    "mat": Role("rug", bath.mat),
    # working
    "desk": Role("desk", tables.desk, lambda s: s[2] < 1.0),
    "office chair": Role("chair", work.office_chair),
    "monitor": Role("monitor", monitor, lambda s: s[0] < 0.75 and s[2] < 0.4),
    "keyboard": Role("keyboard", work.keyboard),
    "printer": Role("printer", work.printer),
    "stationery": Role("stationery", work.pen_pot),
    "desk lamp": Role("lamp", lamp, _tall(0.2, 0.75)),
    "filing cabinet": Role("filing cabinet", work.filing_cabinet),
    "waste bin": Role("bin", work.waste_bin),
    "whiteboard": Role("board", work.whiteboard),
    "notice board": Role("board", work.notice_board),
    "projector screen": Role("board", work.projector_screen),
    "clock": Role("clock", work.clock),
    "globe": Role("globe", work.globe),
    "school desk": Role("desk", work.school_desk),
    "school chair": Role("chair", work.school_chair),
    "meeting table": Role("table", work.meeting_table),
    "waiting seat": Role("bench", work.waiting_seat),
    "water cooler": Role("water cooler", work.water_cooler),
    # storing
    "rack": Role("rack", stores.rack),
    "carton": Role("box", stores.carton),
    "cartons": Role("box", stores.cartons),
    "open carton": Role("box", stores.open_carton),
    "crate": Role("crate", stores.crate),
    "crates": Role("crate", stores.bottle_crates),
    "barrel": Role("barrel", stores.barrel),
    "ladder": Role("ladder", stores.ladder),
    "bucket": Role("bucket", stores.bucket),
    "broom": Role("broom", stores.broom),
    "sacks": Role("sack", stores.sacks),
    "bicycle": Role("bicycle", stores.bicycle),
    # arriving
    "coat stand": Role("coats", home.coat_stand),
    "coat rail": Role("coats", home.coat_rail),
    "bench": Role("bench", home.bench),
    "shoe cabinet": Role("cabinet", home.shoe_cabinet),
    "shoes": Role("shoes", home.shoes),
    "umbrella stand": Role("umbrella stand", home.umbrella_stand),
}

CATEGORIES: tuple[str, ...] = (
    "floor",
    "ceiling",
    "wall",
    "door",
    "window",
    "ceiling lamp",
    *sorted({role.category for role in ROLES.values()}),
)
"""Categories of instances in the order of their ids, which start at 1; the same for every room."""
