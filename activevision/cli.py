"""The command line: ``activevision <command>``."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import tyro

from activevision.commands.benchmark import Benchmark
from activevision.commands.collect import Collect
from activevision.commands.data import Data
from activevision.commands.demo import Demo
from activevision.commands.evaluate import Evaluate
from activevision.commands.export import Export
from activevision.commands.play import Play
from activevision.commands.pretrain import Pretrain
from activevision.commands.probe import Probe
from activevision.commands.render import Render
from activevision.commands.scenes import Scenes
from activevision.commands.score import Score
from activevision.commands.study import Study
from activevision.commands.train import Train
from activevision.commands.view import View
from activevision.errors import UserError
from activevision.files import FULL

Command = (
    Annotated[Demo, tyro.conf.subcommand("demo")]
    | Annotated[Scenes, tyro.conf.subcommand("scenes")]
    | Annotated[Play, tyro.conf.subcommand("play")]
    | Annotated[Collect, tyro.conf.subcommand("collect")]
    | Annotated[Data, tyro.conf.subcommand("data")]
    | Annotated[Render, tyro.conf.subcommand("render")]
    | Annotated[View, tyro.conf.subcommand("view")]
    | Annotated[Export, tyro.conf.subcommand("export")]
    | Annotated[Pretrain, tyro.conf.subcommand("pretrain")]
    | Annotated[Probe, tyro.conf.subcommand("probe")]
    | Annotated[Train, tyro.conf.subcommand("train")]
    | Annotated[Evaluate, tyro.conf.subcommand("evaluate")]
    | Annotated[Score, tyro.conf.subcommand("score")]
    | Annotated[Study, tyro.conf.subcommand("study")]
    | Annotated[Benchmark, tyro.conf.subcommand("benchmark")]
)


def main() -> None:
    """Run a command.

    A warning is one line; a user's mistake is one line and exit code 2; Ctrl-C leaves a state to go on from, code 130.
    """
    warnings.formatwarning = lambda message, *_, **__: f"activevision: {message}\n"
    try:
        command = tyro.cli(Command, prog="activevision", description="A laboratory for active vision.")
        command.run()
    except UserError as error:
        print(f"activevision: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno in FULL:
            reason = f"no room on the disk ({error.strerror})"
            print(f"activevision: {reason}: free some space, or give another --out.", file=sys.stderr)
            sys.exit(2)
        if error.filename is None:  # not about a file that the user named: a bug, whose traceback is wanted
            raise
        print(f"activevision: {error.filename}: {error.strerror}: check the path and its permissions.", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("activevision: stopped; what was finished is kept, and the same command goes on.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
