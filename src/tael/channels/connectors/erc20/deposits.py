"""Has the payer sent the tokens? What lies on the order's address, deep enough in the chain.

Nothing is remembered between two questions: each reads the chain anew, so a transfer that a reorganisation of
blocks has taken away is not counted any more. An order's reference is `address@block`: the block is as far before
the order as we wait for confirmations, because a reorganisation may put a later transfer into an earlier block.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.channels.connectors.erc20.keys import ExtendedKey, address_at, path_of
from tael.channels.connectors.erc20.node import Found, Node
from tael.channels.connectors.erc20.rpc import Block, Question, Unusable, take
from tael.channels.connectors.erc20.settings import Erc20Settings
from tael.channels.connectors.erc20.tokens import Transfer, sum_of
from tael.channels.port import (
    Conversation,
    ErrorClass,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    Request,
    SendTokens,
)
from tael.foundation.money import Money

_REFERENCE = re.compile(r"(0x[0-9a-fA-F]{40})@([0-9]{1,12})")


class Place(msgspec.Struct, frozen=True):
    """Where an order's tokens arrive, and from which block on."""

    address: str
    first: int | None
    """None if the order was never begun as far as we know: then nobody has seen the address."""


class Deposits:
    """Orders, from their address to their money."""

    def __init__(self, settings: Erc20Settings, account: ExtendedKey, node: Node) -> None:
        self._settings = settings
        self._account = account
        self._node = node

    def place_of(self, order: Order) -> Place:
        """The order's address; raises `Unusable` if its reference names another one."""
        address = address_at(self._account, path_of(order.order_number))
        if not order.channel_reference:
            return Place(address, None)
        match = _REFERENCE.fullmatch(order.channel_reference)
        if match is None or match[1].lower() != address.lower():
            raise Unusable("The reference does not name the order's address.", ErrorClass.REQUEST)
        return Place(address, int(match[2]))

    def begin(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Tell the payer where to send. Asked again, it is the same address."""
        order = request.the_order()
        if order.amount.currency != self._settings.token:
            return self._outcome(
                request,
                OutcomeState.FAILED,
                message=f"This channel takes {self._settings.token} only.",
                error_class=ErrorClass.REQUEST,
            )
        place = self.place_of(order)
        view = yield from self._node.look([], now=now)
        first = (
            place.first if place.first is not None else self._before(view.head, self._settings.confirmations)
        )
        return self._outcome(
            request,
            OutcomeState.WAITING,
            channel_reference=f"{place.address}@{first}",
            action=self._action(order, place.address),
        )

    def inquire(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """What has arrived. A chain closes nothing: `CLOSE` says that nothing is on its way, and what came was too little
        (`CLOSED`) or nothing (`ABSENT`, so that somebody looks once more after the order's end).
        """
        order = request.the_order()
        place = self.place_of(order)
        found = yield from self._find(place, now=now)
        seen = found.transfers
        deep = [transfer for transfer in seen if self._node.confirmed(transfer.height, found.head)]
        if sum_of(deep) >= order.amount.minor:
            return (yield from self._paid(request, deep))
        outcome = self._outcome(
            request,
            OutcomeState.WAITING,
            channel_reference=order.channel_reference or None,
            received=Money(sum_of(deep), self._settings.token),
            message=_words(seen, deep, found.head, self._settings),
            **_payer(deep, order.amount.minor),
        )
        if len(deep) < len(seen):
            return outcome
        if request.operation is Operation.CLOSE and deep:
            return msgspec.structs.replace(outcome, state=OutcomeState.CLOSED)
        if request.operation is Operation.CLOSE or (place.first is None and not deep):
            return msgspec.structs.replace(outcome, state=OutcomeState.ABSENT)
        return outcome

    def _find(self, place: Place, *, now: datetime) -> Conversation[Found]:
        if place.first is not None:
            return (yield from self._node.find_transfers(first=place.first, receiver=place.address, now=now))
        view = yield from self._node.look([], now=now)
        first = self._before(view.head, self._settings.blocks_per_question)
        return (yield from self._node.find_transfers(first=first, receiver=place.address, now=now))

    def _paid(self, request: Request, deep: Sequence[Transfer]) -> Conversation[Outcome]:
        """Enough has arrived: look once more at the block that made it enough, by its number."""
        order = request.the_order()
        enough = next(
            transfer
            for position, transfer in enumerate(deep, 1)
            if sum_of(deep[:position]) >= order.amount.minor
        )
        (answer,) = yield from self._node.ask([Question("eth_getBlockByNumber", [hex(enough.height), False])])
        block = take(answer, Block, "the block of the transfer")
        if block.hash.lower() != enough.block_hash or block.height != enough.height:
            raise Unusable("The transfer's block is not part of the chain any more.", ErrorClass.CHANNEL)
        return self._outcome(
            request,
            OutcomeState.SUCCEEDED,
            amount=order.amount,
            received=Money(sum_of(deep), self._settings.token),
            channel_reference=order.channel_reference or None,
            happened_at=block.made_at,
            **_payer(deep, order.amount.minor),
        )

    def _action(self, order: Order, address: str) -> SendTokens:
        settings = self._settings
        call = f"transfer?address={address}&uint256={order.amount.minor}"
        return SendTokens(
            address=address,
            token=settings.token_address,
            chain_id=settings.chain_id,
            amount=order.amount,
            uri=f"ethereum:{settings.token_address}@{settings.chain_id}/{call}",
            confirmations=settings.confirmations,
        )

    def _before(self, head: Block, blocks: int) -> int:
        return max(0, head.height - blocks + 1)

    def _outcome(self, request: Request, state: OutcomeState, **told: object) -> Outcome:
        plain = Outcome(state=state, order_number=request.the_order().order_number)
        return msgspec.structs.replace(plain, **told)


def _payer(deep: Sequence[Transfer], minor: int) -> dict[str, str | bool]:
    """Who may get the money back: the only sender, or the one who alone has sent enough.

    Of several senders who paid it together none is entitled to all of it, so a person has to ask the payer.
    """
    by_sender: Counter[str] = Counter()
    for transfer in deep:
        by_sender[transfer.sender] += transfer.minor
    enough = [sender for sender, sent in by_sender.most_common() if sent >= minor] or list(by_sender)
    if not enough:
        return {}
    hint: dict[str, str | bool] = {
        "payer_hint": f"{enough[0][:6]}…{enough[0][-4:]}",
        "payers_differ": len(by_sender) > 1,
    }
    return hint | {"payer_account": enough[0]} if len(by_sender) == 1 or len(enough) == 1 else hint


def _words(
    seen: Sequence[Transfer], deep: Sequence[Transfer], head: Block, settings: Erc20Settings
) -> str | None:
    if len(deep) < len(seen):
        newest = max(transfer.height for transfer in seen)
        depth = max(0, head.height - newest + 1)
        return f"A transfer has arrived; {depth} of {settings.confirmations} confirmations."
    return "Less than the amount has arrived." if deep else None
