"""Scenes made ready are kept by the memory they hold, and none is made twice."""

import threading
from dataclasses import dataclass

import pytest

from activevision.simulators.made_once import MadeOnce


@dataclass
class Thing:
    number: int
    nbytes: int


def makes(sizes, memory):
    made = []

    def make(number):
        made.append(number)
        return Thing(number, sizes[number])

    return MadeOnce(make, memory), made


def test_what_was_asked_for_longest_ago_goes_when_the_memory_is_full():
    things, made = makes([40, 40, 40], 100)
    for number in (0, 1, 0, 2, 0, 1):  # making 2 lets 1 go, which was asked for before 0 was again
        assert things[number].number == number
    assert made == [0, 1, 2, 1]


def test_one_thing_may_be_larger_than_all_the_memory():
    things, made = makes([500, 10, 10], 100)
    for number in (0, 0, 1, 2, 1):
        assert things[number].number == number
    assert made == [0, 1, 2]
    assert [thing.number for thing in things.clear()] == [2, 1]


def test_what_could_not_be_made_is_tried_again():
    things, made = makes([1], 100)
    for _ in range(2):
        with pytest.raises(IndexError):
            things[7]
    assert made == [7, 7]
    assert things[0].number == 0


def test_threads_that_ask_at_once_get_the_same_thing():
    inside, go = threading.Event(), threading.Event()

    def make(number):
        inside.set()
        go.wait(5)
        return Thing(number, 1)

    things, got = MadeOnce(make, 10), []
    threads = [threading.Thread(target=lambda: got.append(things[3])) for _ in range(4)]
    threads[0].start()
    assert inside.wait(5)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert all(one is got[0] for one in got)
