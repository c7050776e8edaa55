"""Looking at a policy or a fusion while it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Watch(Protocol):
    """Shows how the training of one policy or fusion, or of one agent that is trained as a whole, is going."""

    def follow(self, current: Callable[[], Any], steps: int) -> None:
        """From now on show now and then what ``current`` gives: the policy, fusion or agent as it is then.

        steps: that the training's progress bar will have. To let what it gives act must change nothing in the training.
        """
        ...

    def show(self, trained: Any) -> None:
        """Show a policy, fusion or agent, now."""
        ...

    def note(self, figures: Mapping[str, float]) -> None:
        """Of the training itself, by name."""
        ...
