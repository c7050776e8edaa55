"""Codes, grids and episodes of completion, against pixels."""

import numpy as np
import pytest
import torch
from patches import CONFIG, SMALL, material, motley, noisy, replace_frames

from activevision.agents.config import LookAroundConfig
from activevision.agents.look_around.choosers import AnyMotion, Likeliest, PeekSaliency, SameMotion
from activevision.agents.look_around.codes import PIXELS, ViewCodes
from activevision.agents.look_around.episodes import play
from activevision.agents.look_around.grids import mirrored
from activevision.agents.look_around.table import CodeTable, OwnGrid
from activevision.agents.look_around.training import train_one_view
from activevision.agents.saliency import saliency
from activevision.agents.small_frames import SIDE, shrunk
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND, LOOK_AROUND_SCENES


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def lively(net):
    """A network that has opinions on where to go."""
    with torch.no_grad():
        torch.nn.init.normal_(net.act[-1].weight, std=3.0, generator=generator(3))
    return net


def played(net, table, grid, chooser, scene, start, seed=0):
    with torch.no_grad():
        return play(net, table, grid, chooser, torch.tensor(scene), torch.tensor(start), SMALL.views, generator(seed))


def test_the_error_of_codes_is_that_of_pixels():
    grids = noisy()
    codes = ViewCodes.of(grids.frames, 8, np.random.default_rng(0))
    code, rest = codes.encode_grids(torch.from_numpy(grids.frames))
    guess = code + torch.randn(code.shape, generator=generator())
    pixels = torch.einsum("neak,edk->nead", guess, codes.basis) + codes.mean[:, None]  # not clipped
    true = torch.from_numpy(grids.frames).float().reshape(*code.shape[:3], PIXELS) / 255
    torch.testing.assert_close(
        (guess - code).square().sum(3) + rest, (pixels - true).square().sum(3), rtol=1e-4, atol=0
    )
    np.testing.assert_allclose(codes.encode(torch.from_numpy(grids.frames[:, 1, 2]), 1), code[:, 1, 2], atol=1e-4)


def test_codes_that_suffice_give_the_pixels_back():
    grids = motley()  # views of one colour have 3 components
    codes = ViewCodes.of(grids.frames, 8, np.random.default_rng(0))
    code, rest = codes.encode_grids(torch.from_numpy(grids.frames))
    assert rest.max() < 0.02
    np.testing.assert_allclose(255 * codes.decode(code).numpy(), grids.frames.astype(float), atol=0.51)


def test_an_episode_s_error_is_that_of_the_whole_grid_with_the_seen_views_put_in():
    """Written out in pixels, one episode and view at a time."""
    grids = noisy()
    learned = material(grids)
    table, grid = learned.table.first(1), learned.grid
    net = lively(train_one_view(learned, CONFIG, 0))
    scene, start = [0, 3, 5], [1, 6, 11]
    episodes = played(net, table, grid, AnyMotion(9), scene, start)
    rows, columns = SMALL.grid_shape
    for number in range(3):
        turned = np.roll(grids.frames[scene[number]], -(start[number] % columns), axis=1)
        state = net.begin(1)
        for time in range(SMALL.views):
            viewpoint = episodes.viewpoint[number, : time + 1]
            row, column = divmod(int(viewpoint[-1]), columns)
            code = learned.codes.encode(torch.from_numpy(turned[None, row, column]), row)
            with torch.no_grad():
                state = net.see(code, net.place(viewpoint[-1:], torch.tensor([time])), state)
                answer = net.complete(state).reshape(1, rows, columns, -1)
            pixels = (torch.einsum("neak,edk->nead", answer, learned.codes.basis) + learned.codes.mean[:, None])[0]
            pixels = pixels.reshape(turned.shape).numpy()
            for seen in viewpoint.tolist():
                pixels[divmod(seen, columns)] = turned[divmod(seen, columns)] / 255
            error = 1000 * np.mean((pixels - turned / 255.0) ** 2)
            np.testing.assert_allclose(episodes.error[number, time], error, rtol=1e-4)


@pytest.mark.parametrize("protocol", [SMALL, LOOK_AROUND, LOOK_AROUND_SCENES], ids=lambda protocol: protocol.name)
def test_the_own_grid_moves_as_the_protocol_does(protocol):
    grid = OwnGrid(protocol)
    draw = np.random.default_rng(0)
    for _ in range(200):
        start, motion = draw.integers(protocol.grid_shape), draw.integers(len(protocol.motions))
        reached = protocol.move(start, motion)
        own = int(grid.next[start[0] * protocol.azimuths, motion])
        assert int(grid.there[start[1], own]) == protocol.viewpoint_index(reached)


def test_turning_a_scene_and_the_start_with_it_changes_nothing():
    learned = material()
    net = lively(train_one_view(learned, CONFIG, 0))
    turned = replace_frames(motley(), np.roll(motley().frames, 3, axis=2))
    scene = list(range(12))
    rows = [number % 3 for number in scene]
    ways = []
    for grids, column in ((motley(), 0), (turned, 3)):
        table = CodeTable.of(grids, learned.codes)
        ways.append(played(net, table, learned.grid, Likeliest(), scene, [4 * row + column for row in rows]))
    assert torch.equal(ways[0].viewpoint, ways[1].viewpoint)
    torch.testing.assert_close(ways[0].error, ways[1].error)


def test_nothing_that_was_not_seen_has_a_part_in_what_is_chosen():
    learned = material()
    net = lively(train_one_view(learned, CONFIG, 0))
    scene, start = list(range(12)), [5] * 12
    before = played(net, learned.table, learned.grid, Likeliest(), scene, start)
    codes = torch.randn(learned.table.codes.shape, generator=generator())
    for number in scene:
        there = learned.grid.there[start[number] % 4, before.viewpoint[number]]
        codes[number, there] = learned.table.codes[number, there]
    other = CodeTable(codes, learned.table.rest, learned.table.scenes)
    after = played(net, other, learned.grid, Likeliest(), scene, start)
    assert len(before.viewpoint.unique(dim=0)) > 1  # what is seen does have a part
    assert torch.equal(before.viewpoint, after.viewpoint)
    assert not torch.allclose(before.error, after.error)


def test_peeking_goes_to_the_most_salient_new_view_in_reach():
    learned = material()
    values = torch.from_numpy(np.random.default_rng(4).permuted(np.tile(np.arange(12.0), (12, 1)), axis=1))
    start = [4 * (number % 3) + number % 4 for number in range(12)]
    net = train_one_view(learned, CONFIG, 0)
    way = played(net, learned.table, learned.grid, PeekSaliency(values, learned.grid), list(range(12)), start)
    for number in range(12):
        had = [divmod(start[number], 4)]
        for step in way.viewpoint[number, 1:].tolist():
            reach = {tuple(SMALL.move(had[-1], motion).tolist()) for motion in range(9)} - set(had)
            best = max(reach, key=lambda place: values[number, 4 * place[0] + place[1]])
            assert divmod(step, 4) == (best[0], (best[1] - start[number]) % 4)
            had.append(best)


def test_the_same_motion_is_the_same_motion():
    learned = material()
    net = train_one_view(learned, CONFIG, 0)
    way = played(net, learned.table, learned.grid, SameMotion(5), [0, 1], [4, 9])  # one column on
    assert way.viewpoint.tolist() == [[4, 5, 6, 7], [8, 9, 10, 11]]


def test_a_mirrored_scene():
    frames = noisy().frames
    other = mirrored(frames)
    np.testing.assert_array_equal(mirrored(other), frames)
    np.testing.assert_array_equal(other[2, 1, 3], frames[2, 1, 1, :, ::-1])  # column −1
    np.testing.assert_array_equal(other[2, 1, 0], frames[2, 1, 0, :, ::-1])


def test_larger_views_are_shrunk_to_means():
    frames = np.random.default_rng(0).integers(0, 256, (3, 2 * SIDE, 2 * SIDE, 3), np.uint8)
    means = frames.reshape(3, SIDE, 2, SIDE, 2, 3).mean(axis=(2, 4))
    assert np.abs(shrunk(frames) - means).max() <= 0.5
    assert shrunk(frames[:, :SIDE, :SIDE]).shape == (3, SIDE, SIDE, 3)


def test_saliency_is_nothing_where_nothing_stands_out():
    frames = np.full((1, 1, 3, SIDE, SIDE, 3), 90, np.uint8)
    frames[0, 0, 1, 12:20, 12:20] = 120
    frames[0, 0, 2, 12:20, 12:20] = (250, 0, 0)
    flat, faint, red = saliency(frames)[0]
    assert flat < 1e-6 < faint < red


@pytest.mark.parametrize("wrong", [{"rollouts": 1}, {"batch_size": 30}, {"steps": 0}, {"tint": -0.1}])
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        LookAroundConfig(**wrong)
