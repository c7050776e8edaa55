"""A network that completes views, with what turns them into codes and back, on disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from activevision.agents.look_around.codes import ViewCodes
from activevision.agents.look_around.gaze import Gaze
from activevision.agents.look_around.network import CompletionNetwork, Sizes
from activevision.agents.torch_file import read_content, write_content
from activevision.errors import UserError
from activevision.protocol import Protocol

_MAY_DIFFER = ("name", "height", "width", "proprioception", "sensor_noise")
"""What a protocol that an agent is played under may have otherwise than the one that it has learned under: views of
another size are shrunk to its own, and of proprioception it needs the elevation."""


@dataclass(frozen=True, eq=False)
class LookAround:
    """Jayaraman & Grauman, *Learning to look around: intelligently exploring unseen environments for unknown tasks*
    (CVPR 2018).

    As published: SENSE, FUSE, AGGREGATE, DECODE and ACT are trained together, by backpropagation on the mean squared
    error of the whole view grid after every view, and by REINFORCE (Williams 1992) through the choice of motions, whose
    reward is minus the error after the last view. The grid is the agent's own, turned so that its column 0 has the
    azimuth of the first view. A network of one view is trained first, and the others begin from it. Views that were
    seen are not predicted but remembered, as the authors' code does when it evaluates.

    What is adapted, so that training takes minutes of a processor: views enter and leave as their principal
    components, which makes the error of pixels one of a few numbers; SENSE is a perceptron of them instead of a
    convolutional network, and DECODE ends in principal components of whole grids instead of deconvolutions. It is told
    the column that it has reached, added up from its motions, instead of the last motion. The baseline of REINFORCE is
    the mean of other rollouts from the same start instead of a running mean, and training scenes are mirrored and
    shown in other light.
    """

    net: CompletionNetwork
    codes: ViewCodes
    protocol: Protocol

    def gaze(self) -> Gaze:
        """To begin episodes with."""
        return Gaze(self.net, self.codes, self.protocol)

    def save(self, path: Path) -> None:
        content = {
            "sizes": asdict(self.net.sizes), "net": self.net.state_dict(), "codes": self.codes.state_dict(),
            "protocol": self.protocol.to_json(),
        }  # fmt: skip
        write_content(path, content)

    @classmethod
    def load(cls, path: Path, protocol: Protocol) -> LookAround:
        """What ``save`` wrote, for a protocol of the same grid; UserError if it is missing, damaged or of another."""
        net, codes, learned = read_content(path, "agent", _rebuilt, absent="check the path, or train one")
        for field in fields(Protocol):
            if field.name not in _MAY_DIFFER and getattr(learned, field.name) != getattr(protocol, field.name):
                raise UserError(
                    f"agent {path} has learned under protocol {learned.name!r}, whose {field.name} is not that of "
                    f"{protocol.name!r}: train one under that."
                )
        return cls(net.eval(), codes, protocol)


def _rebuilt(content: dict[str, Any]) -> tuple[CompletionNetwork, ViewCodes, Protocol]:
    sizes = Sizes(**content["sizes"])
    net, codes = CompletionNetwork(sizes), ViewCodes(sizes.rows, sizes.codes)
    net.load_state_dict(content["net"])
    codes.load_state_dict(content["codes"])
    return net, codes, Protocol.from_json(content["protocol"])
