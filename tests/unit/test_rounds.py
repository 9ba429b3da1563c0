"""Does a round hang, and do the others go on?"""

import asyncio

from tael.foundation.rounds import Rounds


class Desk:
    """Batches of work by channel; those of a channel that hangs end when somebody lets them."""

    def __init__(self, **batches: int) -> None:
        self.left = dict(batches)
        self.begun: list[str] = []
        self.hanging: set[str] = set()
        self.released = asyncio.Event()

    async def work_off(self, channel: str) -> bool:
        self.begun.append(channel)
        if channel in self.hanging:
            await self.released.wait()
        self.left[channel] -= 1
        return self.left[channel] > 0


async def test_a_round_works_off_all_that_is_due_of_every_channel() -> None:
    desk = Desk(a=3, b=1)
    await Rounds().go("inquire", ["a", "b"], desk.work_off)
    assert desk.left == {"a": 0, "b": 0}


async def test_a_channel_whose_round_goes_on_is_passed_over_and_the_others_are_not() -> None:
    desk, rounds = Desk(a=2, b=2), Rounds()
    desk.hanging = {"a"}
    first = asyncio.create_task(rounds.go("inquire", ["a"], desk.work_off))
    await asyncio.sleep(0.01)
    await rounds.go("inquire", ["a", "b"], desk.work_off)
    assert not first.done()
    assert desk.begun == ["a", "b", "b"]
    second_kind = asyncio.create_task(rounds.go("refund", ["a"], desk.work_off))
    await asyncio.sleep(0.01)
    assert desk.begun == ["a", "b", "b", "a"], "rounds of another kind are not held up"
    desk.released.set()
    await asyncio.gather(first, second_kind)


async def test_a_round_takes_nothing_more_when_its_time_is_over_and_the_next_one_goes_on() -> None:
    desk, rounds = Desk(a=3), Rounds(round_seconds=0)
    await rounds.go("inquire", ["a"], desk.work_off)
    assert desk.left == {"a": 2}
    await rounds.go("inquire", ["a"], desk.work_off)
    assert desk.left == {"a": 1}


async def test_what_hangs_for_ever_is_cut_off_and_its_channel_comes_round_again() -> None:
    desk, rounds = Desk(a=1, b=1), Rounds(batch_seconds=0.05)
    desk.hanging = {"a"}
    await rounds.go("inquire", ["a", "b"], desk.work_off)
    assert desk.left == {"a": 1, "b": 0}
    desk.hanging = set()
    await rounds.go("inquire", ["a"], desk.work_off)
    assert desk.left == {"a": 0, "b": 0}
