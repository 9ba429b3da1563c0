"""Which stories does a real channel let us play? Those in which nobody has to pay; with a person at hand, some more.

Nobody tells us the truth there, and no switch makes the channel fail: what the connector says is checked for its form, the
answers are lost on our side, and the bits of what came are changed.
"""

import asyncio
import contextlib
import fnmatch
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence

from tael.acceptance.control import Strike
from tael.acceptance.desk import ANSWERS_WITHIN_SECONDS, Desk
from tael.acceptance.errors import ControlRefused, NothingToTry
from tael.acceptance.listener import Mailbox
from tael.acceptance.model import Fault
from tael.acceptance.rules import ON_THE_WIRE
from tael.acceptance.run import Planned, is_wanted, planned_story
from tael.acceptance.scenarios import stories_of
from tael.acceptance.truth import OrderTruth, PayoutTruth, Props, Summary
from tael.channels.conversations import Signer
from tael.channels.port import Action, Connector, Order
from tael.channels.transport import Wire
from tael.foundation.clock import Clock

Asks = Callable[[Order, Action | None], Awaitable[bool]]
"""Shows a person what to pay; whether they say that they have paid."""

_SPARING = (Fault.LOST_REPLY, Fault.GATEWAY_TIMEOUT, Fault.ONE_BIT)
_WITHOUT_A_PAYER: Mapping[str, Sequence[Fault]] = {
    "probe": ON_THE_WIRE,
    "inquire.absent": _SPARING,
    "inquire.unpaid": _SPARING,
    "close.unpaid": _SPARING,
    "cancel.unpaid": _SPARING,
    "inquire_payout.absent": _SPARING,
}
_WITH_A_PAYER: Mapping[str, Sequence[Fault]] = {
    "pay.*": (),
    "inquire.paid": (),
    "refund.part": (Fault.LOST_REPLY,),
    "refund.whole": (),
}


class SandboxControl:
    """A channel that we cannot look into."""

    knows_the_truth = False

    async def offers(self) -> frozenset[Fault]:
        """None: it fails when it likes."""
        return frozenset()

    async def act(self, verb: str, content: object) -> None:
        """Nobody there listens to us."""
        raise ControlRefused(f"A sandbox cannot be told to {verb}.")

    async def shown_code(self) -> str:
        """Only a person has one."""
        raise ControlRefused("A sandbox shows no payer's code; name one as payer_code under [props].")

    async def order(self, number: str) -> OrderTruth | None:
        """We cannot know."""
        return None

    async def payout(self, number: str) -> PayoutTruth | None:
        """We cannot know."""
        return None

    async def summary(self) -> Summary:
        """We cannot know."""
        return Summary()

    async def advance(self, seconds: int) -> None:
        """Wait: its time is ours."""
        await asyncio.sleep(seconds)

    def switched_on(
        self, fault: Fault, *, numbers: Collection[str], method: str | None = None
    ) -> contextlib.AbstractAsyncContextManager[Strike]:
        """Nothing can be switched on."""
        raise ControlRefused(f"A sandbox cannot be made to show {fault}.")


class Person:
    """Somebody who pays with their own hands."""

    def __init__(self, asks: Asks) -> None:
        self._asks = asks
        self._turn = asyncio.Lock()

    async def pays(self, order: Order, action: Action | None, *, amount_minor: int | None = None) -> None:
        """Show what is to be paid, one order after the other, and wait until they say that it is."""
        async with self._turn:
            if not await self._asks(order, action):
                raise ControlRefused("The person did not pay.")

    async def comes(self, action: Action | None) -> None:
        """Nobody has to come before they pay."""


def sandbox_plan(desk: Desk, *, with_person: bool, only: str = "") -> Sequence[Planned]:
    """What is to be tried: nothing for which somebody must pay, unless somebody will. Raises `NothingToTry`."""
    allowed = {**_WITHOUT_A_PAYER, **(_WITH_A_PAYER if with_person else {})}
    planned = []
    for story in stories_of(desk.capabilities):
        pattern = next((pattern for pattern in allowed if fnmatch.fnmatch(story.name, pattern)), None)
        if pattern is not None and is_wanted(story, only):
            planned.append(planned_story(desk, story, faults=allowed[pattern]))
    if not planned:
        raise NothingToTry("A sandbox allows none of these scenarios.", hint="Leave --only away.")
    return planned


@contextlib.asynccontextmanager
async def sandbox_desk(
    connector: Connector,
    *,
    clock: Clock,
    props: Props,
    asks: Asks | None,
    signer: Signer | None = None,
    notice_port: int = 0,
) -> AsyncIterator[Desk]:
    """Everything that a run against a real channel needs."""
    mailbox = Mailbox(connector, clock=clock)
    wire = Wire(timeout_seconds=ANSWERS_WITHIN_SECONDS, connections=8)
    async with mailbox.listening(port=notice_port):
        try:
            yield Desk(
                connector=connector,
                wire=wire,
                mailbox=mailbox,
                clock=clock,
                props=props,
                control=SandboxControl(),
                payer=Person(asks or _nobody),
                offers=frozenset(),
                signer=signer,
            )
        finally:
            await wire.close()


async def _nobody(_: Order, __: Action | None) -> bool:
    return False
