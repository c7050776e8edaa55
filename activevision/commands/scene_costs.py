"""What ``activevision scenes measure`` prints and writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from activevision.simulators.scene_cost import SceneCost


def cost_table(costs: Sequence[SceneCost], sides: Sequence[int]) -> Table:
    """A row a scene, with frames a second of each side."""
    table = Table(box=None, pad_edge=False)
    table.add_column("scene")
    heads = ["triangles", "instances", "load s", "compile s", "memory MB", *(f"frames/s {side}²" for side in sides)]
    for head in heads:
        table.add_column(head, justify="right")
    for cost in costs:
        speeds = (f"{cost.frames_per_s[side, side]:,.0f}" for side in sides)
        table.add_row(
            cost.id, f"{cost.triangles:,}", str(cost.instances), f"{cost.load_s:.2f}", f"{cost.compile_s:.2f}",
            f"{cost.memory_mb:,.0f}", *speeds,
        )  # fmt: skip
    return table


def cost_rows(costs: Sequence[SceneCost], sides: Sequence[int]) -> list[dict[str, Any]]:
    """The same for JSON, which has no keys but words; a memory that is not known is null."""
    return [
        {
            **asdict(cost),
            "memory_mb": cost.memory_mb if cost.memory_mb == cost.memory_mb else None,
            "frames_per_s": {str(side): cost.frames_per_s[side, side] for side in sides},
        }
        for cost in costs
    ]
