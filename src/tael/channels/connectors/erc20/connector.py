"""What can be asked of a token on a chain, and who answers it?"""

from datetime import datetime

from tael.channels.connectors.erc20.deposits import Deposits
from tael.channels.connectors.erc20.keys import ExtendedKey
from tael.channels.connectors.erc20.node import Node, labelled
from tael.channels.connectors.erc20.payouts import Payouts
from tael.channels.connectors.erc20.rpc import Data, Quantity, Question, Unusable, take
from tael.channels.connectors.erc20.settings import Erc20Credentials, Erc20Settings
from tael.channels.connectors.erc20.sweeps import Sweeps
from tael.channels.connectors.erc20.tokens import DECIMALS
from tael.channels.connectors.erc20.transactions import Transactions
from tael.channels.port import (
    AmountRange,
    BaseConnector,
    Capabilities,
    Conversation,
    ErrorClass,
    ErrorMeaning,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Request,
    Security,
    unknown_outcome,
)
from tael.foundation.money import TOKENS

_CODES = {
    "balance": ErrorMeaning(ErrorClass.ACCOUNT, definite=True),
    "gas": ErrorMeaning(ErrorClass.ACCOUNT, definite=True),
    "reverted": ErrorMeaning(ErrorClass.DECLINED, definite=True),
    "-32005": ErrorMeaning(ErrorClass.BUSY, definite=False),
    "-32000": ErrorMeaning(ErrorClass.CHANNEL, definite=False),
    "-32602": ErrorMeaning(ErrorClass.CHANNEL, definite=False),
    "-32603": ErrorMeaning(ErrorClass.CHANNEL, definite=False),
}


class Erc20Connector(BaseConnector):
    """A stablecoin on a chain of the Ethereum kind, through our own node."""

    def __init__(self, settings: Erc20Settings, credentials: Erc20Credentials) -> None:
        """Raises `ValueError` if the account key is not an extended public key."""
        account = ExtendedKey.read(credentials.account_key)
        self._settings = settings
        self._node = Node(settings, credentials)
        transactions = Transactions(settings, self._node)
        self._deposits = Deposits(settings, account, self._node)
        self._payouts = Payouts(settings, account, self._node, transactions)
        self._sweeps = Sweeps(
            settings, account, node=self._node, deposits=self._deposits, transactions=transactions
        )
        self.capabilities = _capabilities(settings)

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Ask for one operation; what cannot be believed is `UNKNOWN`."""
        try:
            return (yield from labelled(self._converse(request, now=now), _label(request)))
        except Unusable as problem:
            return unknown_outcome(request, problem.why, problem.error_class, code=problem.code)

    def _converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        match request.operation:
            case Operation.PAY:
                return self._deposits.begin(request, now=now)
            case Operation.INQUIRE | Operation.CLOSE:
                return self._deposits.inquire(request, now=now)
            case Operation.PAY_OUT | Operation.REFUND:
                return self._payouts.send(request, now=now)
            case Operation.INQUIRE_PAYOUT | Operation.INQUIRE_REFUND:
                return self._payouts.inquire(request, now=now)
            case Operation.SWEEP:
                return self._sweeps.sweep(request, now=now)
            case Operation.PROBE:
                return self._probe(request, now=now)
            case _:
                raise ValueError(f"this channel was never said to offer {request.operation}")

    def _probe(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """Whether the node is on our chain and not behind, and the contract counts as we do."""
        token = self._settings.token_address
        questions = [
            Question("eth_getCode", [token, "latest"]),
            Question("eth_call", [{"to": token, "data": DECIMALS}, "latest"]),
        ]
        try:
            view = yield from self._node.look(questions, now=now)
        except Unusable as problem:
            state = OutcomeState.FAILED if problem.error_class is ErrorClass.ACCOUNT else OutcomeState.UNKNOWN
            return Outcome(
                state=state, message=problem.why, error_class=problem.error_class, code=problem.code
            )
        code, decimals = view.answers
        if take(code, Data, "the contract") == "0x":
            return unknown_outcome(request, "There is no contract at the token's address.")
        if int(take(decimals, Quantity, "the token"), 16) != TOKENS[self._settings.token]:
            return unknown_outcome(request, "The token counts in other decimals than we do.")
        return Outcome(state=OutcomeState.SUCCEEDED)


def _label(request: Request) -> str:
    """Our numbers of what a message is about."""
    refund = request.refund.refund_number if request.refund is not None else ""
    return f"{request.number}/{refund}" if refund else request.number


def _capabilities(settings: Erc20Settings) -> Capabilities:
    return Capabilities(
        method="stablecoin",
        operations=frozenset(
            {
                Operation.PAY,
                Operation.INQUIRE,
                Operation.CLOSE,
                Operation.REFUND,
                Operation.INQUIRE_REFUND,
                Operation.PAY_OUT,
                Operation.INQUIRE_PAYOUT,
                Operation.SWEEP,
                Operation.PROBE,
            }
        ),
        products=frozenset({Product.TRANSFER}),
        amounts={settings.token: AmountRange(settings.smallest_minor, settings.largest_minor)},
        security=Security(
            requests="secp256k1 over EIP-1559 transactions",
            answers="",
            notices="",
            notice_window_seconds=0,
        ),
        operation_timeout_seconds=dict.fromkeys(Operation, 10.0),
        refund_window_days=3_650,
        account_kind=f"eip155:{settings.chain_id}",
        payer_sets_amount=True,
        notices=False,
        error_codes=_CODES,
    )
