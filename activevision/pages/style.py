"""``Style``: what a style sheet says of the parts of a drawing, for who draws it without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

Look = dict[str, str]
_RULE, _COMMENT = re.compile(r"([^{}]+)\{([^{}]*)\}"), re.compile(r"/\*.*?\*/", re.DOTALL)
_SIMPLE = re.compile(r"([a-z0-9]*)((?:\.[\w-]+)*)")
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")


@dataclass(frozen=True)
class _Rule:
    """selector: compounds (tag or "", classes) from the outermost ancestor to the element itself."""

    selector: tuple[tuple[str, frozenset[str]], ...]
    look: Look

    @property
    def weight(self) -> tuple[int, int]:
        return sum(len(classes) for _, classes in self.selector), sum(bool(tag) for tag, _ in self.selector)

    def fits(self, line: Sequence[Element]) -> bool:
        """line: the element after all of its ancestors."""
        *outer, last = self.selector
        if not _is(line[-1], last):
            return False
        for ancestor in reversed(line[:-1]):
            if outer and _is(ancestor, outer[-1]):
                outer.pop()
        return not outer


class Style:
    """The rules of a style sheet for a light page on a screen: tags, classes and descendants; whatever asks for more (a
    medium, a state, a neighbour) is left out."""

    def __init__(self, sheet: str):
        self._rules, self.root = list[_Rule](), Look()
        for selectors, body in _RULE.findall(_without_media(_COMMENT.sub("", sheet))):
            look = {name.strip(): value.strip() for name, _, value in (part.partition(":") for part in body.split(";"))}
            look.pop("", None)
            for selector in selectors.split(","):
                if selector.strip() == ":root":
                    self.root |= look
                elif compounds := _compounds(selector):
                    self._rules.append(_Rule(compounds, look))
        self._rules.sort(key=lambda rule: rule.weight)  # stable: of equal weight the later one wins

    def look(self, line: Sequence[Element], inherited: Mapping[str, str]) -> Look:
        """What is said of an element after its ancestors in ``line``, with variables put in.

        inherited: the look of its parent, for its variables; what else is inherited is for who draws it.
        """
        found = {name: value for name, value in inherited.items() if name.startswith("--")}
        for rule in self._rules:
            if rule.fits(line):
                found |= rule.look
        inline = (part.partition(":") for part in line[-1].get("style", "").split(";") if part)
        found |= {name.strip(): value.strip() for name, _, value in inline}
        return {name: _VARIABLE.sub(lambda match: found.get(match[1], "none"), value) for name, value in found.items()}


def _without_media(sheet: str) -> str:
    """The sheet without its @-blocks, which hold rules in braces."""
    return "".join(_outside(sheet))


def _outside(sheet: str) -> Iterator[str]:
    position = 0
    while (start := sheet.find("@", position)) >= 0:
        yield sheet[position:start]
        depth, position = 1, sheet.index("{", start) + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(sheet[position], 0)
            position += 1
    yield sheet[position:]


def _compounds(selector: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Empty where the selector asks for more than tags, classes and descendants."""
    found = []
    for part in selector.split():
        match = _SIMPLE.fullmatch(part)
        if match is None:
            return ()
        found.append((match[1], frozenset(match[2].split(".")[1:])))
    return tuple(found)


def _is(element: Element, compound: tuple[str, frozenset[str]]) -> bool:
    tag, classes = compound
    return tag in ("", element.tag) and classes <= set(element.get("class", "").split())
