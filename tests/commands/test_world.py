"""What commands make of their words: environment, scenes, protocol, simulator."""

import pytest
import tyro

from activevision.commands.world import WorldChoice
from activevision.errors import UserError
from activevision.files import read_json

FEW = {"scenes": "procedural", "per_class": 3}


def test_the_simulator_named_is_the_one_that_renders():
    world = WorldChoice(**FEW, protocol="look-around-32", simulator="embree").world()
    env = world.make("test", 2).unwrapped
    assert env.simulator_settings["simulator"] == "embree"
    assert WorldChoice(**FEW).world().simulator is None


@pytest.mark.parametrize(
    ("simulator", "message"),
    [
        ("embre", "unknown simulator 'embre': did you mean 'embree'"),
        ("habitatt", "did you mean 'habitat'"),
        ("panorama", "does not show what catalogue 'procedural' holds"),
    ],
)
def test_a_wrong_simulator_is_an_error_before_anything_is_done(simulator, message):
    with pytest.raises(UserError, match=message):
        WorldChoice(**FEW, simulator=simulator).world()


def test_commands_note_the_simulator_in_their_settings(tmp_path):
    from activevision.commands.collect import Collect

    words = ["--episodes", "2", "--per-class", "3", "--protocol", "look-around-32", "--out", str(tmp_path)]
    tyro.cli(Collect, args=[*words, "--simulator", "embree"]).run()
    assert read_json(tmp_path / "config.json")["choice"]["simulator"] == "embree"
