import numpy as np
import pytest

from activevision.errors import UserError
from activevision.evaluation.completion.scoring import score_completion
from activevision.evaluation.completion.tables import gains, published_gain, table
from activevision.evaluation.scoreboard.completion import completion

SCENES = np.repeat([f"room {number}" for number in range(12)], 2)


def errors(one=10.0, random=8.0, learned=5.0, spread=1.0):
    """Of 24 episodes of 3 views, whose difficulty differs a lot and alike for all policies."""
    hard = 1 + spread * np.random.default_rng(0).random(24)[:, None]
    last = {"one_view": one, "random": random, "learned": learned, "peek_saliency": 7.0}
    return {name: hard * np.linspace([10.0], [value], 3).T for name, value in last.items()}


def test_gains_by_hand():
    scored = score_completion(errors(spread=0.0), SCENES, np.zeros(24, int))["policies"]
    assert scored["random"]["gain"]["estimate"] == pytest.approx(0.2)
    assert scored["learned"]["gain"]["estimate"] == pytest.approx(0.5)
    assert scored["learned"]["times_random"]["estimate"] == pytest.approx(2.5)
    assert scored["learned"]["gain_over_random"]["estimate"] == pytest.approx(0.3)
    assert scored["learned"]["error"]["estimate"] == pytest.approx([10.0, 7.5, 5.0])
    assert "gain" not in scored["one_view"]
    assert [name for name, row in scored.items() if row["unfair"]] == ["peek_saliency"]


def test_intervals_are_paired():
    """How hard a scene is moves errors a lot and gains not at all, for it is the same for every policy."""
    scored = score_completion(errors(), SCENES, np.zeros(24, int))["policies"]["learned"]
    low, high = np.array(scored["error"]["ci95"])[-1]
    assert high - low > 0.5
    np.testing.assert_allclose(scored["gain"]["ci95"], 0.5, atol=1e-5)
    np.testing.assert_allclose(scored["times_random"]["ci95"], 2.5, atol=1e-4)


def test_raw_scores_are_means_over_starts():
    given = errors()
    scored = score_completion(given, SCENES, np.tile([0, 1], 12))
    assert scored["seeds"] == [0, 1]
    assert np.shape(scored["raw"]["learned"]) == (2, 12, 3)
    assert np.mean(scored["raw"]["learned"]) == pytest.approx(given["learned"].mean(), abs=1e-4)


def test_too_few_scenes():
    with pytest.raises(UserError, match="too few"):
        score_completion({name: value[:4] for name, value in errors().items()}, SCENES[:4], np.zeros(4, int))


def test_published_gains_are_those_of_the_paper_s_table():
    assert published_gain("learned", "SUN360", "all") == "41.2"
    assert published_gain("random", "SUN360", "all") == "19.1"
    assert published_gain("peek_saliency", "ModelNet", "unseen classes") == "14.0"
    assert published_gain("learned", "ModelNet", "seen classes") == "15.1"
    assert published_gain("one_view", "SUN360", "all") == published_gain("learned_scores", "SUN360", "all") == ""


def test_tables_say_who_peeks_and_what_was_published():
    scored = score_completion(errors(), SCENES, np.zeros(24, int))
    results = {
        "suite": {"title": "Completing rooms", "published": "SUN360"}, "groups": {"all": scored},
        "protocol": {"name": "look-around-scenes", "views": 3}, "catalogue": {"name": "rooms"},
        "seconds": {"render": 60.0},
    }  # fmt: skip
    text = "\n".join(completion("scenes", results))
    assert "| learned | " in text
    assert "| 50.0 (50.0 to 50.0) | 2.50 (2.50 to 2.50) | 41.2 |" in text
    assert "peek saliency (unfair)" in text
    assert table(results).row_count == 4
    assert gains(scored["policies"]["one_view"]) == ("", "")
