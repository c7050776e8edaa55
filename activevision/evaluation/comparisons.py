"""The family of comparisons that an evaluation reports, corrected as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from activevision.evaluation.differences import differences
from activevision.evaluation.holm import holm
from activevision.evaluation.intervals import Array, Bootstrap, Cells
from activevision.evaluation.keys import Key
from activevision.evaluation.ladder import compared
from activevision.evaluation.roster import Roster


class Comparison(NamedTuple):
    """a against b from ``view`` on."""

    a: Key
    b: Key
    view: int

    @property
    def kind(self) -> str:
        """What is swapped: "policy", "fusion" or "recogniser" alone, or more of them, which makes an "agent"."""
        swapped = [part for part, x, y in zip(Key._fields, self.a, self.b, strict=True) if x != y]
        return swapped[0] if len(swapped) == 1 else "agent"


def family(roster: Roster, pairs: Sequence[tuple[str, str]] = ()) -> list[Comparison]:
    """What is compared: policies as ``ladder.compared`` says and further ``pairs`` of agents by name, from view 2 on,
    where agents with the same starts begin to differ; other fusions with that of the policy's main agent, and other
    recognisers with the main one, from view 1 on."""
    found = [Comparison(roster.main[a], roster.main[b], 2) for a, b in compared(roster.main)]
    for a, b in pairs:
        asked = Comparison(roster.find(a), roster.find(b), 2)
        found.append(asked if asked.kind in ("policy", "agent") else asked._replace(view=1))
    for key in roster.keys:
        stands = roster.main[key.policy]
        if key.recogniser == stands.recogniser and key.fusion != stands.fusion:
            found.append(Comparison(key, stands, 1))
        own = key._replace(recogniser=roster.recogniser)
        if key != own and own in roster.keys:
            found.append(Comparison(key, own, 1))
    return list(dict.fromkeys(comparison for comparison in found if comparison.a != comparison.b))


def compare(
    roster: Roster, comparisons: Sequence[Comparison], cells: Cells, samples: Array, bootstrap: Bootstrap
) -> list[dict[str, Any]]:
    """Rows of the family, one for each comparison and view, from accuracies (S, K, L, T) and resamples (R, L, T)."""
    if not comparisons:
        return []
    pairs = [(roster.index(c.a), roster.index(c.b)) for c in comparisons]
    found = differences(cells, samples, pairs, bootstrap)
    rows: list[dict[str, Any]] = [
        {
            "a": str(comparison.a),
            "b": str(comparison.b),
            "kind": comparison.kind,
            "view": view,
            "difference": found.difference[number, view - 1],
            "ci95": [found.low[number, view - 1], found.high[number, view - 1]],
            "p": found.p[number, view - 1],
            "d_z": found.d_z[number, view - 1],
        }
        for number, comparison in enumerate(comparisons)
        for view in range(comparison.view, roster.panel.views + 1)
    ]
    for row, adjusted in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
    return rows
