"""The page about a data set: order of the sections, and the file."""

from __future__ import annotations

from pathlib import Path

from activevision.pages.document import write_page
from activevision.rollouts.looking import facts, sections
from activevision.rollouts.looking.survey import survey


def write_data_page(folder: Path | str, path: Path, episodes: int = 500) -> None:
    """Write one HTML file about the finished episodes of a data set; it loads nothing else.

    episodes: how many to read for motions and pictures, at most. UserError where there are none, or one is damaged.
    """
    found = survey(folder, episodes)
    write_page(
        path,
        facts.headline(found),
        __package__,
        [
            facts.top(found),
            sections.contact_sheet(found),
            sections.samples(found),
            sections.motions(found),
            sections.over_time(found),
            sections.collisions(found),
            sections.coverage(found),
            sections.trajectories(found),
            sections.classes(found),
            sections.depth(found),
            facts.settings(found),
        ],
    )
