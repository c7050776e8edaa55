"""``activevision play``: move a camera with the keyboard, and keep what it saw."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from activevision.commands.run_folder import note_run
from activevision.commands.world import World, WorldChoice

if TYPE_CHECKING:
    from activevision.commands.playing.episode import Episode
    from activevision.commands.playing.recording import Recording
    from activevision.commands.playing.steering import Steering
    from activevision.envs.single import TaskEnv

_BLINK = 0.2  # seconds after which a window that changed its size is drawn anew


@dataclass(frozen=True)
class Play:
    """Move the camera of an environment with the keyboard, in the terminal. What was seen is saved as rollouts.

    The rollouts are of the format that `activevision collect` writes, one episode a shard, beside a picture of them,
    played.png. An episode that is left before its end is kept with the views it has; one without a motion is not kept.
    """

    choice: Annotated[WorldChoice, tyro.conf.arg(name="")] = field(default_factory=WorldChoice)
    split: str = "train"
    """train, val or test."""
    keys: str | None = None
    """Keys to press, instead of a terminal: as they are labelled on the screen, with ^ v < > for arrows."""
    pixels: int | None = None
    """Width and height of the views; those of the protocol unless given."""
    reveal: bool = False
    """Say what the scene is before the episode is over."""
    out: Path = Path("runs/play")
    """Folder for what was seen. Playing in it again adds episodes."""
    seed: int = 0
    """Decides scenes and first viewpoints."""

    def run(self) -> None:
        from activevision.commands.playing.keyboard import require_terminal
        from activevision.commands.playing.recording import Recording
        from activevision.commands.playing.steering import steering
        from activevision.commands.playing.strip import write_strip
        from activevision.progress import console
        from activevision.rollouts.manifest import Source

        if self.keys is None:
            require_terminal()
            console.print("Opening a scene …")
        world = _world(self.choice, self.pixels)
        env = _environment(world, self.split)
        keys = steering(world.protocol)
        catalogue = world.catalogue
        source = Source(catalogue.name, self.split, catalogue.licence, catalogue.credit)
        recording = Recording(self.out, _settings(env, world.spec(self.split), self.seed), source)
        before = len(recording.rollouts)
        player = _Player(env, recording, keys)
        try:
            if self.keys is None:
                player.at_terminal(self.reveal)
            else:
                player.from_script(self.keys)
        finally:
            # episodes are on disk already; what follows from them is made even if the player was interrupted
            if len(recording.rollouts) > before:
                write_strip(self.out / "played.png", recording.rollouts, keys.words)
                note_run(self.out, "play", self)
        if len(recording.rollouts) > before:
            count = len(recording.rollouts)
            there = "1 rollout is" if count == 1 else f"{count} rollouts are"
            print(f"{there} in {self.out}; see {self.out / 'played.png'}")
        else:
            print("nothing was moved, so nothing is saved")


class _Player:
    """Episodes one after another, steered by keys."""

    def __init__(self, env: TaskEnv, recording: Recording, keys: Steering):
        self._env, self._recording, self._keys = env, recording, keys
        self.episode = self._begin()

    def at_terminal(self, reveal: bool) -> None:
        """Until the player quits."""
        from activevision.commands.playing.keyboard import terminal_keys
        from activevision.commands.playing.screen import open_screen

        with terminal_keys() as read, open_screen(self._keys) as screen:
            drawn: tuple[int, int] | None = None
            while True:
                if screen.size != drawn:
                    drawn = screen.size
                    screen.draw(self.episode, reveal)
                for key in read(_BLINK):
                    if key == "q":
                        self._save()
                        return
                    if key == "r":
                        screen.say("opening a scene …")
                    if self.press(key):
                        screen.draw(self.episode, reveal)

    def from_script(self, script: str) -> None:
        """Until the script ends; says in a line what comes of each key. UserError for a key that does nothing."""
        from activevision.commands.playing.keyboard import scripted_keys
        from activevision.commands.playing.screen import about, status
        from activevision.errors import UserError

        keys = scripted_keys(script)
        for key, character in zip(keys, script, strict=True):
            if key not in (*self._keys.motions, "r", "q"):
                known = " ".join(f"{name} ({what})" for name, what in (*self._keys.help, ("r", "new"), ("q", "quit")))
                raise UserError(f"--keys: {character!r} does nothing here: choose from {known}.")
        print(f"{status(self.episode)} · {about(self.episode, False)}")
        for key in keys:
            if key == "q":
                break
            if self.press(key):
                print(f"{status(self.episode)} · {about(self.episode, False)}")
        self._save()

    def press(self, key: str) -> bool:
        """Do what a key stands for; whether it stands for anything now."""
        if key == "r":
            self._save()
            self.episode = self._begin()
        elif key in self._keys.motions and not self.episode.over:
            self.episode.move(self._keys.motions[key])
            if self.episode.over:
                self._save()
        else:
            return False
        return True

    def _begin(self) -> Episode:
        from activevision.commands.playing.episode import Episode

        self._saved = False
        return Episode(self._env, self._recording.settings, self._recording.next_seed())

    def _save(self) -> None:
        """Write the episode, unless it is written or nothing was moved in it."""
        if self.episode.motions and not self._saved:
            self._recording.add(self.episode.rollout())
            self._saved = True


def _world(choice: WorldChoice, pixels: int | None) -> World:
    """Environment, scenes and protocol; UserError for one that does not exist."""
    world = choice.any_world()
    return world if pixels is None else replace(world, protocol=replace(world.protocol, width=pixels, height=pixels))


def _environment(world: World, split: str) -> TaskEnv:
    import gymnasium

    env = gymnasium.make(
        world.env, catalogue=world.catalogue, split=split, protocol=world.protocol, simulator=world.simulator
    )
    return env.unwrapped  # type: ignore[return-value]


def _settings(env: TaskEnv, spec: dict[str, Any], seed: int) -> dict[str, Any]:
    """What a manifest says of how its rollouts came about, as ``collect`` has it."""
    from activevision.rollouts.environment import environment_settings

    settings = environment_settings(env, env.observation_space, spec, seed)
    return {**settings, "pairs": "none", "policy": "person", "rate": 1.0, "episodes_per_shard": 1, "image": "png"}
