"""How much motions are expected to tell about the class, one ahead or several."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activevision.agents.evidence import Evidence
from activevision.agents.fusion import Belief, Fusion
from activevision.protocol import Protocol


class Imagined(NamedTuple):
    """What K imagined objects, as likely as one another, would show in each of N episodes.

    hypothesis: (N, K) their classes. evidence: (N, K, R, C) of R viewpoints in reach. feature: (N, R, D), alike for all
    of them. place: (N, E · A) which of the R a viewpoint is, columns counted from the present one.
    """

    hypothesis: NDArray[np.int64]
    evidence: NDArray[np.float32]
    feature: NDArray[np.float32]
    place: NDArray[np.int64]


def hypotheses(log_probs: NDArray[np.floating], samples: int) -> NDArray[np.int64]:
    """Classes (N, K) that occur as often as beliefs (N, C) have them likely, to within one.

    They are a belief's quantiles at K evenly spaced levels (systematic resampling), so nothing is left to chance.
    """
    cumulated = np.cumsum(np.exp(log_probs.astype(np.float64)), axis=1)
    level = (np.arange(samples) + 0.5) / samples * cumulated[:, -1:]
    found = (cumulated[:, None, :] <= level[:, :, None]).sum(axis=2)
    return np.minimum(found, log_probs.shape[1] - 1)


def expected_gains(
    fusion: Fusion, belief: Belief, imagined: Imagined, protocol: Protocol, row: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(N, M) expected information gain of every motion, in nats, from viewpoints in rows (N,).

        G(g) = E_{c ~ b} E_{e' | c, g} [ log b'(c) − log b(c) ],    b' = fusion.update(b, e')

    over the imagined objects. Where those are drawn from the belief b and the fusion is Bayes' rule, E[−log b'(c)] is
    the expected entropy after the view, and G the expected fall in entropy, the mutual information I(c; e') ≥ 0
    (Lindley 1956; MacKay 1992). Any other fusion misses some of it, by the divergence of its belief from the posterior
    p that it should have: G = I(c; e') − E[KL(p ‖ b')]. The plain fall in the entropy of b' leaves that out, and so
    rewards a fusion for growing sure of what it is only told twice.
    """
    return _step(fusion, _begun(belief, imagined, row), imagined, protocol).gain


def best_motions(
    fusion: Fusion,
    belief: Belief,
    imagined: Imagined,
    protocol: Protocol,
    row: NDArray[np.int64],
    depth: int,
    beam: int,
) -> NDArray[np.int64]:
    """(N,) first motions of the plans of ``depth`` motions that gain most.

    The gain of a plan is summed over its views, each against the present belief, so that what is learnt earlier counts
    for longer. Plans are fixed sequences: that there will be another choice after the next view is not anticipated.
    They grow by every motion, and the ``beam`` best go on.
    """
    plans = _begun(belief, imagined, row)
    for _ in range(depth):
        plans = _step(fusion, plans.best(beam), imagined, protocol)
    return plans.first[np.arange(len(row)), plans.gain.argmax(axis=1)]


class _Plans(NamedTuple):
    """P plans of each of N episodes.

    first: (N, P) their first motions, −1 for the plan of none. viewpoint: (N, P, 2) where they end, columns counted
    from the present one. beliefs: K of N · P rows. gain: (N, P). start: (N, 1) what each view's gain is counted from.
    """

    first: NDArray[np.int64]
    viewpoint: NDArray[np.int64]
    beliefs: list[Belief]
    gain: NDArray[np.float64]
    start: NDArray[np.float64]

    def best(self, count: int) -> _Plans:
        """So many of them, those that gain most."""
        kept = np.argsort(-self.gain, axis=1, kind="stable")[:, :count]
        episode = np.arange(len(kept))[:, None]
        rows = (episode * self.gain.shape[1] + kept).reshape(-1)
        beliefs = [Belief(belief.log_probs[rows], belief.state[rows]) for belief in self.beliefs]
        return _Plans(
            self.first[episode, kept], self.viewpoint[episode, kept], beliefs, self.gain[episode, kept], self.start
        )


def _begun(belief: Belief, imagined: Imagined, row: NDArray[np.int64]) -> _Plans:
    """The plan of no motion."""
    labels = imagined.hypothesis.T
    start = np.stack([_truth(belief, label) for label in labels]).mean(axis=0, dtype=np.float64)
    viewpoint = np.stack([row, np.zeros_like(row)], axis=1)[:, None]
    return _Plans(np.full((len(row), 1), -1), viewpoint, [belief] * len(labels), np.zeros((len(row), 1)), start)


def _step(fusion: Fusion, plans: _Plans, imagined: Imagined, protocol: Protocol) -> _Plans:
    """Every plan with every motion after it, P · M of them."""
    episodes, count = plans.first.shape
    motions = np.arange(len(protocol.motions))
    viewpoint = np.broadcast_to(plans.viewpoint[:, :, None], (episodes, count, len(motions), 2))
    target = protocol.move(viewpoint, motions)
    twist = protocol.twists[protocol.motion_index(viewpoint, target)].reshape(-1, 6)
    episode = np.arange(episodes)[:, None, None]
    place = imagined.place[episode, protocol.viewpoint_index(target)]
    feature = imagined.feature[episode, place].reshape(len(twist), -1)
    beliefs: list[Belief] = []
    gain = np.repeat(plans.gain - plans.start, len(motions), axis=1)
    for sample, before in enumerate(plans.beliefs):
        evidence = Evidence(imagined.evidence[episode, sample, place].reshape(len(twist), -1), feature)
        beliefs.append(fusion.update(before.repeat(len(motions)), evidence, twist))
        gain += _truth(beliefs[-1], imagined.hypothesis[:, sample]) / len(plans.beliefs)
    first = np.repeat(plans.first, len(motions), axis=1)
    first = np.where(first < 0, np.tile(motions, count), first)
    return _Plans(first, target.reshape(episodes, -1, 2), beliefs, gain, plans.start)


def _truth(belief: Belief, label: NDArray[np.int64]) -> NDArray[np.float32]:
    """(N, P) log-probabilities of classes (N,) in a belief of N · P rows."""
    log_probs = belief.log_probs.reshape(len(label), -1, belief.log_probs.shape[1])
    return log_probs[np.arange(len(label)), :, label]
