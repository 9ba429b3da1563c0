"""What does our node say of the chain? Believed only if it is on our chain and not behind."""

import contextlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from tael.channels.connectors.erc20.rpc import (
    Block,
    Log,
    Quantity,
    Question,
    RpcError,
    Unusable,
    message,
    read_answers,
    take,
)
from tael.channels.connectors.erc20.settings import Erc20Credentials, Erc20Settings
from tael.channels.connectors.erc20.tokens import Transfer, read_transfer, sum_of, transfers_question
from tael.channels.port import Conversation, ErrorClass, HttpRequest, ask
from tael.foundation.money import MAX_MINOR

QUESTIONS_PER_MESSAGE = 20
MOST_PAGES = 500
_LABEL = re.compile(r"[!-~]{1,200}")

T = TypeVar("T")


class View(msgspec.Struct, frozen=True):
    """What the node answered, and at which newest block."""

    head: Block
    answers: list[object]


class Found(msgspec.Struct, frozen=True):
    """Transfers in the order of the chain, and what else was asked with them."""

    head: Block
    transfers: list[Transfer]
    answers: list[object]


class Node:
    """Conversations with our node. They raise `Unusable` when it does not tell, or tells what cannot be."""

    def __init__(self, settings: Erc20Settings, credentials: Erc20Credentials) -> None:
        self._settings = settings
        self._credentials = credentials

    def ask(self, questions: Sequence[Question]) -> Conversation[list[object]]:
        """The answers in order; an answer may be an `RpcError`."""
        credentials = self._credentials
        request = message(credentials.rpc_url, questions, authorization=credentials.rpc_authorization)
        response = yield from ask(request)
        return read_answers(response, len(questions))

    def look(self, questions: Sequence[Question], *, now: datetime) -> Conversation[View]:
        """The answers, from a node that is on our chain and knows a block of a few minutes ago."""
        first = [Question("eth_chainId"), Question("eth_getBlockByNumber", ["latest", False])]
        chain_id, latest, *answers = yield from self.ask([*first, *questions])
        if int(take(chain_id, Quantity, "its chain"), 16) != self._settings.chain_id:
            raise Unusable("The node is on another chain.", ErrorClass.TRUST)
        head = take(latest, Block, "its newest block")
        if now - head.made_at > timedelta(seconds=self._settings.stale_after_seconds):
            raise Unusable(f"The node's newest block is of {head.made_at:%H:%M:%S}.", ErrorClass.CHANNEL)
        return View(head, answers)

    def find_transfers(
        self,
        *,
        first: int,
        now: datetime,
        sender: str | None = None,
        receiver: str | None = None,
        also: Sequence[Question] = (),
    ) -> Conversation[Found]:
        """Our token's transfers since block `first`, all of them or `Unusable`."""
        token = self._settings.token_address

        def between(first: int, last: int | None) -> Question:
            return transfers_question(token, first=first, last=last, sender=sender, receiver=receiver)

        view = yield from self.look([between(first, None), *also], now=now)
        pages, answers = view.answers[:1], view.answers[1:]
        step = self._settings.blocks_per_question
        if isinstance(pages[0], RpcError) and view.head.height - first >= step:
            starts = range(first, view.head.height + 1, step)
            questions = [between(start, min(start + step - 1, view.head.height)) for start in starts]
            pages = yield from self._ask_in_pages(questions)
        logs = [log for page in pages for log in take(page, list[Log], "the transfers")]
        return Found(
            view.head, self._transfers_in(logs, first=first, receiver=receiver, sender=sender), answers
        )

    def confirmed(self, height: int, head: Block) -> bool:
        """Whether a block is deep enough."""
        return head.height - height + 1 >= self._settings.confirmations

    def _ask_in_pages(self, questions: Sequence[Question]) -> Conversation[list[object]]:
        if len(questions) > MOST_PAGES:
            raise Unusable("The order is too old for its transfers to be searched.", ErrorClass.REQUEST)
        pages: list[object] = []
        for start in range(0, len(questions), QUESTIONS_PER_MESSAGE):
            pages += yield from self.ask(questions[start : start + QUESTIONS_PER_MESSAGE])
        return pages

    def _transfers_in(
        self, logs: Sequence[Log], *, first: int, sender: str | None, receiver: str | None
    ) -> list[Transfer]:
        """Those that were asked for. An honest node gives no others, so others prove that it is not one."""
        read = [read_transfer(log, self._settings.token_address) for log in logs]
        asked = [
            transfer
            for transfer in read
            if transfer is not None
            and transfer.receiver == (receiver or transfer.receiver)
            and transfer.sender == (sender or transfer.sender)
        ]
        if len(asked) != len(logs):
            raise Unusable("The node tells of transfers that were not asked for.", ErrorClass.TRUST)
        ours = [transfer for transfer in asked if transfer.minor > 0]
        if len({(transfer.transaction_id, transfer.position) for transfer in ours}) != len(ours):
            raise Unusable("The node tells of one transfer twice.", ErrorClass.TRUST)
        if any(transfer.height < first for transfer in ours):
            raise Unusable("The node tells of transfers before the order began.", ErrorClass.TRUST)
        if sum_of(ours) > MAX_MINOR:
            raise Unusable("The node tells of more tokens than can be booked.", ErrorClass.TRUST)
        return sorted(ours, key=lambda transfer: (transfer.height, transfer.position))


def labelled(conversation: Conversation[T], label: str) -> Conversation[T]:
    """The same conversation, each message with our number as its `X-Request-Id`, by which support finds it in logs."""
    with contextlib.closing(conversation):
        try:
            step = next(conversation)
            while True:
                if isinstance(step, HttpRequest) and _LABEL.fullmatch(label):
                    step = msgspec.structs.replace(step, headers={**step.headers, "x-request-id": label})
                step = conversation.send((yield step))
        except StopIteration as end:
            result: T = end.value
            return result
