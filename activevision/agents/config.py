"""Settings of an agent's training. Imports nothing heavy, so that the command line's help is instant."""

from __future__ import annotations

from dataclasses import dataclass, field

from activevision.errors import UserError, unknown
from activevision.settings import require_not_negative, require_positive, require_share

_FUSION, _POLICIES = "activevision.agents.fusion", "activevision.agents.policies"

FUSIONS = {
    "mean": f"{_FUSION}.mean_posterior:MeanPosterior",
    "product": f"{_FUSION}.product_of_experts:ProductOfExperts",
    "max_confidence": f"{_FUSION}.max_confidence:MaxConfidence",
    "dempster_shafer": f"{_FUSION}.dempster_shafer:DempsterShafer",
    "naive_bayes": f"{_FUSION}.naive_bayes:NaiveBayes",
    "recurrent": f"{_FUSION}.recurrent:Recurrent",
    "transformer": f"{_FUSION}.transformer:Transformer",
}
"""Fusions by name, as "module:Class"."""

ANY_ORDER = ("mean", "product", "max_confidence", "dempster_shafer", "naive_bayes")
"""Fusions in closed form: views add up to the same in whatever order, and there may be any number of them."""

TRAINED = {
    "best_fixed": f"{_POLICIES}.best_fixed:BestFixed",
    "transinformation": f"{_POLICIES}.transinformation:Transinformation",
    "sequential": f"{_POLICIES}.sequential:Sequential",
    "transinformation_sequential": f"{_POLICIES}.transinformation_sequential:TransinformationSequential",
    "next_best_view": f"{_POLICIES}.next_best_view:NextBestView",
    "dqn": f"{_POLICIES}.dqn:DQNPolicy",
    "look_around": f"{_POLICIES}.look_around:LookAroundPolicy",
    "ppo": f"{_POLICIES}.ppo:PPOPolicy",
    "ppo_stop": f"{_POLICIES}.ppo_stop:PPOStopPolicy",
    "recurrent_ppo": f"{_POLICIES}.recurrent_ppo:RecurrentPPOPolicy",
    "ppo_pixels": f"{_POLICIES}.ppo_pixels:PPOPixelsPolicy",
}
"""Policies that learn, as "module:Class"."""

JOINT = {
    "look_ahead": "activevision.agents.look_ahead.agent:LookAhead",
    "active_rnn": "activevision.agents.look_ahead.agent:ActiveRNN",
}
"""Agents whose fusion and policy are trained together and go by one name, as "module:Class"."""


@dataclass(frozen=True)
class RecogniserConfig:
    """Training of encoder + classifier on single views."""

    epochs: int = 12
    """Passes over the views of the rollouts."""
    batch_size: int = 128
    """Views in a batch."""
    learning_rate: float = 2e-3
    """Peak learning rate of AdamW."""
    weight_decay: float = 5e-2
    """Decoupled weight decay."""
    label_smoothing: float = 0.1
    """Share of the target spread over all classes."""
    shift: int = 5
    """Largest shift of a view in pixels."""
    jitter: float = 0.3
    """Largest relative change of each colour channel's gain."""
    folds: int = 2
    """Recognisers trained on all but a part of the training objects each. Fusion and policy learn from what these say
    of the part they have not seen, because a recogniser is never in doubt about objects that it was trained on."""

    def __post_init__(self) -> None:
        require_positive(self, "epochs", "learning_rate")
        require_not_negative(self, "weight_decay", "shift", "jitter")
        require_share(self, "label_smoothing")
        if self.batch_size < 2:
            raise UserError(f"recogniser with batch_size={self.batch_size}: it must be at least 2.")
        if self.folds < 2:
            raise UserError(f"folds={self.folds}: fusion and policy need held-out evidence, so at least 2 folds.")


@dataclass(frozen=True)
class ObservationConfig:
    """What the observation model of naive Bayes and of the classical policies is chosen from, on validation scenes."""

    words: tuple[int, ...] = (16, 32, 64)
    """Numbers of codewords."""
    strengths: tuple[float, ...] = (10.0, 30.0, 100.0)
    """Imagined views that draw each estimate towards the coarser one."""

    def __post_init__(self) -> None:
        for name in ("words", "strengths"):
            choices = getattr(self, name)
            if not choices or not min(choices) > 0:
                raise UserError(f"observation with {name}={choices}: give one or more, all positive.")


@dataclass(frozen=True)
class NextBestViewConfig:
    """The policy that goes by expected information gain."""

    components: int = 8
    """Directions of the features that are forecast."""
    samples: int = 64
    """Imagined objects over which a gain is averaged."""
    depth: int = 2
    """Motions that are planned ahead."""
    beam: int = 8
    """Plans that go on from one motion to the next."""

    def __post_init__(self) -> None:
        require_positive(self, "components", "samples", "depth", "beam")


@dataclass(frozen=True)
class RecurrentConfig:
    """Training of the recurrent aggregator."""

    hidden: int = 64
    """Units of the GRU."""
    steps: int = 800
    """Optimiser steps."""
    batch_size: int = 256
    """Episodes in a batch, with motions at random."""
    learning_rate: float = 2e-3
    """Peak learning rate of Adam."""

    def __post_init__(self) -> None:
        require_positive(self, "hidden", "steps", "batch_size", "learning_rate")


@dataclass(frozen=True)
class TransformerConfig:
    """Training of the transformer."""

    width: int = 64
    """Numbers of a token."""
    layers: int = 2
    """Blocks of self-attention."""
    steps: int = 600
    """Optimiser steps."""
    batch_size: int = 256
    """Episodes in a batch, with motions at random."""
    learning_rate: float = 2e-3
    """Peak learning rate of AdamW."""

    def __post_init__(self) -> None:
        require_positive(self, "width", "layers", "steps", "batch_size", "learning_rate")
        if self.width % 4:
            raise UserError(f"transformer with width={self.width}: 4 heads share it, so it must be a multiple of 4.")


@dataclass(frozen=True)
class PPOConfig:
    """Training of a policy by proximal policy optimisation (Schulman et al. 2017)."""

    steps: int = 150_000
    """Environment steps."""
    warm_up: int = 200_000
    """States before that, in which the actor learns from what every motion would bring at once; 0 for none."""
    rollout_steps: int = 24
    """Steps of each environment between two updates."""
    batch_size: int = 512
    """Transitions in a minibatch."""
    epochs: int = 4
    """Passes over the transitions of an update."""
    learning_rate: float = 1e-3
    """Initial learning rate, falling linearly to 0; that of the warm-up as well."""
    entropy: float = 0.01
    """Weight of the entropy bonus."""
    gamma: float = 0.95
    """Discount: below 1, the same gain is worth more at an earlier view."""
    gae_lambda: float = 0.95
    """Of generalised advantage estimation."""
    layers: tuple[int, ...] = (256, 128)
    """Hidden units of actor and critic."""

    def __post_init__(self) -> None:
        require_positive(self, "steps", "rollout_steps", "batch_size", "epochs", "learning_rate")
        require_not_negative(self, "warm_up", "entropy")
        require_share(self, "gamma", "gae_lambda")
        if self.batch_size < 2:
            raise UserError(f"{type(self).__name__} with batch_size={self.batch_size}: it must be at least 2.")


@dataclass(frozen=True)
class RecurrentPPOConfig(PPOConfig):
    """Training of a policy with a memory."""

    layers: tuple[int, ...] = (128,)
    """Hidden units of actor and critic, after the memory."""
    hidden: int = 128
    """Units of the LSTM, of actor and critic each."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "hidden")


@dataclass(frozen=True)
class PixelPPOConfig(PPOConfig):
    """Training of a policy that sees frames."""

    steps: int = 20_000
    warm_up: int = 150_000
    epochs: int = 2
    channels: tuple[int, int] = (32, 64)
    """Channels of the convolutions."""
    view_size: int = 64
    """Numbers that a view is described by."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "view_size")
        if not all(number > 0 for number in self.channels):
            raise UserError(f"{type(self).__name__} with channels={self.channels}: they must be positive.")


@dataclass(frozen=True)
class DQNConfig:
    """Training of a policy by deep Q-learning (Mnih et al. 2015)."""

    steps: int = 200_000
    """Environment steps."""
    buffer: int = 50_000
    """Transitions that are remembered."""
    batch_size: int = 512
    """Transitions in a minibatch."""
    updates: int = 2
    """Minibatches after every step of all environments."""
    target_every: int = 2_000
    """Environment steps between copies of the network to the one that gives the targets."""
    exploration: float = 0.5
    """Share of training over which motions at random become fewer, from all to one in twenty."""
    learning_rate: float = 1e-3
    """Initial learning rate, falling linearly to 0."""
    gamma: float = 0.95
    """Discount: below 1, the same gain is worth more at an earlier view."""
    layers: tuple[int, ...] = (256, 128)
    """Hidden units."""

    def __post_init__(self) -> None:
        require_positive(self, "steps", "buffer", "batch_size", "updates", "target_every", "exploration")
        require_positive(self, "learning_rate")
        require_share(self, "exploration", "gamma")


@dataclass(frozen=True)
class LookAheadConfig:
    """Training of the agent of Jayaraman & Grauman (ECCV 2016)."""

    inputs: tuple[str, ...] = ("feature", "evidence")
    """What the sensor is given of a view: the encoder's feature, and the evidence of the recogniser."""
    look_ahead: float = 1.5
    """Weight of the look-ahead loss."""
    entropy: float = 0.01
    """Weight of the entropy bonus."""
    hidden: int = 128
    """Units of the aggregator."""
    dropout: float = 0.3
    """Of what the sensor says and the classifier is given."""
    feature_dropout: float = 0.5
    """Of the feature that the sensor is given."""
    steps: int = 400
    """Optimiser steps."""
    batch_size: int = 1024
    """Episodes in a batch."""
    learning_rate: float = 2e-3
    """Peak learning rate of AdamW."""

    def __post_init__(self) -> None:
        require_positive(self, "hidden", "steps", "batch_size", "learning_rate")
        require_not_negative(self, "look_ahead", "entropy")
        require_share(self, "dropout", "feature_dropout")
        for name in self.inputs:
            if name not in ("feature", "evidence"):
                raise unknown("input of the sensor", name, ("feature", "evidence"))
        if not self.inputs:
            raise UserError("inputs: give the sensor the feature, the evidence or both.")


@dataclass(frozen=True)
class LookAroundConfig:
    """Training of the agent of Jayaraman & Grauman (CVPR 2018)."""

    codes: int = 32
    """Numbers of a view."""
    components: int = 128
    """Of whole grids, which predictions are made of."""
    hidden: int = 128
    """Units of the aggregator, and of what goes into it."""
    tints: int = 5
    """Times that every training scene, and its mirror image, is there in other light."""
    tint: float = 0.25
    """Largest relative change of each colour channel in other light."""
    one_view_steps: int = 800
    """Optimiser steps of the network that completes from one view, from which the others begin."""
    one_view_batch: int = 128
    """Views in its batch."""
    steps: int = 1200
    """Optimiser steps after that."""
    batch_size: int = 64
    """Episodes in a batch."""
    rollouts: int = 4
    """Episodes from each start, which are compared with one another."""
    learning_rate: float = 3e-3
    """Peak learning rate of AdamW."""
    weight_decay: float = 1e-2
    """Decoupled weight decay."""
    error_unit: float = 10.0
    """Error (MSE × 1000) that counts as 1 in the loss."""
    reinforce: float = 0.1
    """Weight of REINFORCE."""
    entropy: float = 2e-3
    """Weight of the entropy bonus."""
    imitation: float = 0.1
    """Weight of imitating a demonstrator."""
    score_weight: float = 0.05
    """Reward for a view of greatest score at first, as a share of the mean error from one view."""
    sidekick_share: float = 0.5
    """Share of training over which sidekicks fade."""

    def __post_init__(self) -> None:
        require_positive(self, "codes", "components", "hidden", "one_view_steps", "one_view_batch", "steps")
        require_positive(self, "learning_rate", "error_unit", "sidekick_share")
        require_not_negative(self, "tints", "tint", "weight_decay", "reinforce", "entropy", "imitation", "score_weight")
        if self.rollouts < 2 or self.batch_size < self.rollouts or self.batch_size % self.rollouts:
            raise UserError(
                f"look_around with batch_size={self.batch_size} and rollouts={self.rollouts}: give at least 2 rollouts "
                "from a start, and a multiple of them as batch_size."
            )


@dataclass(frozen=True)
class AgentConfig:
    """Training of recogniser, fusions and policies."""

    recogniser: RecogniserConfig = field(default_factory=RecogniserConfig)
    observation: ObservationConfig = field(default_factory=ObservationConfig)
    next_best_view: NextBestViewConfig = field(default_factory=NextBestViewConfig)
    recurrent: RecurrentConfig = field(default_factory=RecurrentConfig)
    transformer: TransformerConfig = field(default_factory=TransformerConfig)
    ppo: PPOConfig = field(default_factory=PPOConfig)
    look_ahead: LookAheadConfig = field(default_factory=LookAheadConfig)
    look_around: LookAroundConfig = field(default_factory=LookAroundConfig)
    recurrent_ppo: RecurrentPPOConfig = field(default_factory=RecurrentPPOConfig)
    ppo_pixels: PixelPPOConfig = field(default_factory=PixelPPOConfig)
    dqn: DQNConfig = field(default_factory=DQNConfig)
    environments: int = 64
    """Environments that step together where policies learn by trial."""
    view_price: float = 0.05
    """What a view costs a policy that may stop, in nats of log-probability of the true class."""
    fusion: str = "product"
    """Fusion that policies learn with."""
    fusions: tuple[str, ...] = ("mean", "product", "recurrent")
    """Fusions to fit. More may be added to a finished agent."""
    policies: tuple[str, ...] = ("ppo",)
    """Policies to train, agents that are trained as a whole among them. More may be added to a finished agent."""
    seeds: int = 1
    """Policies trained, with seeds from ``seed`` up; 0 for an agent of recogniser and fusions alone."""
    seed: int = 0
    """First seed."""

    def __post_init__(self) -> None:
        require_positive(self, "environments")
        require_not_negative(self, "seeds", "seed", "view_price")
        for name in (self.fusion, *self.fusions):
            if name not in FUSIONS:
                raise unknown("fusion", name, FUSIONS)
        for name in self.policies:
            if name not in (*TRAINED, *JOINT):
                raise unknown("policy to train", name, (*TRAINED, *JOINT))
        if self.fusion not in self.fusions:
            raise UserError(f"fusion={self.fusion!r} is not among the fusions to fit: add it to them.")
