"""What can tests, the acceptance kit and the demo ask of any simulator? JSON under `/_control/`, for machines.

POST <act>              {"order": …} or {"code": …}, and what else the act needs (`views.Act`); gives what it acted upon
POST advance            {"seconds": …}: let that time have passed
GET, PUT faults         {"switches": [{"fault": …, "calls": …, "order": …, "method": …, "delay_seconds": …}]}
GET orders/{number}     one order, its refunds, its splits, its notices
GET payouts/{number}    one payout
GET summary             the totals that prove that nothing had two effects
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from tael.simulators.base.channel import SimulatedChannel
from tael.simulators.base.faults import Fault, Faults, Switch
from tael.simulators.base.views import Act, OrderView, PayoutView, Refused, Summary

CONTROL = "/_control/"


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much time shall seem to pass."""

    seconds: int


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every fault that is on; in answers also those that could be."""

    switches: list[Switch]
    offers: Sequence[Fault] = ()


class Control:
    """Answers the control requests; every answer is a struct to be encoded as JSON."""

    def __init__(self, channel: SimulatedChannel, faults: Faults) -> None:
        self._channel = channel
        self._faults = faults

    def answer(self, method: str, path: str, body: bytes) -> msgspec.Struct:
        """The answer to `method` on `path` (below `/_control/`); raises `Refused`."""
        try:
            match method, path.partition("/")[0], path.partition("/")[2]:
                case "POST", "advance", "":
                    return self._advance(msgspec.json.decode(body, type=Advance))
                case "POST", verb, "" if verb in self._channel.acts:
                    return self._act(verb, msgspec.json.decode(body, type=Act))
                case "GET", "faults", "":
                    return self._switches()
                case "PUT", "faults", "":
                    return self._replace(msgspec.json.decode(body, type=Switches).switches)
                case "GET", "orders", number if number:
                    return self._order(self._channel.order(number))
                case "GET", "payouts", number if number:
                    return self._payout(number)
                case "GET", "summary", "":
                    return self.summary()
                case _:
                    raise Refused(404, f"There is no {method} {CONTROL}{path}.")
        except msgspec.MsgspecError as problem:
            raise Refused(422, str(problem)) from None

    def summary(self) -> Summary:
        """The totals of orders, payouts and notices."""
        orders, payouts = list(self._channel.orders()), list(self._channel.payouts())
        notices = list(self._channel.postman or ())
        return Summary(
            orders=len(orders),
            paid_orders=sum(order.paid_count > 0 for order in orders),
            paid_more_than_once=sum(order.paid_count > 1 for order in orders),
            paid_minor=sum(order.captured_minor for order in orders),
            refunds=sum(len(order.refunds) for order in orders),
            refunded_minor=sum(order.refunded_minor for order in orders),
            refunded_more_than_paid=sum(order.refunded_minor > order.captured_minor for order in orders),
            payouts=len(payouts),
            payouts_minor=sum(payout.amount_minor for payout in payouts if payout.sent_count),
            payouts_sent_more_than_once=sum(payout.sent_count > 1 for payout in payouts),
            notices=len(notices),
            notices_delivered=sum(notice.delivered for notice in notices),
            notices_given_up=sum(notice.over and not notice.delivered for notice in notices),
        )

    def _advance(self, asked: Advance) -> Summary:
        if abs(asked.seconds) > 10**9:
            raise Refused(422, "That is more than thirty years.")
        by = timedelta(seconds=asked.seconds)
        self._channel.bring_nearer(by)
        if self._channel.postman is not None:
            self._channel.postman.bring_nearer(by)
        return self.summary()

    def _act(self, verb: str, upon: Act) -> msgspec.Struct:
        result = self._channel.acts[verb](upon)
        if result is None:
            return self.summary()
        return self._order(result) if isinstance(result, OrderView) else result

    def _switches(self) -> Switches:
        return Switches(self._faults.switches, sorted(self._channel.offers))

    def _replace(self, switches: list[Switch]) -> Switches:
        for switch in switches:
            if switch.fault not in self._channel.offers:
                raise Refused(422, f"This channel knows no {switch.fault}.")
        self._faults.replace(switches)
        return self._switches()

    def _order(self, order: OrderView | None) -> OrderView:
        if order is None:
            raise Refused(404, "No order has this number.")
        postman = self._channel.postman
        notices = postman.about(order.order_number) if postman is not None else ()
        return msgspec.structs.replace(order, notices=[notice.view() for notice in notices])

    def _payout(self, number: str) -> PayoutView:
        payout = self._channel.payout(number)
        if payout is None:
            raise Refused(404, "No payout has this number.")
        return payout
