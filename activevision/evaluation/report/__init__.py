"""The report: one self-contained HTML file, made from results and a few episodes to look at."""

from activevision.evaluation.report.figures.filmstrip import Filmstrip
from activevision.evaluation.report.findings import diagnosis, headline
from activevision.evaluation.report.page import write_report

__all__ = ["Filmstrip", "diagnosis", "headline", "write_report"]
