"""The classes of rooms: proportions, coverings, lamps and what stands where."""

from __future__ import annotations

from dataclasses import dataclass

from activevision.scenes.rooms.companions import Beside, InFront, OnTop, Over, Seats, Underfoot
from activevision.scenes.rooms.plan import Proportions
from activevision.scenes.rooms.rules import AtWall, Curtains, Fitted, Hung, InMiddle, Lounge, Rows, Rule, Strewn

HOME_FLOORS = ("planks", "planks", "parquet", "carpet", "linoleum", "floor tiles")
HOME_WALLS = ("paint", "paint", "rough plaster", "wallpaper", "wallpaper", "panelling")
WORK_FLOORS = ("carpet", "linoleum", "planks", "terrazzo", "floor tiles", "concrete")
WORK_WALLS = ("paint", "paint", "rough plaster", "block", "panelling", "brick")
WET_FLOORS = ("floor tiles", "floor tiles", "terrazzo", "linoleum", "planks")
BARE_FLOORS = ("concrete", "concrete", "floor tiles", "linoleum", "planks")
BARE_WALLS = ("block", "block", "brick", "rough plaster", "paint")
CEILINGS = ("white", "white", "rough plaster", "boards")
WORK_CEILINGS = ("white", "acoustic", "acoustic")


@dataclass(frozen=True)
class RoomClass:
    """How rooms of a class are made.

    floors, walls, ceilings: coverings to choose from. dado: probability of wall tiles on the lower part of the walls.
    lamps: styles of ceiling lamps to choose from. rules: applied in this order.
    """

    proportions: Proportions
    floors: tuple[str, ...]
    walls: tuple[str, ...]
    ceilings: tuple[str, ...]
    lamps: tuple[str, ...]
    rules: tuple[Rule, ...]
    dado: float = 0.0


CLASSES: dict[str, RoomClass] = {
    "bedroom": RoomClass(
        Proportions((11, 20)),
        HOME_FLOORS,
        HOME_WALLS,
        CEILINGS,
        ("bowl", "pendant", "pendant"),
        (
            AtWall(
                "bed",
                place="middle",
                clear=0.45,
                required=True,
                with_=(
                    Beside(
                        "bedside table",
                        both=0.75,
                        on=(OnTop("table lamp", chance=0.8, back=True), OnTop(("books", "mug"), chance=0.5)),
                    ),
                    Over(("picture", "mirror"), 0.6, (0.15, 0.4), 1.3),
                    Underfoot("rug", 0.5, ahead=0.4),
                ),
            ),
            AtWall("wardrobe", clear=0.55, required=True, place="corner"),
            AtWall(
                "chest of drawers",
                chance=0.75,
                with_=(OnTop(("vase", "small plant", "table lamp", "books"), (0, 2)), Over("mirror", 0.7, (0.15, 0.3))),
            ),
            AtWall("desk", chance=0.2, with_=(InFront(("office chair", "dining chair")), OnTop("monitor", back=True))),
            AtWall("armchair", chance=0.35),
            AtWall("plant", chance=0.35, place="corner", clear=0.0),
            Strewn(("shoes", "basket"), (0, 2)),
            Hung("picture", (0, 2)),
            Curtains(0.75),
            AtWall("radiator", place="window", clear=0.0, chance=0.4),
        ),
    ),
    "living room": RoomClass(
        Proportions((16, 32), notched=0.35, windows=(2, 3), sill=(0.4, 0.95)),
        HOME_FLOORS,
        HOME_WALLS,
        CEILINGS,
        ("bowl", "pendant"),
        (
            Lounge(),
            AtWall("bookcase", (1, 2), clear=0.45, required=True),
            AtWall(
                "fireplace",
                chance=0.25,
                clear=0.5,
                with_=(OnTop(("vase", "clock"), (0, 2), 1.0, 0.8), Over("picture", 0.5)),
            ),
            AtWall("piano", chance=0.2, clear=0.6),
            AtWall(
                "sideboard",
                chance=0.5,
                with_=(OnTop(("vase", "table lamp", "small plant", "books"), (1, 2)), Over("picture", 0.6)),
            ),
            AtWall("floor lamp", (0, 1), place="corner", clear=0.0),
            AtWall("plant", (1, 2), place="corner", clear=0.0),
            Hung("picture", (1, 3)),
            Curtains(0.75),
            AtWall("radiator", place="window", clear=0.0, chance=0.4),
        ),
    ),
    "kitchen": RoomClass(
        Proportions((9, 18), notched=0.15, windows=(1, 2), sill=(1.0, 1.15)),
        ("floor tiles", "floor tiles", "linoleum", "planks", "terrazzo"),
        ("paint", "paint", "rough plaster", "wall tiles", "wallpaper"),
        CEILINGS,
        ("bowl", "pendant", "panel", "tube"),
        (
            Fitted(),
            InMiddle(
                "small table",
                chance=0.75,
                margin=0.6,
                with_=(Seats("dining chair", (2, 4)), OnTop(("fruit bowl", "vase", "mug"), (0, 1))),
            ),
            AtWall("sideboard", chance=0.25, with_=(OnTop(("microwave", "vase", "fruit bowl"), (0, 2)),)),
            Strewn(("waste bin", "basket"), (0, 1)),
            Hung(("clock", "picture"), (0, 2)),
            AtWall("radiator", place="window", clear=0.0, chance=0.25),
        ),
        dado=0.45,
    ),
    "bathroom": RoomClass(
        Proportions((5, 9.5), notched=0.12, windows=(0, 1), sill=(1.25, 1.4)),
        WET_FLOORS,
        ("wall tiles", "wall tiles", "paint", "rough plaster"),
        CEILINGS,
        ("bowl", "panel", "bowl"),
        (
            AtWall(("bath", "bath", "shower"), place="corner", clear=0.45, required=True),
            AtWall("toilet", clear=0.45, required=True),
            AtWall(
                "washbasin",
                clear=0.5,
                required=True,
                with_=(
                    Over("mirror", 1.0, (0.2, 0.35), 1.1),
                    OnTop("bottle", (0, 2), lowest=0.6),
                    Underfoot("mat", 0.5, ahead=1.0),
                ),
            ),
            AtWall("washing machine", chance=0.4, clear=0.4, with_=(OnTop("bottle", (0, 2), lowest=0.6),)),
            AtWall("shower", chance=0.15, place="corner", clear=0.4),
            AtWall("radiator", chance=0.35, clear=0.1),
            Hung("towel", (1, 2), low=(0.75, 0.95)),
            AtWall("basket", (0, 1), clear=0.0, place="corner"),
            Hung("mirror", chance=0.15),
            Strewn("small plant", (0, 1)),
        ),
        dado=0.6,
    ),
    "office": RoomClass(
        Proportions((11, 24), windows=(1, 2)),
        WORK_FLOORS,
        WORK_WALLS,
        WORK_CEILINGS,
        ("panel", "panel", "tube"),
        (
            AtWall(
                "desk",
                (1, 3),
                clear=0.0,
                required=True,
                with_=(
                    InFront("office chair", gap=(0.02, 0.12)),
                    OnTop("monitor", back=True),
                    OnTop("keyboard", chance=0.6),
                    OnTop(("mug", "books", "small plant", "desk lamp", "stationery"), (1, 3)),
                ),
            ),
            InMiddle(
                "desk",
                chance=0.4,
                with_=(
                    InFront("office chair", gap=(0.02, 0.1)),
                    OnTop("monitor", back=True),
                    OnTop(("books", "mug"), (1, 2)),
                ),
            ),
            AtWall(
                "filing cabinet",
                (1, 3),
                clear=0.45,
                same=True,
                with_=(OnTop(("printer", "books", "small plant"), chance=0.5),),
            ),
            AtWall("bookcase", (0, 2), clear=0.45),
            AtWall("sideboard", chance=0.3, with_=(OnTop("printer"),)),
            AtWall("plant", (0, 1), place="corner", clear=0.0),
            AtWall("fan", chance=0.2, place="corner", clear=0.0),
            Strewn("waste bin", (1, 1)),
            Hung(("whiteboard", "notice board"), chance=0.6, low=(0.9, 1.0)),
            Hung(("clock", "picture", "notice board"), (1, 2)),
            AtWall("radiator", place="window", clear=0.0, chance=0.3),
        ),
    ),
    "dining room": RoomClass(
        Proportions((12, 22), windows=(1, 3), sill=(0.5, 0.95)),
        HOME_FLOORS,
        HOME_WALLS,
        CEILINGS,
        ("pendant", "pendant", "bowl"),
        (
            InMiddle(
                "dining table",
                required=True,
                margin=0.8,
                with_=(
                    Underfoot("rug", 0.35),
                    Seats("dining chair", (4, 8), "place setting", 0.65),
                    OnTop(("vase", "fruit bowl"), (1, 2), 0.85, 0.5),
                ),
            ),
            AtWall(
                "sideboard",
                (1, 2),
                with_=(OnTop(("vase", "fruit bowl", "table lamp", "cup"), (1, 3)), Over(("picture", "mirror"), 0.75)),
            ),
            AtWall("bookcase", chance=0.3),
            AtWall("chest of drawers", chance=0.25, with_=(OnTop(("vase", "small plant"), (0, 1)),)),
            AtWall("dining chair", (0, 1), clear=0.2),
            AtWall("plant", (0, 2), place="corner", clear=0.0),
            Hung("picture", (1, 2)),
            Curtains(0.7),
            AtWall("radiator", place="window", clear=0.0, chance=0.3),
        ),
    ),
    "classroom": RoomClass(
        Proportions((34, 56), (1.1, 1.5), (2.7, 3.2), 0.08, windows=(2, 3)),
        WORK_FLOORS,
        WORK_WALLS,
        WORK_CEILINGS,
        ("tube", "tube", "panel"),
        (
            Rows(),
            AtWall("bookcase", (0, 2), clear=0.3),
            AtWall("sideboard", (0, 2), clear=0.3, with_=(OnTop(("globe", "books", "small plant"), (0, 2)),)),
            Strewn("waste bin", (0, 1)),
            Hung(("notice board", "notice board", "picture"), (1, 4)),
            Hung("clock", low=(2.0, 2.2)),
            AtWall("plant", (0, 1), place="corner", clear=0.0),
            AtWall("radiator", (1, 2), place="window", clear=0.0, chance=0.6),
        ),
    ),
    "store room": RoomClass(
        Proportions((8, 18), windows=(0, 1), sill=(1.3, 1.5)),
        BARE_FLOORS,
        BARE_WALLS,
        ("white", "boards", "rough plaster"),
        ("tube", "tube", "bowl"),
        (
            AtWall("rack", (3, 5), clear=0.5, required=True),
            AtWall(("cartons", "crates", "barrel"), (2, 4), clear=0.0, place="corner"),
            Strewn(("carton", "cartons", "open carton", "crate", "barrel", "sacks"), (4, 8), sway=1.5),
            AtWall("ladder", chance=0.5, clear=0.0),
            Strewn(("bucket", "crate"), (0, 2)),
            Hung("broom", (0, 1), low=(0.0, 0.0)),
            AtWall("bicycle", chance=0.2, clear=0.0),
            AtWall("wardrobe", chance=0.15),
        ),
    ),
    "meeting room": RoomClass(
        Proportions((15, 28), windows=(1, 2)),
        WORK_FLOORS,
        WORK_WALLS,
        WORK_CEILINGS,
        ("panel", "panel", "pendant"),
        (
            InMiddle(
                "meeting table",
                required=True,
                margin=0.85,
                with_=(
                    Seats(("office chair", "dining chair"), (6, 10)),
                    OnTop(("stationery", "books", "mug", "monitor"), (1, 4), 0.9, 0.5),
                ),
            ),
            Hung(("projector screen", "whiteboard"), low=(0.85, 1.0), place="middle", required=True),
            AtWall("sideboard", (0, 1), clear=0.3, with_=(OnTop(("kettle", "printer", "small plant"), (0, 2)),)),
            AtWall("plant", (0, 2), place="corner", clear=0.0),
            AtWall("water cooler", chance=0.25),
            Strewn("waste bin", (0, 1)),
            Hung(("clock", "picture", "notice board"), (0, 2)),
            AtWall("radiator", place="window", clear=0.0, chance=0.3),
        ),
    ),
    "waiting room": RoomClass(
        Proportions((12, 24), windows=(0, 2), doors=(1, 2)),
        WORK_FLOORS,
        WORK_WALLS,
        (*WORK_CEILINGS, "white"),
        ("panel", "bowl", "tube"),
        (
            AtWall(("waiting seat", "waiting seat", "bench"), (3, 5), clear=0.45, same=True, required=True),
            AtWall(("armchair", "dining chair"), (2, 5), clear=0.4, same=True),
            InMiddle("coffee table", chance=0.8, margin=0.5, with_=(OnTop("books", (2, 4)),)),
            AtWall("water cooler", chance=0.6, clear=0.3),
            AtWall("plant", (1, 2), place="corner", clear=0.0),
            AtWall(("bookcase", "toy chest", "coat stand"), chance=0.5, clear=0.3),
            Strewn("waste bin", (0, 1)),
            Hung(("notice board", "picture", "picture"), (2, 4)),
            Hung("clock", chance=0.8, low=(1.8, 2.0)),
            AtWall("radiator", place="window", clear=0.0, chance=0.3),
        ),
    ),
    "hallway": RoomClass(
        Proportions((6, 12), (1.8, 3.2), notched=0.3, doors=(3, 4), windows=(0, 1)),
        HOME_FLOORS,
        HOME_WALLS,
        CEILINGS,
        ("bowl", "bowl", "pendant"),
        (
            Hung("coat rail", low=(0.75, 0.85), required=True),
            AtWall(
                "shoe cabinet",
                clear=0.3,
                required=True,
                with_=(OnTop(("vase", "books", "small plant"), (0, 2)), Over("mirror", 0.8, (0.2, 0.4))),
            ),
            AtWall("bench", chance=0.5, clear=0.3),
            AtWall("coat stand", chance=0.4, clear=0.0, place="corner"),
            AtWall("umbrella stand", chance=0.7, clear=0.0, place="corner"),
            AtWall("shoes", (1, 4), clear=0.0),
            AtWall("wardrobe", chance=0.2, clear=0.4),
            Strewn("mat", (0, 1)),
            Hung(("mirror", "picture"), (0, 2)),
            AtWall("plant", (0, 1), place="corner", clear=0.0),
        ),
    ),
    "nursery": RoomClass(
        Proportions((9, 16)),
        HOME_FLOORS,
        HOME_WALLS,
        CEILINGS,
        ("bowl", "pendant"),
        (
            AtWall(
                "crib",
                clear=0.4,
                required=True,
                with_=(OnTop("soft toy", chance=0.5, lowest=0.3), Over("picture", 0.5, (0.2, 0.4), 1.3)),
            ),
            AtWall(
                "changing table",
                clear=0.5,
                required=True,
                with_=(Over("picture", 0.5, (0.2, 0.4)), Beside("basket", 0.4)),
            ),
            AtWall("toy chest", (1, 2), clear=0.3, required=True),
            AtWall("bookcase", chance=0.6, clear=0.3),
            AtWall("wardrobe", chance=0.5, clear=0.4),
            AtWall("armchair", chance=0.5, clear=0.3),
            Strewn(("toy", "toy", "soft toy"), (4, 8), edge=0.4),
            Hung("picture", (1, 2)),
            Curtains(0.75),
            AtWall("radiator", place="window", clear=0.0, chance=0.4),
        ),
    ),
}
