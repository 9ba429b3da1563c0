"""How does what has arrived for an order get into the hot wallet?

An address that has tokens has no gas to send them, so gas is sent there first, then the tokens go to the hot wallet.
How many transactions the address has sent numbers the round: money that arrives later is gathered in the next one.
"""

from datetime import datetime

import msgspec

from tael.channels.connectors.erc20.deposits import Deposits
from tael.channels.connectors.erc20.keys import HOT_WALLET, ExtendedKey, address_at, path_of
from tael.channels.connectors.erc20.node import Found, Node
from tael.channels.connectors.erc20.rpc import Quantity, Question, take
from tael.channels.connectors.erc20.settings import Erc20Settings
from tael.channels.connectors.erc20.tokens import balance_data, sum_of, transfer_data
from tael.channels.connectors.erc20.transactions import PLAIN_GAS, Call, Fate, Transactions, fees_of
from tael.channels.port import Conversation, ErrorClass, Order, Outcome, OutcomeState, Request
from tael.foundation.money import Money

MOST_TOP_UPS = 3
"""In one round: more than one only if gas has become dearer meanwhile."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What the address has now."""

    address: str
    tokens_minor: int
    wei: int
    number: int
    hot_wallet_wei: int
    hot_wallet_count: int


class Sweeps:
    """Gathers tokens."""

    def __init__(
        self,
        settings: Erc20Settings,
        account: ExtendedKey,
        *,
        node: Node,
        deposits: Deposits,
        transactions: Transactions,
    ) -> None:
        self._settings = settings
        self._node = node
        self._deposits = deposits
        self._transactions = transactions
        self._hot_wallet = address_at(account, HOT_WALLET)

    def sweep(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Do the next step; `SUCCEEDED` with all that was ever gathered when nothing is left there."""
        order = request.the_order()
        place = self._deposits.place_of(order)
        if place.first is None:
            return _outcome(order, OutcomeState.ABSENT, message="The order was never begun.")
        found = yield from self._node.find_transfers(
            first=place.first,
            sender=place.address,
            receiver=self._hot_wallet,
            also=self._questions(place.address),
            now=now,
        )
        round_ = _read_round(place.address, found.answers)
        if round_.tokens_minor == 0:
            return self._gathered(order, found)
        return (yield from self._gather(order, round_, found, now=now))

    def _gathered(self, order: Order, found: Found) -> Outcome:
        deep = [transfer for transfer in found.transfers if self._node.confirmed(transfer.height, found.head)]
        if len(deep) < len(found.transfers):
            return _outcome(
                order, OutcomeState.WAITING, message="Gathered, in a block that is not deep enough."
            )
        if not deep:
            return _outcome(order, OutcomeState.ABSENT, message="There is nothing to gather.")
        return _outcome(
            order,
            OutcomeState.SUCCEEDED,
            amount=Money(sum_of(deep), self._settings.token),
            channel_reference=order.channel_reference,
        )

    def _gather(self, order: Order, round_: Round, found: Found, *, now: datetime) -> Conversation[Outcome]:
        number = f"{order.order_number}:sweep:{round_.number}"
        signed = yield from self._transactions.signed_under(number)
        if signed is not None:
            needed = fees_of(signed)[0] * self._settings.transfer_gas
            if round_.wei < needed:
                return (yield from self._top_up(order, round_, found, needed_wei=needed, now=now))
            yield from self._transactions.send(signed)
            return _outcome(order, OutcomeState.WAITING, message="On its way to the hot wallet.")
        gas = self._settings.transfer_gas
        fee_wei = min(self._transactions.fee_at(found.head), round_.wei // gas)
        if fee_wei < found.head.fee_wei + min(self._settings.tip_wei, fee_wei):
            needed = self._transactions.fee_at(found.head) * gas
            return (yield from self._top_up(order, round_, found, needed_wei=needed, now=now))
        call = Call(
            path=path_of(order.order_number),
            to=self._settings.token_address,
            data=transfer_data(self._hot_wallet, round_.tokens_minor),
            gas=gas,
        )
        yield from self._transactions.begin(number, call, fee_wei=fee_wei, first_nonce=round_.number)
        return _outcome(order, OutcomeState.WAITING, message="On its way to the hot wallet.")

    def _top_up(
        self, order: Order, round_: Round, found: Found, *, needed_wei: int, now: datetime
    ) -> Conversation[Outcome]:
        """Send the address what it lacks for gas, from the hot wallet."""
        fee_wei = self._transactions.fee_at(found.head)
        call = Call(path=HOT_WALLET, to=round_.address, value=needed_wei - round_.wei, gas=PLAIN_GAS)
        for turn in range(1, MOST_TOP_UPS + 1):
            number = f"{order.order_number}:gas:{round_.number}:{turn}"
            progress = yield from self._transactions.follow(number, now=now, since=None)
            if progress.fate is Fate.SENT:
                return _outcome(
                    order, OutcomeState.WAITING, message="Gas is on its way to the order's address."
                )
            if progress.fate is Fate.UNSIGNED:
                break
        else:
            return _outcome(order, OutcomeState.WAITING, message="Gas has become too dear again and again.")
        if self._transactions.too_dear(found.head):
            return _outcome(order, OutcomeState.WAITING, message="Gas is dearer than we are ready to pay.")
        if round_.hot_wallet_wei < call.value + PLAIN_GAS * fee_wei:
            return _outcome(
                order,
                OutcomeState.UNKNOWN,
                message="Our hot wallet cannot pay for gas.",
                error_class=ErrorClass.ACCOUNT,
                code="gas",
            )
        yield from self._transactions.begin(
            number, call, fee_wei=fee_wei, first_nonce=round_.hot_wallet_count
        )
        return _outcome(order, OutcomeState.WAITING, message="Gas is on its way to the order's address.")

    def _questions(self, address: str) -> list[Question]:
        call = {"to": self._settings.token_address, "data": balance_data(address)}
        return [
            Question("eth_call", [call, "latest"]),
            Question("eth_getBalance", [address, "latest"]),
            Question("eth_getTransactionCount", [address, "latest"]),
            Question("eth_getBalance", [self._hot_wallet, "latest"]),
            Question("eth_getTransactionCount", [self._hot_wallet, "latest"]),
        ]


def _read_round(address: str, answers: list[object]) -> Round:
    tokens, wei, number, hot_wallet_wei, hot_wallet_count = (
        int(take(answer, Quantity, "what the address has"), 16) for answer in answers
    )
    return Round(
        address=address,
        tokens_minor=tokens,
        wei=wei,
        number=number,
        hot_wallet_wei=hot_wallet_wei,
        hot_wallet_count=hot_wallet_count,
    )


def _outcome(order: Order, state: OutcomeState, **told: object) -> Outcome:
    plain = Outcome(state=state, order_number=order.order_number)
    return msgspec.structs.replace(plain, **told)
