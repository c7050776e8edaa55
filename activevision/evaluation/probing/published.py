"""Published figures on 3DIEBench, for orientation."""

from __future__ import annotations

NOT_COMPARABLE = (
    "These are of another data set, with other motions and another network: 3DIEBench shows 55 classes of ShapeNet "
    "objects in 2.5 million renderings, which turn about all three axes under changing light, to a ResNet-18, and "
    "rotations are regressed as quaternions. They say how methods rank there and what can be reached. None "
    "of them can be set against a figure above."
)
SOURCE = "As tabulated with seq-JEPA (Ghaemi, Muller & Bakhtiari, NeurIPS 2025) and EquiCaps (2025)."
ROWS = (
    ("SimCLR", 0.8113, 0.35),
    ("VICReg", 0.8048, 0.20),
    ("BYOL", 0.8290, 0.12),
    ("SEN", 0.8343, 0.35),
    ("EquiMod", 0.8429, 0.32),
    ("SIE", 0.7749, 0.58),
    ("Conditional BYOL", 0.8261, 0.31),
    ("ContextSSL", 0.804, 0.74),
    ("EquiCaps", 0.8324, 0.78),
    ("seq-JEPA without actions", 0.8605, 0.29),
    ("seq-JEPA", 0.8741, 0.71),
)
"""Method, linear-probe top-1, and R² of the relative rotation."""
