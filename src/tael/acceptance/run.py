"""How are all cases played? Many at a time where each has its own order, one by one where they touch all."""

import asyncio
import fnmatch
from collections.abc import Callable, Sequence

import msgspec

from tael.acceptance.desk import Desk
from tael.acceptance.errors import ControlRefused, NothingToTry
from tael.acceptance.model import Case, Fault, Verdict, Words
from tael.acceptance.rules import FAULTS_OF, NOTICE, ON_THE_WIRE, applies
from tael.acceptance.scenarios import Story, stories_of
from tael.acceptance.scene import Astray, NotTried, Scene

AT_A_TIME = 6
LONGEST_CASE_SECONDS = 60
Told = Callable[[Case], None]


class Planned(msgspec.Struct, frozen=True):
    """A story with the faults under which it is tried, and those that cannot be brought about, with the reason."""

    story: Story
    faults: Sequence[Fault]
    left_out: Sequence[tuple[Fault, str]]


def plan_for(desk: Desk, *, only: str = "") -> Sequence[Planned]:
    """What is to be tried; `only` names some, as in `refund*,pay.code`. Raises `NothingToTry`."""
    stories = [story for story in stories_of(desk.capabilities) if is_wanted(story, only)]
    if not stories:
        raise NothingToTry(
            f"No scenario is called {only}.", hint="Say a part of a name with *, as in refund*."
        )
    return [planned_story(desk, story, faults=FAULTS_OF[story.subject]) for story in stories]


def is_wanted(story: Story, only: str) -> bool:
    """Whether a story is one of those that `only` names: patterns of names, or operations, with commas between."""
    patterns = [pattern.strip() for pattern in only.split(",") if pattern.strip()]
    return not patterns or any(
        fnmatch.fnmatch(story.name, pattern) or pattern == story.subject for pattern in patterns
    )


def planned_story(desk: Desk, story: Story, *, faults: Sequence[Fault]) -> Planned:
    """A story, with those of `faults` that can be brought about here."""
    if not story.promised:
        return Planned(story, (), ())
    possible, left_out = [], []
    for fault in faults:
        reason = applies(fault, story.subject, desk.capabilities.security)
        if not reason and not _can_be_brought_about(fault, story.subject, desk):
            reason = "The simulator cannot do this."
        if reason:
            left_out.append((fault, reason))
        else:
            possible.append(fault)
    return Planned(story, possible, left_out)


def _can_be_brought_about(fault: Fault, subject: str, desk: Desk) -> bool:
    ours = fault in (Fault.ONE_BIT, Fault.OUR_CLOCK_SKEW) or (fault in ON_THE_WIRE and subject != NOTICE)
    return ours or fault in desk.offers


async def play_all(desk: Desk, planned: Sequence[Planned], *, told: Told) -> list[Case]:
    """Every case, in the order of the plan."""
    turn = asyncio.Semaphore(AT_A_TIME)
    together = [one for one in planned if not one.story.alone]
    cases = dict(
        zip(
            [one.story.name for one in together],
            await asyncio.gather(*(_play_story(desk, one, turn, told) for one in together)),
            strict=True,
        )
    )
    for one in planned:
        if one.story.alone:
            cases[one.story.name] = await _play_story(desk, one, asyncio.Semaphore(1), told)
    found = [case for one in planned for case in cases[one.story.name]]
    if desk.control.knows_the_truth:
        found.append(_of_the_whole((await desk.control.summary()).double_effects))
    if desk.control.knows_the_truth and desk.capabilities.notices:
        found.append(_of_all_notices(desk.mailbox.bugs))
    return found


async def _play_story(desk: Desk, one: Planned, turn: asyncio.Semaphore, told: Told) -> list[Case]:
    """First as it should be. If that fails, faults would say nothing more."""
    if not one.story.promised:
        scene = Scene(desk)
        return [
            _ended(scene, one.story, Verdict.NOT_PROMISED, came="The channel does not promise it.", told=told)
        ]
    async with turn:
        right, exchanges = await _play(desk, one.story, Fault.NONE, 1, told)
    cases = [right]
    for fault, reason in one.left_out:
        cases.append(
            _ended(Scene(desk, fault=fault), one.story, Verdict.NOT_PROMISED, came=reason, told=told)
        )
    if right.verdict is not Verdict.PASSED:
        return cases

    async def play(fault: Fault, strike_at: int) -> Case:
        async with turn:
            return (await _play(desk, one.story, fault, strike_at, told))[0]

    struck = [(fault, 1) for fault in one.faults]
    if exchanges > 1:
        struck += [(fault, exchanges) for fault in one.faults if fault in ON_THE_WIRE]
    return cases + list(await asyncio.gather(*(play(fault, at) for fault, at in struck)))


async def _play(desk: Desk, story: Story, fault: Fault, strike_at: int, told: Told) -> tuple[Case, int]:
    scene = Scene(desk, fault=fault, strike_at=strike_at)
    problem, verdict, reason = None, Verdict.PASSED, ""
    try:
        async with asyncio.timeout(LONGEST_CASE_SECONDS):
            await story.play(scene)
    except Astray as astray:
        problem, verdict = astray, Verdict.FAILED
    except NotTried as why:
        verdict, reason = Verdict.NOT_PROMISED, str(why)
    except ControlRefused as refusal:
        problem, verdict = Astray("the simulator does what is asked of it", refusal.message), Verdict.FAILED
    except Exception as error:  # whatever breaks one story must not end the run; the report shows it
        said = f"{type(error).__name__}: {error}"
        problem, verdict = Astray("the story goes on", said), Verdict.FAILED
    return _ended(scene, story, verdict, problem=problem, came=reason, told=told), scene.exchanges


def _ended(
    scene: Scene, story: Story, verdict: Verdict, *, told: Told, problem: Astray | None = None, came: str = ""
) -> Case:
    case = scene.case(
        name=story.name, title=story.title, subject=story.subject, problem=problem, verdict=verdict
    )
    if came and not case.came:
        case = msgspec.structs.replace(case, came=came)
    told(case)
    return case


def _of_the_whole(double_effects: int) -> Case:
    """The channel's own totals have the last word."""
    return Case(
        scenario="totals",
        title=Words("The channel's totals show nothing done twice", "渠道汇总无重复入账"),
        subject="totals",
        fault=Fault.NONE,
        verdict=Verdict.FAILED if double_effects else Verdict.PASSED,
        expected="0 double effects",
        came=f"{double_effects} double effects",
        double_effects=double_effects,
    )


def _of_all_notices(bugs: Sequence[str]) -> Case:
    """Whatever comes, it is believed or refused."""
    return Case(
        scenario="notice.every",
        title=Words("Every notice is believed or refused", "每条通知或信或拒"),
        subject=NOTICE,
        fault=Fault.NONE,
        verdict=Verdict.FAILED if bugs else Verdict.PASSED,
        expected="a notice, or a refusal",
        came="; ".join(sorted(set(bugs))),
    )


def size_of(planned: Sequence[Planned]) -> int:
    """How many cases are known of before the run; conversations of several messages bring some more."""
    return sum(1 + len(one.faults) + len(one.left_out) for one in planned)
