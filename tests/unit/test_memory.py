"""Is an answer asked for once, kept for its time, and never kept when there was none?"""

import asyncio

import pytest

from tael.foundation.errors import NotFound
from tael.foundation.memory import Memory
from tael.testing.clocks import ManualClock


class Source:
    """Answers slowly, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.refuses = False

    async def ask(self) -> str:
        self.asked += 1
        await self.may_answer.wait()
        if self.refuses:
            raise NotFound("There is none.")
        return f"answer {self.asked}"


async def test_many_who_want_to_know_at_once_ask_once() -> None:
    memory: Memory[str, str] = Memory(ManualClock(), seconds=2)
    source = Source()
    waiting = [asyncio.create_task(memory.get("key", source.ask)) for _ in range(100)]
    await asyncio.sleep(0)
    source.may_answer.set()
    assert set(await asyncio.gather(*waiting)) == {"answer 1"}
    assert source.asked == 1


async def test_an_answer_is_good_for_its_time_and_no_longer() -> None:
    clock, source = ManualClock(), Source()
    memory: Memory[str, str] = Memory(clock, seconds=2)
    source.may_answer.set()
    assert await memory.get("key", source.ask) == "answer 1"
    clock.move(seconds=1.9)
    assert await memory.get("key", source.ask) == "answer 1"
    clock.move(seconds=0.1)
    assert await memory.get("key", source.ask) == "answer 2"


async def test_a_refusal_is_told_to_all_and_not_kept() -> None:
    memory: Memory[str, str] = Memory(ManualClock(), seconds=2)
    source = Source()
    source.refuses = True
    waiting = [asyncio.create_task(memory.get("key", source.ask)) for _ in range(3)]
    await asyncio.sleep(0)
    source.may_answer.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [NotFound] * 3
    source.refuses = False
    assert await memory.get("key", source.ask) == "answer 2"


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    memory: Memory[str, str] = Memory(ManualClock(), seconds=2)
    source = Source()
    first, second = (asyncio.create_task(memory.get("key", source.ask)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    source.may_answer.set()
    assert await second == "answer 1"
    assert first.cancelled()


@pytest.mark.parametrize("refuses", [False, True])
async def test_an_answer_that_nobody_waits_for_any_more_does_no_harm(*, refuses: bool) -> None:
    memory: Memory[str, str] = Memory(ManualClock(), seconds=2)
    source = Source()
    source.refuses = refuses
    only = asyncio.create_task(memory.get("key", source.ask))
    await asyncio.sleep(0)
    only.cancel()
    source.may_answer.set()
    await asyncio.sleep(0.01)
    source.refuses = False
    assert await memory.get("key", source.ask) == ("answer 2" if refuses else "answer 1")
