"""Is money on its way to somebody? Payouts and refunds, both a transfer of tokens from the hot wallet.

Before anything is signed, what would certainly fail is refused for good. Once something is signed, only the chain
decides: a receipt deep enough, with the transfer in it, or with the contract's refusal.
"""

from datetime import datetime

import msgspec

from tael.channels.connectors.erc20.keys import HOT_WALLET, ExtendedKey, address_at, read_address
from tael.channels.connectors.erc20.node import Node
from tael.channels.connectors.erc20.rpc import Data, Quantity, Question, RpcError, take
from tael.channels.connectors.erc20.settings import Erc20Settings
from tael.channels.connectors.erc20.tokens import balance_data, read_transfer, transfer_data
from tael.channels.connectors.erc20.transactions import Call, Fate, Progress, Transactions
from tael.channels.port import (
    Conversation,
    ErrorClass,
    Operation,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)
from tael.foundation.money import Money

_NOBODY = "0x" + "0" * 40
_WORD_OF_NO = "0x" + "0" * 64


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent, whether it is called payout or refund."""

    number: str
    amount: Money
    payee: str
    since: datetime | None


class Refusal(msgspec.Struct, frozen=True):
    """Why nothing was signed."""

    message: str
    error_class: ErrorClass
    code: str | None = None


class Payouts:
    """Transfers from the hot wallet."""

    def __init__(
        self, settings: Erc20Settings, account: ExtendedKey, node: Node, transactions: Transactions
    ) -> None:
        self._settings = settings
        self._node = node
        self._transactions = transactions
        self._hot_wallet = address_at(account, HOT_WALLET)

    def send(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Send, or say what became of it if that was asked before."""
        sending = _sending(request)
        refusal = self._refuse(sending)
        if refusal is not None:
            return _outcome(request, OutcomeState.FAILED, **msgspec.structs.asdict(refusal))
        call = self._call(sending)
        view = yield from self._node.look(self._questions(sending), now=now)
        if (yield from self._transactions.signed_under(sending.number)) is not None:
            return (yield from self.inquire(request, now=now))
        refusal = self._too_poor(sending, view.answers, fee_wei=self._transactions.fee_at(view.head))
        if refusal is None and self._transactions.too_dear(view.head):
            refusal = Refusal("The chain's fees are higher than we are ready to pay.", ErrorClass.BUSY)
        if refusal is not None:
            return _outcome(request, OutcomeState.FAILED, **msgspec.structs.asdict(refusal))
        transaction_id = yield from self._transactions.begin(
            sending.number,
            call,
            fee_wei=self._transactions.fee_at(view.head),
            first_nonce=int(take(view.answers[2], Quantity, "how much was sent before"), 16),
        )
        return _outcome(request, OutcomeState.WAITING, channel_reference=transaction_id)

    def inquire(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """What became of it; as long as no block holds it, it is sent again."""
        sending = _sending(request)
        refusal = self._refuse(sending)
        if refusal is not None:
            return _outcome(request, OutcomeState.ABSENT, message=refusal.message)
        progress = yield from self._transactions.follow(sending.number, now=now, since=sending.since)
        reference = progress.transaction_id
        match progress.fate:
            case Fate.UNSIGNED:
                return _outcome(request, OutcomeState.ABSENT)
            case Fate.SENT | Fate.IN_BLOCK:
                words = "In a block, not deep enough." if progress.fate is Fate.IN_BLOCK else None
                return _outcome(request, OutcomeState.WAITING, channel_reference=reference, message=words)
            case Fate.REVERTED:
                return _outcome(
                    request,
                    OutcomeState.FAILED,
                    channel_reference=reference,
                    error_class=ErrorClass.DECLINED,
                    code="reverted",
                    message="The token's contract refused the transfer.",
                )
            case Fate.DONE:
                return self._done(request, sending, progress)

    def _done(self, request: Request, sending: Sending, progress: Progress) -> Outcome:
        receipt = progress.receipt
        transfers = [
            read_transfer(log, self._settings.token_address) for log in (receipt.logs if receipt else [])
        ]
        payee = read_address(sending.payee)
        sent = [
            transfer
            for transfer in transfers
            if transfer is not None and (transfer.sender, transfer.receiver) == (self._hot_wallet, payee)
        ]
        if len(sent) != 1 or sent[0].minor != sending.amount.minor:
            return unknown_outcome(request, "The transaction was mined without the transfer in it.")
        return _outcome(
            request, OutcomeState.SUCCEEDED, channel_reference=progress.transaction_id, amount=sending.amount
        )

    def _refuse(self, sending: Sending) -> Refusal | None:
        """What cannot be sent, whatever the chain says: the same answer at any time."""
        if sending.amount.currency != self._settings.token or sending.amount.minor <= 0:
            return Refusal(f"Only amounts of {self._settings.token} can be sent.", ErrorClass.REQUEST)
        try:
            payee = read_address(sending.payee)
        except ValueError as problem:
            return Refusal(f"The payee's account cannot be used: {problem}.", ErrorClass.REQUEST)
        if payee in (_NOBODY, self._hot_wallet, self._settings.token_address):
            return Refusal("The payee's address is nobody's, ours, or the token's own.", ErrorClass.REQUEST)
        return None

    def _questions(self, sending: Sending) -> list[Question]:
        token, hot_wallet = self._settings.token_address, self._hot_wallet
        trial = {"from": hot_wallet, "to": token, "data": self._call(sending).data}
        return [
            Question("eth_call", [{"to": token, "data": balance_data(hot_wallet)}, "latest"]),
            Question("eth_getBalance", [hot_wallet, "latest"]),
            Question("eth_getTransactionCount", [hot_wallet, "latest"]),
            Question("eth_call", [trial, "latest"]),
        ]

    def _too_poor(self, sending: Sending, answers: list[object], *, fee_wei: int) -> Refusal | None:
        """Whether the transfer would certainly fail: then it is not signed."""
        tokens, wei, _, trial = answers
        if int(take(tokens, Quantity, "our balance"), 16) < sending.amount.minor:
            return Refusal("Our hot wallet has not enough tokens.", ErrorClass.ACCOUNT, "balance")
        if int(take(wei, Quantity, "our balance"), 16) < fee_wei * self._settings.transfer_gas:
            return Refusal("Our hot wallet cannot pay for gas.", ErrorClass.ACCOUNT, "gas")
        if isinstance(trial, RpcError) and "revert" in trial.message.lower():
            return Refusal(f"The token's contract refuses: {trial.words}", ErrorClass.DECLINED, "reverted")
        if take(trial, Data, "a trial") == _WORD_OF_NO:
            return Refusal("The token's contract refuses.", ErrorClass.DECLINED, "reverted")
        return None

    def _call(self, sending: Sending) -> Call:
        return Call(
            path=HOT_WALLET,
            to=self._settings.token_address,
            data=transfer_data(read_address(sending.payee), sending.amount.minor),
            gas=self._settings.transfer_gas,
        )


def _sending(request: Request) -> Sending:
    if request.operation in (Operation.PAY_OUT, Operation.INQUIRE_PAYOUT):
        payout = request.the_payout()
        return Sending(
            number=payout.payout_number,
            amount=payout.amount,
            payee=payout.payee_account,
            since=payout.created_at,
        )
    refund = request.the_refund()
    return Sending(
        number=refund.refund_number,
        amount=refund.amount,
        payee=refund.payer_account,
        since=refund.created_at,
    )


def _outcome(request: Request, state: OutcomeState, **told: object) -> Outcome:
    """An outcome that is about the payout or the refund."""
    plain = msgspec.structs.replace(unknown_outcome(request, ""), message=None, error_class=None)
    return msgspec.structs.replace(plain, state=state, **told)
