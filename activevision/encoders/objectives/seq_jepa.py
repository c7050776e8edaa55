"""seq-JEPA: from a sequence of views and the motions between them, what the next motion will show."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.moving_average import MovingAverage
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.projector import mlp
from activevision.encoders.objectives.standard_twists import TWIST, StandardTwists
from activevision.encoders.objectives.two_views import retrieved
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive, require_share


@dataclass(frozen=True)
class SeqJEPASettings:
    """momentum: of the target. layers, heads, width: of the transformer. action: width of a motion's embedding.
    hidden: width of the predictor's layer. conditioned: whether it is told the motions; false is the ablation."""

    momentum: float = 0.996
    layers: int = 3
    heads: int = 4
    width: int = 128
    action: int = 32
    hidden: int = 512
    conditioned: bool = True

    def __post_init__(self) -> None:
        require_positive(self, "layers", "heads", "width", "action", "hidden")
        if self.width % self.heads:
            raise UserError(f"SeqJEPASettings with width={self.width}: {self.heads} heads must divide it.")
        require_share(self, "momentum")


class SeqJEPA(Objective):
    r"""Ghaemi, Muller & Bakhtiari, *seq-JEPA: autoregressive predictive learning of invariant-equivariant world models*
    (NeurIPS 2025).

    The encoder gives the features z_1 … z_M of M frames. Motion a_t leads from frame t to t + 1 and has an embedding
    e(a_t), linear with batch normalisation. A transformer sees the tokens [z_t, e(a_t)], [z_M, 0] and a learned one,
    [AGG], whose output z_AGG is the aggregate of the sequence; a predictor says from it and the motion that follows
    what the next frame will look like to the target, a moving average of the encoder:

        ẑ = h(z_AGG, e(a_M)),    L = 1 − cos(ẑ, f′(x_{M+1})),    w′ ← m w′ + (1 − m) w after each step,

    without gradient to the target. As in the authors' code tokens have no positions: what came when is told by the
    motions alone. The paper predicts the last frame of a sequence from all others, for a thousand epochs. Here a window
    gives as many predictions as it can: of every frame but the first from those before it, and so again for the window
    played backwards, whose motions are −a_t, since log(T⁻¹) = −log(T). Adapted, too: motions are standardised twists,
    and tokens are mapped to the transformer's width, which the number of heads divides.

    The paper probes z for equivariance and z_AGG for the class. Here the encoder is what is kept, probed and used by
    agents, which fuse views themselves; ``aggregate`` gives z_AGG while the objective is at hand.

    settings: see ``SeqJEPASettings``; conditioned=false sets all motions to 0, the ablation of the paper.
    """

    paper = (
        "Ghaemi, Muller & Bakhtiari, seq-JEPA: autoregressive predictive learning of invariant-equivariant world "
        "models, NeurIPS 2025"
    )
    Settings = SeqJEPASettings
    length = 3

    def __init__(self, encoder: Encoder, actions: StandardTwists, settings: SeqJEPASettings | None = None):
        super().__init__()
        self.settings = settings = settings or SeqJEPASettings()
        self.encoder, self.actions = encoder, actions
        self.target = MovingAverage(encoder)
        self.embed_action = nn.Sequential(
            nn.Linear(TWIST, settings.action, bias=False), nn.BatchNorm1d(settings.action, affine=False)
        )
        self.token = nn.Linear(encoder.embedding + settings.action, settings.width)
        self.start = nn.Parameter(torch.zeros(settings.width))
        layer = nn.TransformerEncoderLayer(
            settings.width, settings.heads, 4 * settings.width, dropout=0.1, batch_first=True
        )
        self.transformer = nn.TransformerEncoder(
            layer, settings.layers, norm=nn.LayerNorm(settings.width), enable_nested_tensor=False
        )
        self.predictor = mlp(settings.width + settings.action, settings.hidden, encoder.embedding)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> SeqJEPA:
        return cls(encoder, StandardTwists.fit(dataset.motions), config.own(SeqJEPASettings))

    def aggregate(self, features: torch.Tensor, twists: torch.Tensor) -> torch.Tensor:
        """z_AGG (B, width) of features (B, M, D) of views with the twists (B, M − 1, 6) between them."""
        return self._aggregate(features, self._embedded(twists))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        targets = self.target(batch.frames.flatten(0, 1)).unflatten(0, features.shape[:2])
        seen, shown = (torch.cat([views, views.flip(1)]) for views in (features, targets))  # forwards and backwards
        actions = self._embedded(torch.cat([batch.twists, -batch.twists.flip(1)]))
        steps = actions.shape[1]
        aggregates = [self._aggregate(seen[:, : step + 1], actions[:, :step]) for step in range(steps)]
        predicted = self.predictor(torch.cat([torch.stack(aggregates, 1), actions], -1).flatten(0, 1))
        target, scenes = shown[:, 1:].flatten(0, 1), batch.scenes.repeat(2).repeat_interleave(steps)
        similarity = nn.functional.cosine_similarity(predicted.float(), target.float(), dim=-1).mean()
        metrics = {"similarity": similarity.detach(), "retrieved": retrieved(predicted, target, scenes)}
        return Outcome(1 - similarity, metrics, features)

    def after_step(self, done: float) -> None:
        self.target.follow(self.encoder, self.settings.momentum)

    def _embedded(self, twists: torch.Tensor) -> torch.Tensor:
        """Embeddings (B, S, action) of twists (B, S, 6)."""
        actions = self.actions(twists) if self.settings.conditioned else torch.zeros_like(twists)
        embedded: torch.Tensor = self.embed_action(actions.flatten(0, 1)).unflatten(0, twists.shape[:2])
        return embedded

    def _aggregate(self, features: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        tokens = self.token(torch.cat([features, nn.functional.pad(actions, (0, 0, 0, 1))], -1))
        start = self.start.expand(len(tokens), 1, -1)
        aggregate: torch.Tensor = self.transformer(torch.cat([start, tokens], 1))[:, 0]
        return aggregate
