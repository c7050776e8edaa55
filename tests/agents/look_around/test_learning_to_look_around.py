"""That completion learns where to look, from what it says that it learns from."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from patches import CONFIG, SMALL, material, motley, of_colours

from activevision.agents.look_around.choosers import AnyMotion, GreedyCoverage, Likeliest, Moment
from activevision.agents.look_around.episodes import play
from activevision.agents.look_around.lesson import CoverageSidekick, Given, Learned, ScoreSidekick
from activevision.agents.look_around.sidekicks import errors_from_one_view, peaks, score_rewards, scores, utility
from activevision.agents.look_around.table import OwnGrid
from activevision.agents.look_around.training import advantages, returns, train_looking_around, train_one_view

TELLING = replace(CONFIG, one_view_steps=50, steps=250, batch_size=64, tints=0)


def told_by_the_top_row():
    """Below, all is grey in every scene; above, every view has a colour that no other view tells."""
    colours = np.full((40, *SMALL.grid_shape, 3), 0.5)
    colours[:, -1] = np.random.default_rng(2).uniform(0, 1, (40, 4, 3))
    return of_colours(colours)


def views_of_the_top_row(net, learned, chooser):
    """Mean number of different ones, over all starts."""
    scene, start = torch.arange(40).repeat_interleave(12), torch.arange(12).repeat(40)
    with torch.no_grad():
        episodes = play(net, learned.table, learned.grid, chooser, scene, start, 4, torch.Generator().manual_seed(1))
    return np.mean([len({view for view in path if view >= 8}) for path in episodes.viewpoint.tolist()])


@pytest.mark.parametrize("sidekick", [None, ScoreSidekick, CoverageSidekick], ids=["alone", "scores", "coverage"])
def test_it_looks_where_there_is_something_to_know(sidekick):
    learned = material(told_by_the_top_row(), TELLING)
    one_view = train_one_view(learned, TELLING, 0)
    lesson = Learned() if sidekick is None else sidekick(one_view, learned, TELLING)
    net = train_looking_around(one_view, learned, lesson, TELLING, 0)
    # from the top, the middle and the bottom row there is time for 4, 3 and 2
    assert views_of_the_top_row(net, learned, Likeliest()) > 2.9
    assert views_of_the_top_row(net, learned, AnyMotion(9)) < 1.8


def test_same_seed_same_weights_whatever_was_drawn_before():
    def weights(seed):
        learned = material(seed=seed)
        one_view = train_one_view(learned, CONFIG, seed)
        return train_looking_around(one_view, learned, Learned(), CONFIG, seed).state_dict()

    first = weights(0)
    torch.manual_seed(99)
    again, other = weights(0), weights(1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["act.4.weight"], other["act.4.weight"])


def test_motions_that_are_given_teach_completion_alone():
    learned = material()
    one_view = train_one_view(learned, CONFIG, 0)
    net = train_looking_around(one_view, learned, Given(AnyMotion(9)), CONFIG, 0)
    assert torch.count_nonzero(net.act[-1].weight) == 0
    assert not torch.equal(net.decode_straight.weight, one_view.decode_straight.weight)


def test_whoever_learns_is_shown_the_same_starts(monkeypatch):
    """As many of them and in as many steps, whether motions are given, chosen, or there are none."""
    learned, shown = material(), []

    def watched(net, table, grid, chooser, scene, start, *rest):
        shown[-1].append(sorted(set(zip(scene.tolist(), start.tolist(), strict=True))))
        return play(net, table, grid, chooser, scene, start, *rest)

    one_view = train_one_view(learned, CONFIG, 0)
    monkeypatch.setattr("activevision.agents.look_around.training.play", watched)
    for lesson, views in ((Learned(), None), (Given(AnyMotion(9)), None), (Given(AnyMotion(9)), 1)):
        shown.append([])
        train_looking_around(one_view, learned, lesson, replace(CONFIG, steps=2), 0, views=views)
    assert len(shown[0]) == len(shown[1]) == len(shown[2]) == 2
    assert shown[0][0] == shown[1][0] == shown[2][0]
    assert len(shown[0][0]) > 1


def test_returns_and_advantages_by_hand():
    error, rewards = torch.tensor([3.0, 5.0]), torch.tensor([[1.0, 0.0, 2.0], [0.0, 4.0, 0.0]])
    assert returns(error, rewards).tolist() == [[0.0, -1.0, -1.0], [-1.0, -1.0, -5.0]]
    value = torch.tensor([[1.0], [2.0], [6.0], [10.0], [10.0], [10.0]])  # two starts, three times each
    apart = torch.tensor([[1 - 4.0], [2 - 3.5], [6 - 1.5], [0.0], [0.0], [0.0]])
    torch.testing.assert_close(advantages(value, 3), apart / apart.std())


def test_scores_and_utility_by_hand():
    # two views: from the first, errors of 1 and 4, from the second, of 2 and 1
    errors = torch.tensor([[[1.0, 4.0], [2.0, 1.0]]])
    torch.testing.assert_close(scores(errors), torch.tensor([[0.0, 1.0]]))
    torch.testing.assert_close(utility(errors), torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]))
    three = torch.tensor([[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [4.0, 4.0, 4.0]]])  # 1/e: 1, 1/2, 1/4
    torch.testing.assert_close(scores(three), torch.tensor([[1.0, 1 / 3, 0.0]]))


def test_errors_from_one_view_are_those_of_an_episode_of_one_view():
    learned = material()
    net = train_one_view(learned, CONFIG, 0)
    table = learned.table.first(2)
    errors = errors_from_one_view(net, table, learned.grid)
    scene, start = torch.arange(24), torch.arange(24) % 12
    with torch.no_grad():
        episodes = play(net, table, learned.grid, AnyMotion(9), scene, start, 1, torch.Generator())
    unseen = errors[scene, start].scatter(1, start[:, None], 0.0).mean(1)  # the view itself is remembered
    torch.testing.assert_close(episodes.error[:, 0], unseen)


def test_score_rewards_by_hand():
    grid = OwnGrid(replace(SMALL, azimuths=8))
    score = torch.zeros(1, 24)
    score[0, 8 + 4] = 1.0  # the middle row's best,
    score[0, 8 + 5] = 0.9  # one beside it
    score[0, 16 + 7] = 0.5  # and one far from it, at the top
    peak = peaks(score, grid)
    assert peak[0, 12] == 1.0
    assert peak[0, 13] == 0.0
    assert peak[0, 23] == 0.5
    # from (1, 1), which is column 0 of the agent: to (1, 3), to the peak, there again, to (2, 6), beside a peak, to it
    seen = [(1, 1), (1, 3), (1, 4), (1, 4), (2, 6), (2, 7)]
    after = [(1, 1), (1, 4), (1, 4), (2, 7)]
    for path, paid in ((seen[:1], []), (seen[:4], [0.0, 0.0, 0.0]), (after, [1.0, 0.0, 0.5])):
        own = torch.tensor([[8 * row + (column - 1) % 8 for row, column in path]])
        paid_now = score_rewards(peak, torch.tensor([0]), torch.tensor([1]), own, grid)
        torch.testing.assert_close(paid_now, torch.tensor([paid]))  # having been beside a peak takes its reward


def test_the_demonstrator_covers_most_first():
    grid = OwnGrid(SMALL)
    table = torch.zeros(1, 12, 12)
    table[0, 5] = torch.tensor([1.0] * 3 + [0.0] * 9)  # what has been seen tells of views 0, 1, 2
    table[0, 9] = torch.tensor([1.0] * 3 + [0.6] * 1 + [0.0] * 8)  # adds 0.6
    table[0, 10] = torch.tensor([0.0] * 4 + [0.5] * 2 + [0.0] * 6)  # adds 1.0, which is most
    table[0, 3] = torch.tensor([1.0] * 12)  # would add 9, and is out of reach
    seen = torch.zeros(1, 12, dtype=torch.bool)
    seen[0, 4] = True  # the agent's own name for view 5, which is in column 1
    moment = Moment(0, lambda: torch.zeros(1, 9), torch.tensor([4]), seen, torch.tensor([0]), torch.tensor([1]))
    motion = GreedyCoverage(table, grid).choose(moment, torch.Generator()).motion
    assert SMALL.move((1, 1), int(motion)).tolist() == [2, 2]


def test_sidekicks_fade():
    learned = material()
    one_view = train_one_view(learned, CONFIG, 0)
    teacher = CoverageSidekick(one_view, learned, CONFIG)
    assert [teacher.chooser(done)._motions for done in (0.0, 0.2, 0.4, 0.5, 1.0)] == [3, 2, 1, 0, 0]
    # motions of two columns: what one column brings into view is beside the view before, and has nothing to give
    wide = material(protocol=replace(SMALL, azimuths=8, neighbourhood=(3, 5)))
    one_view = train_one_view(wide, CONFIG, 0)
    shaping = ScoreSidekick(one_view, wide, CONFIG)
    scene, start = torch.arange(12), torch.arange(12)
    with torch.no_grad():
        way = play(one_view, wide.table, wide.grid, AnyMotion(15), scene, start, 4, torch.Generator())
    begun, later, end = (shaping.rewards(way, scene, start % wide.grid.columns, done) for done in (0.0, 0.25, 0.5))
    assert begun.max() > 0
    torch.testing.assert_close(later, begun / 2)
    assert end.abs().max() == 0


def test_views_in_other_light_keep_their_scene_s_scores():
    """Copies of a scene are told apart by whether they are mirrored, and by nothing else."""
    learned = material(motley(5), replace(CONFIG, tints=2))
    assert len(learned.table) == 5 * 2 * 3
    first, mirror = learned.table.codes[:5], learned.table.codes[5:10]
    for copy in range(2, 6):
        other = learned.table.codes[5 * copy : 5 * copy + 5]
        near, far = (first, mirror) if copy % 2 == 0 else (mirror, first)
        assert (other - near).norm() < (other - far).norm()
