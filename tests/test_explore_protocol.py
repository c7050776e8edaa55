import json
from dataclasses import replace

import pytest

from activevision.errors import UserError
from activevision.explore_protocol import (
    EXPLORE_PROTOCOLS,
    EXPLORE_ROOM,
    MOTIONS,
    ExploreProtocol,
    GoodView,
    Locomotion,
    get_explore_protocol,
)


def test_a_protocol_survives_json_with_all_that_it_consists_of():
    changed = replace(
        EXPLORE_ROOM,
        action="continuous",
        locomotion=Locomotion(step=0.1, lowest=1.0),
        good_view=GoodView(share=0.02),
        goals=("bed", "sofa"),
        noise="ProportionalNoise()",
    )
    for protocol in (*EXPLORE_PROTOCOLS.values(), changed):
        assert ExploreProtocol.from_json(json.loads(json.dumps(protocol.to_json()))) == protocol
    assert hash(changed) != hash(EXPLORE_ROOM)


def test_discrete_motions_have_names_and_staying_is_one_of_them():
    assert EXPLORE_ROOM.motions == MOTIONS
    assert MOTIONS[EXPLORE_ROOM.stay] == "stay"
    assert replace(EXPLORE_ROOM, action="continuous").motions == ()


def test_presets_by_name_with_changes():
    assert get_explore_protocol("explore-find", views=9).views == 9
    assert get_explore_protocol(EXPLORE_ROOM) is EXPLORE_ROOM
    with pytest.raises(UserError, match="did you mean 'explore-room'"):
        get_explore_protocol("explore-rom")
    with pytest.raises(UserError, match="did you mean 'views'"):
        get_explore_protocol("explore-room", view=9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "fetch"}, "unknown task"),
        ({"action": "grid"}, "no view grid; choose 'discrete' or 'continuous'"),
        ({"action": "continous"}, "did you mean 'continuous'"),
        ({"odometry": "realized"}, "did you mean 'realised'"),
        ({"views": 1}, "T of at least 2"),
        ({"eye_height": 0.4}, "lower the one or raise the other"),
        ({"hfov_deg": 180.0}, "between 0 and 180"),
        ({"radius": 0.0}, "must be positive"),
        ({"price": -0.1}, "must be 0 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line(changes, message):
    with pytest.raises(UserError, match=message) as error:
        replace(EXPLORE_ROOM, **changes)
    assert "\n" not in str(error.value)


def test_a_camera_may_not_sink_below_what_it_steps_over_nor_look_straight_up():
    with pytest.raises(UserError, match=r"0\.3 m or above"):
        Locomotion(lowest=0.1)
    with pytest.raises(UserError, match="below 90"):
        Locomotion(tilt_limit_deg=80)
    with pytest.raises(UserError, match="below 1"):
        GoodView(share=2.0)
