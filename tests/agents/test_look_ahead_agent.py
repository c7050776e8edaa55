"""Look-ahead before you leap: its loss by hand, that it learns where to look, and that fusion and policy are one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from activevision.agents.config import AgentConfig, LookAheadConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.lessons import GridLessons
from activevision.agents.look_ahead.agent import ActiveRNN, LookAhead
from activevision.agents.look_ahead.grid import Grid, Views
from activevision.agents.look_ahead.network import LookAheadNetwork, Sizes
from activevision.agents.look_ahead.training import Baseline, episode_loss
from activevision.errors import UserError
from activevision.protocol import LOOK_AHEAD, LOOK_AROUND

SMALL = replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=6, neighbourhood=(3, 3), views=3)


def random_table(protocol=SMALL, scenes=10, classes=3, seed=0):
    generator = np.random.default_rng(seed)
    shape = (scenes, *protocol.grid_shape)
    scores = np.log(generator.dirichlet(np.ones(classes), shape)).astype(np.float32)
    names = tuple("abcdef"[:classes])
    features = generator.normal(size=(*shape, 5)).astype(np.float32)
    return EvidenceTable(names, scores, features, generator.integers(classes, size=scenes))


def telling_table(protocol, scenes=60):
    """The class shows in the top row alone, whatever the column; elsewhere evidence says nothing."""
    generator = np.random.default_rng(1)
    label = generator.integers(2, size=scenes)
    scores = np.full((scenes, *protocol.grid_shape, 2), np.log(0.5), np.float32)
    scores[:, -1] = np.where(np.arange(2) == label[:, None], np.log(0.98), np.log(0.02))[:, None]
    return EvidenceTable(("a", "b"), scores, np.zeros((scenes, *protocol.grid_shape, 4), np.float32), label)


CONFIG = AgentConfig(look_ahead=LookAheadConfig(hidden=16, steps=60, batch_size=128, learning_rate=1e-2))


def played(agent, table, protocol, scene, viewpoint, fusion=None):
    """Beliefs (N, T, C), states of fusion and policy before every motion, and motions, of the agent by itself."""
    fusion, policy = fusion or agent.fusion, agent.policy
    count = len(scene)
    belief, twist = fusion.init(count), np.zeros((count, 6), np.float32)
    beliefs, states, motions = [], [], []
    for view in range(protocol.views):
        evidence = table.at(scene, viewpoint)
        belief = fusion.update(belief, evidence, twist)
        beliefs.append(belief.log_probs)
        if view == protocol.views - 1:
            break
        observation = {
            "evidence": evidence.log_likelihood,
            "feature": evidence.feature,
            "egomotion": twist,
            "steps_left": np.full((count, 1), protocol.views - 1 - view),
            "proprioception": protocol.elevations[viewpoint[:, :1]].astype(np.float32),
        }
        motion = policy.act(observation, None)
        states.append((belief.state, policy.state))
        motions.append(motion)
        target = protocol.move(viewpoint, motion)
        twist, viewpoint = protocol.twists[protocol.motion_index(viewpoint, target)], target
    return np.stack(beliefs, 1), states, np.stack(motions, 1)


def test_the_loss_is_the_formula_episode_by_episode():
    """The same draws, one episode at a time and with nothing but the modules."""
    table = random_table()
    grid, views = Grid(SMALL), Views(table)
    torch.manual_seed(0)
    sizes = Sizes(("feature", "evidence"), 5, 3, 9, 1, 8)
    net, baseline = LookAheadNetwork(sizes).eval(), Baseline(sizes)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    scene, start = torch.arange(6), torch.tensor([0, 5, 17, 9, 3, 11])
    torch.manual_seed(3)
    loss = episode_loss(net, baseline, grid, views, scene, start, 3)
    torch.manual_seed(3)

    state, viewpoint, twist = net.begin(6), start.clone(), torch.zeros(6, 6)
    expected = {"ce": 0.0, "la": 0.0, "value": 0.0, "entropy": 0.0}
    log_probs, values, forecast = torch.zeros(6, 2), torch.zeros(6, 2), None
    for t in range(3):
        state = net.see(views.log_likelihood[scene, viewpoint], views.feature[scene, viewpoint], twist, state)
        answer = net.classify(state).softmax(-1)
        for i in range(6):
            expected["ce"] -= answer[i, views.label[i]].log() / 6
            if forecast is not None:
                a, b = forecast[i], state[i, :8]
                expected["la"] += (1 - a @ b / (a.norm() * b.norm())) / 6
        if t == 2:
            break
        where, left = grid.proprioception[viewpoint], torch.full((6, 1), (2 - t) / 2)
        chances = net.choose(state, where, left).softmax(-1)
        motion = torch.distributions.Categorical(logits=net.choose(state, where, left)).sample()
        for i in range(6):
            log_probs[i, t] = chances[i, motion[i]].log()
            expected["entropy"] -= (chances[i] * chances[i].log()).sum() / 6
        values[:, t] = baseline(state[:, :8], where, left)
        forecast = net.forecast(state, motion, where)
        viewpoint, twist = grid.next[viewpoint, motion], grid.twist[viewpoint, motion]
    reward = (answer.argmax(1) == views.label[scene]).float()
    reinforce = sum(-log_probs[i, t] * (reward[i] - values[i, t]) for i in range(6) for t in range(2)) / 6
    value = sum((values[i, t] - reward[i]) ** 2 for i in range(6) for t in range(2)) / 6
    for told, known in zip(
        loss, (expected["ce"], expected["la"], reinforce, value, expected["entropy"], reward.mean()), strict=True
    ):
        torch.testing.assert_close(told, torch.as_tensor(known), rtol=1e-4, atol=1e-5)


def test_each_part_of_the_loss_reaches_what_it_is_to_teach():
    table = random_table()
    sizes = Sizes(("feature", "evidence"), 5, 3, 9, 1, 8)
    torch.manual_seed(0)
    net, baseline = LookAheadNetwork(sizes), Baseline(sizes)
    nn.init.normal_(net.actor[-1].weight)
    nn.init.normal_(net.classifier.weight)

    def reached(part):
        net.zero_grad()
        baseline.zero_grad()
        loss = episode_loss(net, baseline, Grid(SMALL), Views(table), torch.arange(6), torch.arange(6), 3)
        getattr(loss, part).backward()
        parts = {"aggregator": net.aggregator, "actor": net.actor, "classifier": net.classifier,
                 "forecaster": net.forecaster, "baseline": baseline}  # fmt: skip
        return {
            name
            for name, module in parts.items()
            if any(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())
        }

    assert reached("forecast") == {"aggregator", "forecaster"}
    assert reached("classification") == {"aggregator", "classifier"}
    assert reached("reinforce") == {"aggregator", "actor"}
    assert reached("value") == {"baseline"}


@pytest.mark.parametrize("kind", [LookAhead, ActiveRNN])
def test_it_learns_to_look_where_the_class_shows(kind):
    table = telling_table(SMALL)
    agent = kind.fit(GridLessons(SMALL, table, table), CONFIG, 0)
    scene = np.repeat(np.arange(60), 6)
    viewpoint = np.stack([np.zeros_like(scene), np.arange(len(scene)) % 6], axis=1)  # from the bottom row two steps up
    beliefs, _, motions = played(agent, table, SMALL, scene, viewpoint)
    right = (beliefs[:, -1].argmax(1) == table.label[scene]).mean()
    assert right > 0.95, "motions at random reach the top row one time in nine"
    assert (SMALL.motions[motions][:, :, 0] == 1).mean() > 0.95


def test_same_seed_same_weights_and_another_seed_others():
    table = random_table()
    config = replace(CONFIG, look_ahead=replace(CONFIG.look_ahead, steps=3))
    first, again, other = (LookAhead.fit(GridLessons(SMALL, table, table), config, seed) for seed in (1, 1, 2))
    for name, weights in first.net.state_dict().items():
        assert torch.equal(weights, again.net.state_dict()[name])
    assert not torch.equal(first.net.classifier.weight, other.net.classifier.weight)


@pytest.mark.parametrize("protocol", [SMALL, LOOK_AROUND, LOOK_AHEAD], ids=lambda p: p.name)
def test_fusion_and_policy_have_seen_the_same(protocol):
    table = random_table(protocol)
    config = replace(CONFIG, look_ahead=replace(CONFIG.look_ahead, steps=2))
    agent = LookAhead.fit(GridLessons(protocol, table, table), config, 0)
    scene, viewpoint = np.arange(10), np.stack([np.arange(10) % 3, np.arange(10) % 6], axis=1)
    _, states, _ = played(agent, table, protocol, scene, viewpoint)
    assert len(states) == protocol.views - 1
    for of_fusion, of_policy in states:
        np.testing.assert_array_equal(of_fusion, of_policy)


def test_the_memory_ends_with_the_episode():
    table = random_table()
    config = replace(CONFIG, look_ahead=replace(CONFIG.look_ahead, steps=2))
    agent = LookAhead.fit(GridLessons(SMALL, table, table), config, 0)
    scene, viewpoint = np.arange(10), np.zeros((10, 2), int)
    first = played(agent, table, SMALL, scene, viewpoint)
    again = played(agent, table, SMALL, scene, viewpoint)
    np.testing.assert_array_equal(first[2], again[2])
    np.testing.assert_array_equal(first[0], again[0])


def test_it_survives_the_disk_and_damage_is_named(tmp_path):
    table = random_table()
    config = replace(CONFIG, look_ahead=replace(CONFIG.look_ahead, steps=2, inputs=("feature",)))
    agent = LookAhead.fit(GridLessons(SMALL, table, table), config, 0)
    path = tmp_path / "agent.pt"
    agent.save(path)
    loaded = LookAhead.load(path, SMALL)
    scene, viewpoint = np.arange(10), np.zeros((10, 2), int)
    np.testing.assert_array_equal(*(played(one, table, SMALL, scene, viewpoint)[0] for one in (agent, loaded)))
    with pytest.raises(UserError, match="9 motions"):
        LookAhead.load(path, LOOK_AROUND)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="damaged"):
        LookAhead.load(path, SMALL)
    with pytest.raises(UserError, match="no agent"):
        LookAhead.load(tmp_path / "absent.pt", SMALL)


def test_a_wrong_input_is_refused():
    with pytest.raises(UserError, match="did you mean 'feature'"):
        LookAheadConfig(inputs=("features",))
