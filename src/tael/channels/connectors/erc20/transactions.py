"""How does a transaction of ours get into a block, once and only once?

Everything hangs on the signer: under one number it signs one transaction with one nonce, and gives the same bytes ever
after. So whatever was lost, the same bytes are sent again, and the chain takes a nonce once. A transaction that offers
too little is joined by another with the same nonce and a higher fee, under `number#2`, `number#3` …: whichever is mined,
the others never can be.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from tael.channels.connectors.erc20.keys import HOT_WALLET, with_checksum
from tael.channels.connectors.erc20.node import Node, View
from tael.channels.connectors.erc20.rpc import (
    Block,
    Hash,
    Question,
    Receipt,
    RpcError,
    Unusable,
    class_of,
    take,
)
from tael.channels.connectors.erc20.settings import Erc20Settings
from tael.channels.port import Conversation, ErrorClass, Signed, SignOnce, sign_once

MOST_VERSIONS = 6
PLAIN_GAS = 21_000
"""What it costs to send wei to somebody."""
_KNOWN = ("already known", "known transaction", "already imported", "alreadyknown")


class Fate(StrEnum):
    """How far a transaction has come."""

    UNSIGNED = "unsigned"
    """The signer knows no transaction under this number, so none was ever sent."""
    SENT = "sent"
    IN_BLOCK = "in_block"
    """In a block that is not deep enough."""
    DONE = "done"
    REVERTED = "reverted"
    """Mined and refused by the contract: the nonce is used up, so nothing can happen under this number any more."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a number stands."""

    fate: Fate
    transaction_id: str | None = None
    receipt: Receipt | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction shall do."""

    path: tuple[int, ...]
    to: str
    value: int = 0
    data: str = "0x"
    gas: int

    def words(self, *, chain_id: int, fee_wei: int, tip_wei: int) -> dict[str, str | int]:
        """In the signer's words."""
        return {
            "path": "/".join(str(index) for index in self.path),
            "chain_id": chain_id,
            "to": self.to,
            "value": self.value,
            "data": self.data,
            "gas": self.gas,
            "fee_wei": fee_wei,
            "tip_wei": tip_wei,
        }


class Transactions:
    """Signs once, sends until it is mined."""

    def __init__(self, settings: Erc20Settings, node: Node) -> None:
        self._settings = settings
        self._node = node

    def fee_at(self, head: Block) -> int:
        """What we offer per unit of gas: enough for a few blocks in a row of rising prices."""
        return min(2 * head.fee_wei + self._settings.tip_wei, self._settings.largest_fee_wei)

    def too_dear(self, head: Block) -> bool:
        """Whether the chain asks for more than we are ready to pay."""
        return head.fee_wei + self._settings.tip_wei > self._settings.largest_fee_wei

    def signed_under(self, number: str) -> Conversation[Signed | None]:
        """What was signed under a number, if anything: a question without words signs nothing."""
        signed = yield from sign_once(SignOnce(number=number, transaction={}))
        return signed if signed.raw else None

    def begin(self, number: str, call: Call, *, fee_wei: int, first_nonce: int) -> Conversation[str]:
        """Sign and send; gives the transaction's id. `first_nonce`: how many are mined from there already."""
        tip = min(self._settings.tip_wei, fee_wei)
        words = call.words(chain_id=self._settings.chain_id, fee_wei=fee_wei, tip_wei=tip)
        signed = yield from sign_once(
            SignOnce(number=number, transaction=words | {"first_nonce": first_nonce})
        )
        yield from self.send(signed)
        return signed.transaction_id

    def follow(self, number: str, *, now: datetime, since: datetime | None) -> Conversation[Progress]:
        """What has become of a number of the hot wallet's; what is in no block is sent again, and with a higher fee
        if it is stuck: whatever comes after it has to wait for it.
        """
        versions = yield from self._versions_of(number)
        if not versions:
            return Progress(fate=Fate.UNSIGNED)
        questions = [Question("eth_getTransactionReceipt", [version.transaction_id]) for version in versions]
        view = yield from self._node.look(questions, now=now)
        for version, answer in zip(versions, view.answers, strict=True):
            if answer is not None:
                return self._read_receipt(version, take(answer, Receipt, "the transaction"), view.head)
        newest = versions[-1]
        if len(versions) < MOST_VERSIONS and self._stuck(newest, len(versions), view, now=now, since=since):
            newest = yield from self._replace(number, newest, len(versions), view)
        yield from self.send(newest)
        return Progress(fate=Fate.SENT, transaction_id=newest.transaction_id)

    def send(self, signed: Signed) -> Conversation[None]:
        """Hand it to the node; raises `Unusable` if the node does not take it, which decides nothing."""
        (answer,) = yield from self._node.ask([Question("eth_sendRawTransaction", ["0x" + signed.raw.hex()])])
        if isinstance(answer, RpcError):
            words = answer.words
            if any(known in words.lower() for known in _KNOWN):
                return
            poor = "insufficient funds" in words.lower()
            raise Unusable(
                f"The node does not take the transaction: {words}",
                ErrorClass.ACCOUNT if poor else class_of(answer),
                str(answer.code),
            )
        if take(answer, Hash, "the transaction").lower() != signed.transaction_id:
            raise Unusable("The node names another transaction.", ErrorClass.TRUST)

    def _versions_of(self, number: str) -> Conversation[list[Signed]]:
        versions: list[Signed] = []
        while len(versions) < MOST_VERSIONS:
            version = yield from self.signed_under(_version(number, len(versions) + 1))
            if version is None:
                break
            versions.append(version)
        return versions

    def _read_receipt(self, version: Signed, receipt: Receipt, head: Block) -> Progress:
        if receipt.transaction_hash.lower() != version.transaction_id:
            raise Unusable("The node's receipt is of another transaction.", ErrorClass.TRUST)
        fate = Fate.DONE if int(receipt.status, 16) == 1 else Fate.REVERTED
        if not self._node.confirmed(int(receipt.block_number, 16), head):
            fate = Fate.IN_BLOCK
        return Progress(fate=fate, transaction_id=version.transaction_id, receipt=receipt)

    def _stuck(
        self, newest: Signed, versions: int, view: View, *, now: datetime, since: datetime | None
    ) -> bool:
        """Whether the chain has become dearer than what was offered, or it has waited too long."""
        fee_wei, _ = fees_of(newest)
        patience = timedelta(seconds=self._settings.stuck_after_seconds * versions)
        return view.head.fee_wei > fee_wei or (since is not None and now - since > patience)

    def _replace(self, number: str, old: Signed, versions: int, view: View) -> Conversation[Signed]:
        """Half as much again of both parts: nodes take another in its place from a tenth more on."""
        fee_wei, tip_wei = (part * 3 // 2 + 1 for part in fees_of(old))
        fee_wei, tip_wei = max(fee_wei, self.fee_at(view.head)), max(tip_wei, self._settings.tip_wei)
        if fee_wei > self._settings.largest_fee_wei:
            return old
        words = call_of(old, HOT_WALLET).words(
            chain_id=self._settings.chain_id, fee_wei=fee_wei, tip_wei=min(tip_wei, fee_wei)
        )
        wanted = SignOnce(number=_version(number, versions + 1), transaction=words | {"replaces": number})
        return (yield from sign_once(wanted))


def _version(number: str, position: int) -> str:
    return number if position == 1 else f"{number}#{position}"


def fees_of(signed: Signed) -> tuple[int, int]:
    """What a transaction of ours pays per unit of gas: in all, and of that to the block's maker."""
    words = _words_of(signed)
    return int(words["maxFeePerGas"]), int(words["maxPriorityFeePerGas"])


def call_of(signed: Signed, path: tuple[int, ...]) -> Call:
    """What a transaction of ours does: another one in its place does the same."""
    words = _words_of(signed)
    return Call(
        path=path,
        to=with_checksum(bytes(words["to"]).hex()),
        value=int(words["value"]),
        data="0x" + bytes(words["data"]).hex(),
        gas=int(words["gas"]),
    )


def _words_of(signed: Signed) -> dict[str, Any]:
    from eth_account.typed_transactions.typed_transaction import TypedTransaction
    from hexbytes import HexBytes

    try:
        return TypedTransaction.from_bytes(HexBytes(signed.raw)).as_dict()
    except (TypeError, ValueError):
        raise Unusable("The signer gave something that is no transaction.", ErrorClass.REQUEST) from None
