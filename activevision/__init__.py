"""activevision: environments, encoders, policies and figures for agents that choose what to see next.

Importing this package registers its environments with Gymnasium and imports neither torch nor a simulator.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from activevision.envs.registration import register_environments
from activevision.version import __version__ as __version__

if TYPE_CHECKING:
    from activevision.encoders.backbones import Encoder

register_environments()


def load_encoder(path: Path | str) -> Encoder:
    """The encoder of a folder that ``activevision pretrain`` wrote: a ``torch.nn.Module``, in evaluation mode.

    It takes images (B, 3, H, W), uint8 or float in [0, 1], and gives features (B, D). UserError when there is none in
    the folder or when it is damaged.
    """
    from activevision.encoders.checkpoint import load_encoder as load

    return load(Path(path))
