"""What the recogniser starts from."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.report.figures.encoder_plot import encoder_parts
from activevision.pages.parts import section


def encoder(results: dict[str, Any]) -> Element | None:
    parts = encoder_parts(results["encoder"])
    if not parts:
        return None
    return section(
        "Encoder",
        "What the recogniser starts from. Normalised equivariance error: distance of the mapped feature to the "
        "moved frame's, over the distance that no map leaves; 1 is as good as no map, lower is better.",
        parts,
    )
