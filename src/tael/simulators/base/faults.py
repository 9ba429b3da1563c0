"""What goes wrong on purpose, and when?

A switch says which fault, for how many calls, on which order and method. It acts until its calls are used up,
or until it is taken away. Notices count as the method `notice`, the payer paying as `pay`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

NOTICE = "notice"
"""Stands for "a notice being sent" where a method's name is asked for."""
PAYING = "pay"
"""Stands for "the payer paying" where a method's name is asked for."""
SKEW = timedelta(minutes=15)
STALE_BY = timedelta(days=3)


class Fault(StrEnum):
    """What can go wrong. The same words for all channels; not every channel can do all of it."""

    DELAY = "delay"
    """The answer, or the notice, comes `delay_seconds` late."""
    LOST_REPLY = "lost_reply"
    """The work is done, the connection is dropped without an answer."""
    TRUNCATED = "truncated"
    """The work is done, half of the answer comes, the connection is dropped."""
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_AMOUNT = "wrong_amount"
    """Every amount in the answer or notice is one minor unit too much; the signature is right."""
    WRONG_MERCHANT = "wrong_merchant"
    """It is for another merchant or application; the signature is right."""
    WRONG_ORDER = "wrong_order"
    """It names another order; the signature is right."""
    SYSTEM_ERROR_BEFORE = "system_error_before"
    """The channel says that something is wrong on its side, and nothing was done."""
    SYSTEM_ERROR_AFTER = "system_error_after"
    """The channel says that something is wrong on its side, and the work was done all the same."""
    BALANCE_NOT_ENOUGH = "balance_not_enough"
    """Refunds and payouts find our account at the channel empty."""
    LATE_SUCCESS = "late_success_after_close"
    """The payer can pay an order that has been closed or has expired."""
    DUPLICATE_NOTICE = "duplicate_notice"
    """A notice that was accepted is sent once more, under the same id."""
    REPLAYED_NOTICE = "replayed_notice"
    """A notice that was accepted comes once more, the very same bytes, as from somebody who listened."""
    LATE_NOTICE = "late_notice"
    """A notice is first sent `delay_seconds` after what it tells."""
    OUT_OF_ORDER = "out_of_order"
    """After a notice, older ones follow."""
    DROP_NOTICES = "drop_notices"
    """An attempt to deliver a notice does not reach anybody."""
    STALE_NOTICE = "stale_notice"
    """The notice says that it was sent three days ago; the signature is right."""
    CLOCK_SKEW = "clock_skew"
    """The channel's clock is 15 minutes ahead; the signature is right."""


OF_ANY_WIRE = frozenset({Fault.DELAY, Fault.LOST_REPLY, Fault.TRUNCATED})
"""What every simulator offers: `app` does it."""
OF_ANY_POSTMAN = frozenset(
    {
        Fault.DELAY,
        Fault.DUPLICATE_NOTICE,
        Fault.REPLAYED_NOTICE,
        Fault.LATE_NOTICE,
        Fault.DROP_NOTICES,
        Fault.STALE_NOTICE,
        Fault.CLOCK_SKEW,
    }
)
"""What every simulator offers that sends notices: `postman` does it."""


class Switch(msgspec.Struct, kw_only=True):
    """One fault that is switched on."""

    fault: Fault
    calls: int | None = None
    """How many times it acts from now on; None for always."""
    order: str | None = None
    method: str | None = None
    delay_seconds: float = 5.0

    def applies(self, fault: Fault, *, order: str, method: str) -> bool:
        """Whether this switch is about that call."""
        return (
            self.fault is fault
            and self.calls != 0
            and self.order in (None, order)
            and self.method in (None, method)
        )


class Faults:
    """All switches."""

    def __init__(self) -> None:
        self.switches: list[Switch] = []

    def replace(self, switches: list[Switch]) -> None:
        """Let exactly these be on."""
        self.switches = switches

    def add(self, switch: Switch) -> None:
        """Switch one more on."""
        self.switches.append(switch)

    def remove(self, position: int) -> None:
        """Switch off the one at that position of the list."""
        if 0 <= position < len(self.switches):
            del self.switches[position]

    def is_on(self, fault: Fault, *, order: str, method: str) -> bool:
        """Whether the fault would strike, without using up a call."""
        return any(switch.applies(fault, order=order, method=method) for switch in self.switches)

    def strikes(self, fault: Fault, *, order: str, method: str) -> bool:
        """Whether the fault strikes this call; a switch that counts its calls counts this one."""
        return bool(self.switches) and self._strike(fault, order=order, method=method) is not None

    def striking(self, faults: Iterable[Fault], *, order: str, method: str) -> frozenset[Fault]:
        """Those of `faults` that strike this call."""
        if not self.switches:
            return frozenset()
        return frozenset(fault for fault in faults if self.strikes(fault, order=order, method=method))

    def seconds_late(self, fault: Fault, *, order: str, method: str) -> float:
        """How late a call or notice is, by `DELAY` or `LATE_NOTICE`."""
        switch = self._strike(fault, order=order, method=method) if self.switches else None
        return switch.delay_seconds if switch else 0.0

    def channel_time(self, now: datetime, *, order: str, method: str) -> datetime:
        """What the channel's clock shows at `now`."""
        return now + SKEW if self.strikes(Fault.CLOCK_SKEW, order=order, method=method) else now

    def _strike(self, fault: Fault, *, order: str, method: str) -> Switch | None:
        for switch in self.switches:
            if switch.applies(fault, order=order, method=method):
                if switch.calls is not None:
                    switch.calls -= 1
                    if switch.calls == 0:
                        self.switches = [other for other in self.switches if other is not switch]
                return switch
        return None
