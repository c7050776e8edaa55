"""Confusion matrices by the number of views."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from activevision.evaluation.cast import best_baseline, protagonist
from activevision.evaluation.ladder import called
from activevision.evaluation.reading import headline_view, main_rows, views_of
from activevision.evaluation.report.figures.confusion_plot import confusion_plot
from activevision.evaluation.report.figures.levels import scale
from activevision.evaluation.report.series import series
from activevision.pages.html import element
from activevision.pages.parts import section, tabled
from activevision.pages.words import number

_FIRST_VIEWS = 3
_PAIRS = 8
Array = NDArray[np.float64]


def confusion(results: dict[str, Any]) -> Element | None:
    classes = results["catalogue"]["classes"]
    names = [name for name in dict.fromkeys((protagonist(results), best_baseline(results))) if name]
    names = names or list(main_rows(results))[:1]
    views = sorted({*range(1, min(_FIRST_VIEWS, views_of(results)) + 1), headline_view(results)})
    shares = {
        name: [by_true_class(main_rows(results)[name]["confusion"][view - 1]) for view in views] for name in names
    }
    if len(classes) < 2:
        return None
    order = together(np.array(shares[names[0]][0]))
    return section(
        "What is taken for what",
        "True classes down, answers across, in one order, in which classes that are confused after the first view "
        "stand together. Every line shows the shares of a class's episodes: the right answers on the diagonal, the "
        "wrong ones beside it.",
        element("div", scale("right, 0", 1.0, "hit"), scale("wrong, 0", 1.0, "miss"), class_="scale"),
        [
            element(
                "div",
                element("h3", element("span", called(name), class_=f"chip {series(results, name)}")),
                element(
                    "div",
                    [
                        element(
                            "figure",
                            element(
                                "figcaption",
                                element("b", f"after view {view}"),
                                element(
                                    "span", f"{number(100 * main_rows(results)[name]['accuracy'][view - 1])} % right"
                                ),
                            ),
                            confusion_plot(f"Confusions of {called(name)} after view {view}", matrix, classes, order),
                        )
                        for view, matrix in zip(views, shares[name], strict=True)
                    ],
                    class_="matrices",
                ),
            )
            for name in names
        ],
        _worst(results, names, views, shares),
    )


def by_true_class(joint: list[list[float]]) -> Array:
    """(C, C) shares within each true class from those of all episodes; NaN for a class without any."""
    array = np.asarray(joint, np.float64)
    with np.errstate(invalid="ignore"):
        return array / array.sum(axis=1, keepdims=True)


def together(shares: Array) -> list[int]:
    """Order of the classes that puts those beside each other that are taken for each other (average linkage, leaves
    ordered optimally)."""
    both = np.nan_to_num(shares)
    distance = 1 - np.clip((both + both.T) / 2, 0, 1)
    np.fill_diagonal(distance, 0)
    flat = squareform(distance, checks=False)
    return [int(c) for c in leaves_list(optimal_leaf_ordering(linkage(flat, "average"), flat))]


def _worst(
    results: dict[str, Any], names: list[str], views: list[int], shares: dict[str, list[Array]]
) -> list[Element]:
    """The most frequent confusions after the first view, and what became of them."""
    classes, first = results["catalogue"]["classes"], np.nan_to_num(shares[names[0]][0])
    wrong = first * (1 - np.eye(len(classes)))
    places = [divmod(int(i), len(classes)) for i in np.argsort(-wrong, axis=None, kind="stable")[:_PAIRS]]
    places = [place for place in places if wrong[place] > 0]
    if not places:
        return [element("p", "No class was taken for another after the first view.", class_="note")]
    head = element(
        "thead",
        element(
            "tr",
            element("th", ""),
            [element("th", called(name), colspan=len(views), class_="number") for name in names],
        ),
        element(
            "tr",
            element("th", "true class, taken for"),
            [element("th", f"view {view}", class_="number") for _ in names for view in views],
        ),
    )
    body = [
        element(
            "tr",
            element("th", classes[true], element("span", " taken for ", class_="scene"), classes[answer], scope="row"),
            [
                element("td", number(100 * matrix[true, answer]), class_="number")
                for name in names
                for matrix in shares[name]
            ],
        )
        for true, answer in places
    ]
    return list(
        tabled(
            element("table", head, element("tbody", body)),
            "The most frequent confusions after the first view, in % of the true class's episodes.",
        )
    )
