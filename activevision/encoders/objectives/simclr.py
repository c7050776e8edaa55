"""SimCLR: two views of one thing attract each other, those of other things repel."""

from __future__ import annotations

from dataclasses import dataclass

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.projector import mlp
from activevision.encoders.objectives.two_views import nt_xent, pairs, retrieved
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive


@dataclass(frozen=True)
class SimCLRSettings:
    """temperature: of the softmax over cosines. hidden, projection: widths of the projector's layer and output."""

    temperature: float = 0.1
    hidden: int = 512
    projection: int = 128

    def __post_init__(self) -> None:
        require_positive(self, "temperature", "hidden", "projection")


class SimCLR(Objective):
    r"""Chen, Kornblith, Norouzi & Hinton, *A simple framework for contrastive learning of visual representations*
    (ICML 2020).

    With projections g(z) (K dimensions) of features z, s their cosine and τ the temperature, the loss of view i, whose
    other view is j, among the 2B views of the B windows of a batch, is

        ℓ_i = −log [ exp(s_ij / τ) / (exp(s_ij / τ) + Σ_k exp(s_ik / τ)) ],

    with k over the views of other scenes, averaged over all views. The two views of one thing are neighbouring frames
    of a window, as in the baselines of 3DIEBench, so that the features become invariant to the motion of the camera,
    which the loss does not see, rather than to crops; a window of T frames gives T − 1 pairs, each of which is told
    apart from those at the same place in other windows. Batches are not joined over processes or parts: each has the
    negatives of its own windows.

    settings: τ and the widths of g, which has one hidden layer with batch normalisation.
    """

    paper = (
        "Chen, Kornblith, Norouzi & Hinton, A simple framework for contrastive learning of visual "
        "representations, ICML 2020"
    )
    Settings = SimCLRSettings
    contrasts = True

    def __init__(self, encoder: Encoder, settings: SimCLRSettings | None = None):
        super().__init__()
        settings = settings or SimCLRSettings()
        self.encoder = encoder
        self.temperature = settings.temperature
        self.projector = mlp(encoder.embedding, settings.hidden, settings.projection)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> SimCLR:
        return cls(encoder, config.own(SimCLRSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        first, second = pairs(self.projector(features.flatten(0, 1)).unflatten(0, features.shape[:2]))
        loss = nt_xent(first, second, self.temperature, batch.scenes)
        return Outcome(loss, {"retrieved": retrieved(first, second, batch.scenes)}, features)
