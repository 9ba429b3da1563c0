"""What do payers do by themselves? In test mode nobody stands at a page: the amount says what its payer does.

| amount, in minor units | the payer | the channel |
|---|---|---|
| 1000 01 | pays | tells us |
| 1000 02 | declines | tells us, if it tells of such things |
| 1000 03 | pays | tells us nothing: it has to be asked |
| 1000 04 | pays | tells us nothing, and leaves the next three questions without an answer: the outcome is unknown at first |
| 1000 05 | pays | finds our account empty whenever something is to be refunded |

All others wait for somebody at the payer's page.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from tael.simulators.base.channel import SimulatedChannel
from tael.simulators.base.faults import NOTICE, Fault, Faults, Switch
from tael.simulators.base.views import Act, OrderView, Refused

LOOKS_EVERY_SECONDS = 0.5
THINKS = 4
"""How many looks long a payer thinks before doing anything."""
_SILENT_QUESTIONS = 3


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of payer does, and what goes wrong around them."""

    act: str
    faults: tuple[Switch, ...] = ()


_TELLS_NOTHING = Switch(fault=Fault.DROP_NOTICES, method=NOTICE)
HABITS: Mapping[int, Habit] = {
    1000_01: Habit(act="pay"),
    1000_02: Habit(act="decline"),
    1000_03: Habit(act="pay", faults=(_TELLS_NOTHING,)),
    1000_04: Habit(
        act="pay", faults=(_TELLS_NOTHING, Switch(fault=Fault.LOST_REPLY, calls=_SILENT_QUESTIONS))
    ),
    1000_05: Habit(act="pay", faults=(Switch(fault=Fault.BALANCE_NOT_ENOUGH),)),
}
"""By amount: the table above."""


class Payers:
    """All payers of one channel."""

    def __init__(self, channel: SimulatedChannel, faults: Faults) -> None:
        self._channel = channel
        self._faults = faults
        self._looks: dict[str, int] = {}

    async def live(self) -> None:
        """Look at new orders again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOKS_EVERY_SECONDS)
            self.look()

    def look(self) -> None:
        """Let every payer who has thought for long enough do what they do."""
        for order in self._channel.orders():
            habit = HABITS.get(order.amount_minor)
            if habit is None or order.over or order.paid_count:
                continue
            looks = self._looks[order.order_number] = self._looks.get(order.order_number, 0) + 1
            if looks == THINKS:
                self._act(order, habit)

    def _act(self, order: OrderView, habit: Habit) -> None:
        for fault in habit.faults:
            if fault.fault in self._channel.offers:
                self._faults.add(msgspec.structs.replace(fault, order=order.order_number))
        act = self._channel.acts.get(habit.act)
        if act is not None:
            try:
                act(Act(order=order.order_number))
            except Refused:
                return  # as a payer would find out at the page: this order cannot be paid like that
