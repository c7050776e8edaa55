"""A policy of your own against the baselines, on a trained agent (run `activevision demo` first)."""

from pathlib import Path

import numpy as np

from activevision.agents.evidence import EvidenceTable
from activevision.commands.train import load_trained
from activevision.evaluation.metrics import accuracy
from activevision.evaluation.play import Starts, play

FOLDER = Path("runs/demo/agent")
EPISODES = 4


class TowardsTheHorizon:
    """Goes to the middle row, then round: most objects are told apart from the side."""

    name = "horizon"

    def __init__(self, protocol):
        self.protocol = protocol

    def act(self, observation, belief):
        elevation = observation["proprioception"][:, 0]
        down = np.sign(np.round(-elevation / np.radians(30))).astype(int)
        wanted = np.stack([down, np.full(len(down), 2)], axis=1)
        return (self.protocol.motions[None] == wanted[:, None]).all(axis=2).argmax(axis=1)


agent, world, facts = load_trained(FOLDER)
scenes = len(world.catalogue.scenes("test"))
env = world.make("test", scenes * EPISODES)
table = EvidenceTable.build(agent.recogniser, env)
starts = Starts.on_grid(scenes, world.protocol.grid_shape, EPISODES, seed=0)
fusion = agent.fusion(facts["fusion"])
learnt = agent.policy("ppo", facts["seeds"][0], fusion)
for policy in (TowardsTheHorizon(world.protocol), agent.policy("random", 0, fusion), learnt):
    log = play(env, table, fusion, lambda _, policy=policy: policy, starts, {})
    print(f"{policy.name:<10}", "  ".join(f"{100 * share:.1f} %" for share in accuracy(log)))
