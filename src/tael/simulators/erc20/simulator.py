"""What can be done with this chain? Payers send tokens, blocks come and go, and the merchant's node answers."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from tael.simulators.base import (
    OF_ANY_WIRE,
    Act,
    Answer,
    Call,
    Choice,
    Fault,
    OrderView,
    PayerView,
    PayoutView,
    Refused,
    SimulatedChannel,
    Stage,
)
from tael.simulators.erc20 import tokens
from tael.simulators.erc20.books import CURRENCY, Books
from tael.simulators.erc20.lies import falsified
from tael.simulators.erc20.network import Network
from tael.simulators.erc20.rpc import MOST_QUESTIONS, Question, Rpc, RpcRefused
from tael.simulators.erc20.wallets import CONFIRMATIONS, Wallet, named_wallet, prepare_merchant
from tael.simulators.erc20.words import WORDS

PATH = "/rpc"
PAYERS = ("payer", "friend", "exchange")
"""Who has money on this chain; `text` of an act says which of them acts."""
_WEI = 10**24
_STOCK_MINOR = 10**15
_GWEI = 10**9
_PLACE = re.compile(r"(0x[0-9a-fA-F]{40})(?:-([0-9]{1,15}))?")
_URI = re.compile(
    r"ethereum:0x[0-9a-fA-F]{40}@[0-9]+/transfer\?address=(0x[0-9a-fA-F]{40})&uint256=([0-9]{1,15})"
)
_LABEL = re.compile(r"[!-~]{1,200}")
_CHAIN_ONLY = {"eth_chainId", "eth_getBlockByNumber"}


class Erc20Simulator(SimulatedChannel):
    """A chain with two tokens, and the node through which a merchant looks at it."""

    name = "erc20"
    words = WORDS
    offers = OF_ANY_WIRE | {
        Fault.SYSTEM_ERROR_BEFORE,
        Fault.SYSTEM_ERROR_AFTER,
        Fault.WRONG_MERCHANT,
        Fault.WRONG_ORDER,
        Fault.BALANCE_NOT_ENOUGH,
        Fault.LATE_SUCCESS,
        Fault.CLOCK_SKEW,
    }
    methods = (
        "eth_getBlockByNumber",
        "eth_getLogs",
        "eth_call",
        "eth_getTransactionReceipt",
        "eth_sendRawTransaction",
    )

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._merchant = prepare_merchant(stage.home)
        self._hot_wallet = bytes.fromhex(self._merchant.hot_wallet[2:])
        self._payers = {name: named_wallet(name) for name in PAYERS}
        rich = [tokens.ISSUER.raw_address, *(payer.raw_address for payer in self._payers.values())]
        self._network = Network(stage.journal, dict.fromkeys([*rich, self._hot_wallet], _WEI))
        self._books = Books(stage.journal, self._network, self._merchant)
        self._rpc = Rpc(self._network)
        if self._network.evm.head.number == 0:
            self._make_tokens()
        self.acts = {
            "receive": self._receive,
            "pay": self._receive,
            "mine": self._mine,
            "reorganise": self._reorganise,
            "payout_succeed": self._payout_succeed,
            "payout_fail": self._payout_fail,
            "forget": self._forget,
            "bar": lambda act: self._bar(act, yes=True),
            "unbar": lambda act: self._bar(act, yes=False),
            "ask_tips": self._ask_tips,
            "limit_ranges": self._limit_ranges,
        }

    # ── the node ────────────────────────────────────────────────────────────────────────────────────────

    async def answer(self, call: Call) -> Answer | None:
        """JSON-RPC."""
        if call.path != PATH or call.method != "POST":
            return None
        try:
            parsed = msgspec.json.decode(call.body)
            questions = msgspec.convert(parsed if isinstance(parsed, list) else [parsed], list[Question])
        except (msgspec.MsgspecError, RecursionError):
            return _plain_error(-32700, "parse error")
        if not 0 < len(questions) <= MOST_QUESTIONS:
            return _plain_error(-32600, "batch too large" if questions else "empty batch")
        label = call.headers.get("x-request-id", "")
        label = label if _LABEL.fullmatch(label) else ""
        methods = [question.method for question in questions]
        known = {"order": label.partition("/")[0], "method": _telling(methods)}
        self._catch_up(known)
        if known["order"] and ("eth_getLogs" in methods or set(methods) == _CHAIN_ONLY):
            self._books.know(known["order"])
        faults = self._stage.faults
        if faults.strikes(Fault.SYSTEM_ERROR_BEFORE, **known):
            return _plain_error(-32603, "internal error", **known)
        answers = [self._told(question, label) for question in questions]
        lies = faults.striking((Fault.WRONG_MERCHANT, Fault.WRONG_ORDER, Fault.BALANCE_NOT_ENOUGH), **known)
        answers = falsified(questions, answers, lies, hot_wallet=self._hot_wallet)
        if faults.strikes(Fault.SYSTEM_ERROR_AFTER, **known):
            return _plain_error(-32603, "internal error", **known)
        body = msgspec.json.encode(answers if isinstance(parsed, list) else answers[0])
        return Answer(body=body, order=known["order"], method=known["method"])

    def _told(self, question: Question, label: str) -> dict[str, Any]:
        head = {"jsonrpc": "2.0", "id": question.id}
        try:
            return head | {"result": self._rpc.answer(question, label=label)}
        except RpcRefused as refused:
            return head | {"error": refused.told()}

    def _catch_up(self, known: dict[str, str]) -> None:
        now = self._stage.clock.now()
        shown = self._stage.faults.channel_time(now, **known)
        if shown != now:
            self._network.mine(1, now=shown)
        self._network.catch_up(now, shown=shown, speed=self._stage.speed)

    # ── acts ────────────────────────────────────────────────────────────────────────────────────────────

    def _receive(self, act: Act) -> OrderView:
        """A payer sends tokens; `count` blocks lie on top then, or as many as the settings want."""
        address, minor = self._place(act)
        amount = minor if act.amount_minor is None else act.amount_minor
        if not 0 < amount <= _STOCK_MINOR:
            raise Refused(422, "How much? Say amount_minor, or a code that does.")
        words = act.text.split()
        token = next((word for word in words if word in tokens.NAMES), CURRENCY)
        payer = self._payers[next((word for word in words if word in self._payers), PAYERS[0])]
        evm = self._network.evm
        minted = tokens.minting(token, payer.raw_address, amount, nonce=self._next_nonce(tokens.ISSUER))
        sent = tokens.transferring(token, payer, address, amount, nonce=self._next_nonce(payer))
        self._network.include([minted, sent], now=self._stage.clock.now())
        if not evm.head.transactions or not all(done.succeeded for done in evm.head.transactions[:2]):
            raise Refused(409, "The token's contract refused the transfer.")
        self._network.mine(CONFIRMATIONS - 1 if act.count is None else act.count, now=self._stage.clock.now())
        return self._order_at(address)

    def _mine(self, act: Act) -> None:
        """So many blocks."""
        self._network.mine(_count(act, most=2_000), now=self._stage.clock.now())

    def _reorganise(self, act: Act) -> None:
        """The newest blocks are replaced; with `text: lose` their transactions never come back."""
        blocks = _count(act, most=self._network.evm.head.number - 1)
        self._network.reorganise(blocks, now=self._stage.clock.now(), lose=act.text == "lose")

    def _payout_succeed(self, act: Act) -> PayoutView:
        """Let it be mined, deep enough."""
        self._payout(act)
        self._network.mine(CONFIRMATIONS, now=self._stage.clock.now())
        return self._payout(act)

    def _payout_fail(self, act: Act) -> PayoutView:
        """Let the token's contract refuse it: the issuer bars the hot wallet just before, and frees it after."""
        self._payout(act)
        nonce, now = self._next_nonce(tokens.ISSUER), self._stage.clock.now()
        bar = tokens.barring(CURRENCY, self._hot_wallet, yes=True, nonce=nonce)
        free = tokens.barring(CURRENCY, self._hot_wallet, yes=False, nonce=nonce + 1)
        if not self._network.include_between(bar, self._network.sent_as(act.payout), free, now=now):
            raise Refused(409, "It is in a block already, or cannot be in the next one.")
        self._network.mine(CONFIRMATIONS - 1, now=now)
        return self._payout(act)

    def _forget(self, act: Act) -> PayoutView:
        """Let the node forget what waits for a block."""
        for hash in self._network.sent_as(act.payout):
            self._network.pool.drop(hash)
        return self._payout(act)

    def _bar(self, act: Act, *, yes: bool) -> None:
        """The issuer bars an account, or lets it go."""
        address, _ = self._place(act)
        barring = tokens.barring(CURRENCY, address, yes=yes, nonce=self._next_nonce(tokens.ISSUER))
        self._network.include([barring], now=self._stage.clock.now())

    def _ask_tips(self, act: Act) -> None:
        """The makers of blocks take only transactions with a tip of at least so many gwei."""
        self._network.pool.least_tip_wei = _count(act, most=10_000, least=0) * _GWEI

    def _limit_ranges(self, act: Act) -> None:
        """The node searches at most so many blocks at a time."""
        self._rpc.longest_range = _count(act, most=10_000)

    # ── views ───────────────────────────────────────────────────────────────────────────────────────────

    def orders(self) -> Sequence[OrderView]:
        """Every order of which the merchant has spoken, or to which a payer has sent something."""
        return list(self._books.orders())

    def order(self, number: str) -> OrderView | None:
        """One of them."""
        return self._books.order(number)

    def payouts(self) -> Sequence[PayoutView]:
        """Every payout."""
        return list(self._books.payouts())

    def payout(self, number: str) -> PayoutView | None:
        """One of them."""
        return self._books.payout(number)

    def payer(self, code: str) -> PayerView | None:
        """The wallet's page for an address."""
        match = _PLACE.fullmatch(code)
        if match is None:
            return None
        address, amount = bytes.fromhex(match[1][2:]), int(match[2] or 0)
        received = self._books.received(address)
        return PayerView(
            order_number=self._books.number_at(address) or match[1],
            subject=f"{CURRENCY} → {match[1]}",
            amount_minor=amount or received,
            currency=CURRENCY,
            situation="paid" if received and received >= amount else "waiting",
            payer=self._payers[PAYERS[0]].address,
            choices=(
                Choice(act="receive", words="send_tokens", primary=True, with_amount=True),
                Choice(act="mine", words="make_block"),
            ),
        )

    def bring_nearer(self, by: timedelta) -> None:
        """Some blocks come."""
        self._network.mine(max(1, min(16, int(by.total_seconds()))), now=self._stage.clock.now())

    def _place(self, act: Act) -> tuple[bytes, int]:
        """The address, and the amount if a code names one."""
        if act.order:
            return bytes.fromhex(self._books.know(act.order).address[2:]), 0
        match = _URI.fullmatch(act.code) or _PLACE.fullmatch(act.last_of_code or act.account)
        if match is None:
            raise Refused(404, "Say the order, an address, or the link that the payer was shown.")
        return bytes.fromhex(match[1][2:]), int(match[2] or 0)

    def _order_at(self, address: bytes) -> OrderView:
        number = self._books.number_at(address)
        view = self._books.order(number) if number else None
        received = self._books.received(address)
        return view or OrderView(
            order_number=number,
            channel_reference="0x" + address.hex(),
            state="paid",
            amount_minor=received,
            currency=CURRENCY,
            paid_count=1,
            captured_minor=received,
            refunded_minor=0,
        )

    def _payout(self, act: Act) -> PayoutView:
        view = self._books.payout(act.payout)
        if view is None:
            raise Refused(404, "No payout has this number.")
        return view

    def _next_nonce(self, wallet: Wallet) -> int:
        return self._network.evm.count(wallet.raw_address)

    def _make_tokens(self) -> None:
        """The first block: both contracts, and the merchant's stock of each."""
        made = [tokens.making(token) for token in tokens.NAMES]
        stocks = [
            tokens.minting(token, self._hot_wallet, _STOCK_MINOR, nonce=len(tokens.NAMES) + position)
            for position, token in enumerate(tokens.NAMES)
        ]
        self._network.include([*made, *stocks], now=self._stage.clock.now())


def _count(act: Act, *, most: int, least: int = 1) -> int:
    count = 1 if act.count is None else act.count
    if not least <= count <= most:
        raise Refused(422, f"The count is {least} to {most}.")
    return count


def _telling(methods: Sequence[str]) -> str:
    """The method that says best what a message is about."""
    return next((method for method in reversed(Erc20Simulator.methods) if method in methods), methods[0])


def _plain_error(code: int, message: str, *, order: str = "", method: str = "") -> Answer:
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return Answer(body=msgspec.json.encode(body), order=order, method=method)
