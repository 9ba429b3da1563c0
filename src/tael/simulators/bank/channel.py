"""How does the bank behave, put together? A door for payment files, a mailbox, a payer's page."""

import base64
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from tael.simulators.bank.customer import (
    ACCOUNT,
    BANK_NAME,
    BIC,
    CURRENCY,
    DIGITS,
    NAME,
    PREFIX,
    SLOW,
    USER,
    prepare_customer,
)
from tael.simulators.bank.ledger import Ledger, Message, Transfer
from tael.simulators.bank.orders import NotUnderstood, read_order
from tael.simulators.base import (
    NOTICE,
    OF_ANY_WIRE,
    Act,
    Answer,
    Call,
    Choice,
    Fault,
    OrderView,
    PayerView,
    PayoutView,
    RefundView,
    Refused,
    SimulatedChannel,
    Stage,
    plain,
)

PAYMENTS, MAILBOX = "/payments", "/mailbox"
PAGE = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PROPS = {
    "payee_account": "6222020000001000026",
    "slow_payee_account": SLOW,
    "payee_name": "李四",
    "payee_bank": "102100099996",
}
"""Whom one can send money to."""
_REFUND, _PAYOUT = "R-", "P-"


class BankSimulator(SimulatedChannel):
    """A stand-in for a bank that speaks ISO 20022."""

    name = "bank"
    words: Mapping[str, Mapping[str, str]] = {
        "zh": {
            "title": "银行模拟器",
            "transfer": "从我的银行转账",
            "order": "收款账号",
            "waiting": "已收到",
            "amount_to_send": "转账金额（分）",
        },
        "en": {
            "title": "Bank simulator",
            "transfer": "Transfer from my bank",
            "order": "Pay to account",
            "waiting": "Received so far",
            "amount_to_send": "Amount to send, in fen",
        },
    }
    offers = OF_ANY_WIRE | {
        Fault.SYSTEM_ERROR_BEFORE,
        Fault.SYSTEM_ERROR_AFTER,
        Fault.BALANCE_NOT_ENOUGH,
        Fault.DUPLICATE_NOTICE,
        Fault.LATE_NOTICE,
    }
    """What it tells carries no signature and is fetched, so most faults of notices have no place here."""
    methods = ("payments", "mailbox")

    def __init__(self, stage: Stage) -> None:
        """Open the books."""
        self._customer = prepare_customer(stage.home)
        self._ledger = Ledger(stage.clock, stage.journal)
        self._faults = stage.faults
        token = base64.b64encode(f"{USER}:{self._customer.password}".encode()).decode()
        self._authorization = f"Basic {token}"
        self.acts = {
            "receive": self._receive,
            "pay": self._receive,
            "payout_succeed": self._payout_succeeds,
            "payout_fail": self._payout_fails,
            "payout_return": self._payout_returns,
        }

    async def answer(self, call: Call) -> Answer | None:
        """A payment file, or a look into the mailbox."""
        if call.path not in (PAYMENTS, MAILBOX):
            return None
        if not hmac.compare_digest(
            call.headers.get("authorization", "").encode(), self._authorization.encode()
        ):
            return plain("who are you?", status=401)
        self._ledger.release()
        if call.path == PAYMENTS and call.method == "POST":
            return self._take(call.body)
        if call.path == MAILBOX and call.method == "GET":
            return self._show(call)
        return plain("not here", status=405)

    def _take(self, body: bytes) -> Answer:
        try:
            ordered = read_order(body)
        except NotUnderstood as problem:
            return plain(str(problem), status=400)
        number, faults = ordered.end_to_end_id[2:], self._faults
        broken = Answer(status=503, content_type="text/plain", order=number, method="payments")
        if faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=number, method="payments"):
            return broken
        empty = faults.strikes(Fault.BALANCE_NOT_ENOUGH, order=number, method="payments")
        report = self._ledger.order(ordered, account_is_empty=empty)
        if faults.strikes(Fault.SYSTEM_ERROR_AFTER, order=number, method="payments"):
            return broken
        return Answer(
            body=report.encode(), status=202, content_type="application/xml", order=number, method="payments"
        )

    def _show(self, call: Call) -> Answer:
        about, kind, day = call.asked("about"), call.asked("type"), call.asked("day")
        known, limit = call.asked("after"), call.asked("limit")
        shown = [
            message
            for message in self._ledger.messages.things.values()
            if (not about or about in message.about)
            and message.type.startswith(kind)
            and message.id > (int(known) if known.isdecimal() else 0)
        ]
        if kind.startswith("camt.053") and day:
            shown = self._statements(day)
        most = min(int(limit), PAGE) if limit.isdecimal() else PAGE
        listed = [{"id": one.id, "type": one.type, "body": one.body} for one in shown[:most]]
        order = self._number_of(about) if about else ""
        broken = self._faults.striking(
            (Fault.SYSTEM_ERROR_BEFORE, Fault.SYSTEM_ERROR_AFTER), order=order, method="mailbox"
        )
        status = 503 if broken else 200
        return Answer(body=msgspec.json.encode(listed), status=status, order=order, method="mailbox")

    def _statements(self, day: str) -> list[Message]:
        try:
            wanted = date.fromisoformat(day)
        except ValueError:
            return []
        body = self._ledger.statement(wanted)
        if body is None:
            return []
        return [Message(id=0, type="camt.053.001.08", body=body, about=[], due_at=EPOCH)]

    def _number_of(self, about: str) -> str:
        return about[2:] if about[:2] in (_REFUND, _PAYOUT) else about

    # What tests and pages see

    def orders(self) -> Iterable[OrderView]:
        """Every virtual account that money came to. The bank knows no order numbers, so it says the account."""
        accounts = dict.fromkeys(entry.account for entry in self._ledger.entries.things.values())
        return [self._view(account, account) for account in accounts if account]

    def order(self, number: str) -> OrderView | None:
        """The virtual account of an order, empty if nothing came."""
        return self._view(self._customer.account_of(number), number)

    def payouts(self) -> Iterable[PayoutView]:
        """Every transfer of the customer."""
        return [
            _payout(one)
            for one in self._ledger.transfers.things.values()
            if one.ordered.end_to_end_id.startswith(_PAYOUT)
        ]

    def payer(self, code: str) -> PayerView | None:
        """The page of somebody who wants to transfer money."""
        if not self._customer.owns(code):
            return None
        view = self._view(code, code)
        return PayerView(
            order_number=code,
            subject=f"{NAME} · {BANK_NAME}",
            amount_minor=view.captured_minor,
            currency=CURRENCY,
            situation="waiting",
            payer=_payer_of(code),
            choices=(Choice(act="receive", words="transfer", primary=True, with_amount=True),),
            refunded_minor=view.refunded_minor,
        )

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        self._ledger.bring_nearer(by)

    def _view(self, account: str, number: str) -> OrderView:
        credits = [one for one in self._ledger.entries.things.values() if one.account == account]
        refunds = [one for one in self._refunds() if one.state == "done" and self._is_refund_of(one, account)]
        received = sum(one.amount_minor for one in credits)
        return OrderView(
            order_number=number,
            channel_reference=account,
            state="received" if credits else "empty",
            amount_minor=received,
            currency=CURRENCY,
            paid_count=min(len(credits), 1),
            captured_minor=received,
            refunded_minor=sum(one.ordered.amount_minor for one in refunds),
            refunds=[
                RefundView(
                    refund_number=one.ordered.end_to_end_id[2:],
                    amount_minor=one.ordered.amount_minor,
                )
                for one in refunds
            ],
            page=f"/pay/{account}",
        )

    def _refunds(self) -> Iterable[Transfer]:
        return (
            one
            for one in self._ledger.transfers.things.values()
            if one.ordered.end_to_end_id.startswith(_REFUND)
        )

    def _is_refund_of(self, transfer: Transfer, account: str) -> bool:
        """A refund's words begin with the number of its order."""
        return self._customer.account_of(transfer.ordered.words.partition(" ")[0]) == account

    # What people do

    def _receive(self, upon: Act) -> OrderView:
        named = upon.account or upon.last_of_code or upon.order
        account = self._customer.account_of(named)
        if not named or not upon.amount_minor or upon.amount_minor < 0:
            raise Refused(422, "Say for which order or account, and how much (amount_minor).")
        self._ledger.receive(
            account,
            upon.amount_minor,
            payer=_payer_of(account, upon.text),
            payer_name=upon.text or "张三",
            twice=self._faults.strikes(Fault.DUPLICATE_NOTICE, order=named, method=NOTICE),
            late=timedelta(seconds=self._faults.seconds_late(Fault.LATE_NOTICE, order=named, method=NOTICE)),
        )
        return self._view(account, named)

    def _payout_succeeds(self, upon: Act) -> PayoutView:
        transfer = self._transfer_of(upon)
        return _acted(transfer, self._ledger.carry_out(transfer))

    def _payout_fails(self, upon: Act) -> PayoutView:
        transfer = self._transfer_of(upon)
        return _acted(transfer, self._ledger.refuse(transfer, upon.text or "AC04"))

    def _payout_returns(self, upon: Act) -> PayoutView:
        transfer = self._transfer_of(upon)
        self._ledger.carry_out(transfer)
        return _acted(transfer, self._ledger.give_back(transfer, upon.text or "AC04"))

    def _transfer_of(self, upon: Act) -> Transfer:
        for prefix in (_PAYOUT, _REFUND):
            transfer = self._ledger.transfers.things.get(prefix + (upon.payout or upon.order))
            if transfer is not None:
                return transfer
        raise Refused(404, "There is no such transfer.")


def _acted(transfer: Transfer, done: bool) -> PayoutView:  # noqa: FBT001  # the act's own answer
    if not done:
        raise Refused(409, f"This transfer is {transfer.state}.")
    return _payout(transfer)


def _payout(transfer: Transfer) -> PayoutView:
    ordered = transfer.ordered
    return PayoutView(
        payout_number=ordered.end_to_end_id[2:],
        state=transfer.state,
        amount_minor=ordered.amount_minor,
        currency=ordered.currency,
        sent_count=transfer.times_sent,
        payee=f"{ordered.receiver_name} {ordered.receiver}",
    )


def _payer_of(account: str, name: str = "") -> str:
    """The account from which a payer sends: always the same for one virtual account and name."""
    bank = f"{crc32(name.encode()) % 10_000:04}" if name else "0200"
    return f"6222{bank}{account[-10:]}"


def settings(_home: Path, url: str) -> Mapping[str, Any]:
    """What a platform enters as the channel's settings."""
    return {
        "payments_url": url + PAYMENTS,
        "mailbox_url": url + MAILBOX,
        "account_number": ACCOUNT,
        "account_name": NAME,
        "bank_name": BANK_NAME,
        "bank_code": BIC,
        "currency": CURRENCY,
        "virtual_prefix": PREFIX,
        "virtual_digits": DIGITS,
        "feed_seconds": 1,
    }


def credentials(home: Path, _url: str) -> Mapping[str, str]:
    """What a platform enters as the channel's credentials."""
    customer = prepare_customer(home)
    return {"user": USER, "password": customer.password, "account_key": customer.account_key}
