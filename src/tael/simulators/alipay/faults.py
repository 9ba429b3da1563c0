"""What goes wrong on purpose, and when?

A switch says which fault, for how many calls, on which order and method. It acts until its calls are used up,
or until it is taken away. Notices count as the method `notice`.
"""

from enum import StrEnum

import msgspec

NOTICE = "notice"
"""Stands for "a notice being sent" where a method's name is asked for."""


class Fault(StrEnum):
    """What can go wrong."""

    DELAY = "delay"
    """The answer, or the notice, comes `delay_seconds` late."""
    LOST_REPLY = "lost_reply"
    """The work is done, the connection is dropped without an answer."""
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_AMOUNT = "wrong_amount"
    """Every amount in the answer or notice is one fen too much; the signature is right."""
    SYSTEM_ERROR_BEFORE = "system_error_before"
    """20000, and nothing was done."""
    SYSTEM_ERROR_AFTER = "system_error_after"
    """ACQ.SYSTEM_ERROR, and the work was done all the same."""
    SELLER_BALANCE_NOT_ENOUGH = "seller_balance_not_enough"
    """Refunds find the seller's account empty."""
    LATE_SUCCESS = "late_success_after_close"
    """The payer can pay an order that has been closed or has expired."""
    DUPLICATE_NOTICE = "duplicate_notice"
    """A notice that was accepted is sent once more."""
    OUT_OF_ORDER = "out_of_order"
    """After a notice of success, older ones follow: waiting, and closed."""
    DROP_NOTICES = "drop_notices"
    """An attempt to deliver a notice does not reach anybody."""
    WRONG_APP_ID = "wrong_app_id"
    """The notice is for another application; the signature is right."""
    STALE_NOTICE = "stale_notice"
    """The notice says that it was sent three days ago; the signature is right."""


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

    def delay_seconds(self, *, order: str, method: str) -> float:
        """How late this call's answer comes."""
        if not self.switches:
            return 0.0
        switch = self._strike(Fault.DELAY, order=order, method=method)
        return switch.delay_seconds if switch else 0.0

    def _strike(self, fault: Fault, *, order: str, method: str) -> Switch | None:
        for switch in self.switches:
            if switch.applies(fault, order=order, method=method):
                if switch.calls is not None:
                    switch.calls -= 1
                    if switch.calls == 0:
                        self.switches = [other for other in self.switches if other is not switch]
                return switch
        return None
