"""The user's own files in class folders: dividing them into splits so that no thing is in two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from activevision.progress import console
from activevision.scenes.catalogue import SPLITS

_VAL, _TEST = 0.15, 0.25  # shares of each class where the folder does not split itself
_SHOWN = 10  # messages of one kind before the rest is only counted


@dataclass(frozen=True)
class ClassFile:
    """A usable file of a folder.

    path: relative to the folder. label: class. split: as the user gave it, or None. identity: hash of what decides
    whether two files hold the same thing. content: hash of everything that can change a view of it.
    """

    path: str
    label: str
    split: str | None
    identity: str
    content: str


def split_files(files: Sequence[ClassFile], what: str) -> dict[str, list[ClassFile]]:
    """Files of each split, no identity in two of them.

    Where no file has a split, each class is divided by identity, about 60 % train, 15 % val, 25 % test, at least one
    in each where there are three; with train and test alone, val is taken out of train. What is in several of the
    user's splits stays in the last of train, val, test only, and is reported as the same ``what``.
    """
    return _without_repeats(_given(files) if any(file.split for file in files) else _divided(files), what)


def licence_of(folder: Path) -> str:
    """The first line of a licence file in the folder, if there is one."""
    for path in sorted(folder.glob("LICEN[CS]E*")):
        lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
        first = next(filter(None, lines), None)
        if first:
            return f"{first} ({path.name} of the user's own files)"
    return "unknown (user's own files)"


def report(messages: Sequence[str]) -> None:
    """Print what was left out and why; a long list is cut short."""
    for message in messages[:_SHOWN]:
        console.print(message, highlight=False, markup=False, soft_wrap=True)
    if len(messages) > _SHOWN:
        console.print(f"… and {len(messages) - _SHOWN} more like these.", highlight=False)


def _divided(files: Sequence[ClassFile]) -> dict[str, list[ClassFile]]:
    """Splits of files that come without: class by class, in the order of their identities."""
    splits: dict[str, list[ClassFile]] = {split: [] for split in SPLITS}
    for label in sorted({file.label for file in files}):
        things = _things(file for file in files if file.label == label)
        test = max(round(_TEST * len(things)), 1) if len(things) > 1 else 0
        val = max(round(_VAL * len(things)), 1) if len(things) > 2 else 0
        for index, thing in enumerate(things):
            splits["test" if index < test else "val" if index < test + val else "train"] += thing
    return splits


def _given(files: Sequence[ClassFile]) -> dict[str, list[ClassFile]]:
    """The user's splits; where there is no val, the lowest identities of each class's train become it."""
    splits: dict[str, list[ClassFile]] = {split: [file for file in files if file.split == split] for split in SPLITS}
    if splits["val"]:
        return splits
    held = {file.identity for file in splits["test"]}
    train = [file for file in splits["train"] if file.identity not in held]
    for label in sorted({file.label for file in train}):
        things = _things(file for file in train if file.label == label)
        if len(things) > 1:
            share = max(round(_VAL / (1 - _TEST) * len(things)), 1)
            splits["val"] += [file for thing in things[:share] for file in thing]
    taken = {file.path for file in splits["val"]}
    splits["train"] = [file for file in splits["train"] if file.path not in taken]
    return splits


def _things(files: Iterable[ClassFile]) -> list[list[ClassFile]]:
    """The files by identity, in an order that depends on the identities alone."""
    things: defaultdict[str, list[ClassFile]] = defaultdict(list)
    for file in files:
        things[file.identity].append(file)
    return [things[identity] for identity in sorted(things)]


def _without_repeats(splits: dict[str, list[ClassFile]], what: str) -> dict[str, list[ClassFile]]:
    """The splits with everything in one of them only: test keeps it before val, and val before train."""
    held: dict[str, str] = {}
    kept: dict[str, list[ClassFile]] = {}
    dropped = []
    for split in reversed(SPLITS):
        kept[split] = []
        for file in splits[split]:
            if file.identity in held:
                dropped.append(f"{file.path}: the same {what} as {held[file.identity]}, dropped from {split}.")
            else:
                kept[split].append(file)
        held |= {file.identity: file.path for file in kept[split]}
    report(dropped)
    return kept
