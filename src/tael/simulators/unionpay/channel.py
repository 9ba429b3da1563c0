"""How does UnionPay behave, put together? Its gateway, its notices, its payer's page, its operator's."""

import base64
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tael.foundation.clock import CHINA
from tael.simulators.base import (
    OF_ANY_POSTMAN,
    OF_ANY_WIRE,
    Act,
    Answer,
    Call,
    Choice,
    Fault,
    Letter,
    Notice,
    OrderView,
    PayerView,
    PayoutView,
    Postman,
    RefundView,
    Refused,
    SimulatedChannel,
    Stage,
)
from tael.simulators.unionpay.book import PAYMENT, PAYOUT, REFUND, Book, Transaction, number_of
from tael.simulators.unionpay.gateway import METHODS, Gateway, facts_of
from tael.simulators.unionpay.keys import MERCHANT, OWNER, prepare_keys
from tael.simulators.unionpay.messages import Seal, write_form


class UnionPaySimulator(SimulatedChannel):
    """A stand-in for UnionPay's ACP platform."""

    name = "unionpay"
    words: Mapping[str, Mapping[str, str]] = {
        "zh": {"title": "银联模拟器", "decline": "换一张卡（余额不足）"},
        "en": {"title": "UnionPay simulator", "decline": "Use an empty card"},
    }
    offers = (
        OF_ANY_WIRE
        | (OF_ANY_POSTMAN - {Fault.STALE_NOTICE, Fault.CLOCK_SKEW})
        | {
            Fault.WRONG_SIGNATURE,
            Fault.WRONG_AMOUNT,
            Fault.WRONG_MERCHANT,
            Fault.WRONG_ORDER,
            Fault.SYSTEM_ERROR_BEFORE,
            Fault.SYSTEM_ERROR_AFTER,
            Fault.BALANCE_NOT_ENOUGH,
        }
    )
    """No stale notices, no clock: a notice of UnionPay does not say when it was sent."""
    methods = METHODS

    def __init__(self, stage: Stage) -> None:
        """Open the book, and begin to deliver notices."""
        seal = Seal(prepare_keys(stage.home))
        self._book = Book(stage.clock, stage.journal)
        self._mail = Postman(
            _Delivery(seal, self._book),
            clock=stage.clock,
            speed=stage.speed,
            faults=stage.faults,
            journal=stage.journal,
            new_id=lambda now: f"{now.astimezone(CHINA):%Y%m%d}{secrets.token_hex(8)}",
        )
        self.postman = self._mail
        self._gateway = Gateway(
            seal=seal,
            book=self._book,
            faults=stage.faults,
            clock=stage.clock,
            url=stage.url,
            tell=self._tell,
        )
        self._url = stage.url
        self.acts = {
            "scan": self._look,
            "pay": self._pay,
            "decline": self._decline,
            "payout_succeed": self._payout_succeeds,
            "payout_fail": self._payout_fails,
            "payout_return": self._payout_returns,
        }

    async def answer(self, call: Call) -> Answer | None:
        """The gateway's answer."""
        return self._gateway.answer(call)

    def wake_up(self) -> None:
        """Tell what was done but not told when the process ended."""
        for one in self._book:
            told = any(
                notice.content.get("order_id") == one.order_id for notice in self._mail.about(_about(one))
            )
            if one.done and not told:
                self._tell(one)

    def orders(self) -> Iterable[OrderView]:
        """Every payment."""
        return [self._view(one) for one in self._book if one.txn_type == PAYMENT]

    def order(self, number: str) -> OrderView | None:
        """One payment, by the merchant's number."""
        payment = self._book.of_order(number)
        return self._view(payment) if payment is not None else None

    def payer(self, code: str) -> PayerView | None:
        """What the payer sees."""
        payment = self._book.of_handle(code)
        if payment is None:
            return None
        back = sum(one.amount for one in self._book.given_back(payment) if one.done)
        ended = self._book.is_over(payment)
        situation = "ended" if ended else "waiting"
        if payment.done:
            situation = "refunded" if back else "paid"
        waiting = situation == "waiting"
        return PayerView(
            order_number=payment.number,
            subject=_subject_of(payment),
            amount_minor=payment.amount,
            currency="CNY",
            situation=situation,
            payer="622155 ****** 0048",
            valid_until=payment.expires_at,
            choices=(Choice(act="pay", words="pay", primary=True), Choice(act="decline", words="decline"))
            if waiting
            else (),
            return_url=payment.sent.get("frontUrl", ""),
            refunded_minor=back,
        )

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        self._book.bring_nearer(by)

    def payouts(self) -> Iterable[PayoutView]:
        """Every payout."""
        return [_payout(one) for one in self._book if one.txn_type == PAYOUT]

    def _payout_succeeds(self, upon: Act) -> PayoutView:
        payout = self._payout_of(upon)
        return self._acted(payout, done=self._book.carry_out(payout))

    def _payout_fails(self, upon: Act) -> PayoutView:
        payout = self._payout_of(upon)
        return self._acted(payout, done=self._book.turn_down(payout, gone=False))

    def _payout_returns(self, upon: Act) -> PayoutView:
        payout = self._payout_of(upon)
        return self._acted(payout, done=self._book.turn_down(payout, gone=True))

    def _payout_of(self, upon: Act) -> Transaction:
        payout = self._book.payout(upon.payout or upon.order)
        if payout is None:
            raise Refused(404, "There is no such payout.")
        return payout

    def _acted(self, payout: Transaction, *, done: bool) -> PayoutView:
        if not done:
            raise Refused(409, "This payout does not stand so.")
        self._tell(payout)
        return _payout(payout)

    def _look(self, upon: Act) -> OrderView:
        return self._view(self._payment_of(upon))

    def _pay(self, upon: Act) -> OrderView:
        payment = self._payment_of(upon)
        if not self._book.pay(payment):
            raise Refused(409, "This order does not wait for money.")
        self._tell(payment)
        return self._view(payment)

    def _decline(self, upon: Act) -> OrderView:
        payment = self._payment_of(upon)
        self._book.decline(payment)
        return self._view(payment)

    def _payment_of(self, upon: Act) -> Transaction:
        payment = self._book.of_handle(upon.last_of_code) or self._book.of_order(upon.order)
        if payment is None:
            raise Refused(404, "There is no such order.")
        return payment

    def _tell(self, one: Transaction) -> None:
        content = {"order_id": one.order_id, "txn_time": one.txn_time}
        self._mail.post(content, about=_about(one), kind=one.txn_type, url=one.sent.get("backUrl", ""))

    def _view(self, payment: Transaction) -> OrderView:
        back = [one for one in self._book.given_back(payment) if one.done]
        over = self._book.is_over(payment) and not payment.done
        return OrderView(
            order_number=payment.number,
            channel_reference=payment.query_id,
            state="over" if over else payment.code,
            amount_minor=payment.amount,
            currency="CNY",
            paid_count=payment.times_paid,
            captured_minor=payment.amount if payment.done else 0,
            refunded_minor=sum(one.amount for one in back),
            refunds=[
                RefundView(refund_number=one.number, amount_minor=one.amount, at=one.done_at) for one in back
            ],
            page=f"/pay/{payment.handle}",
        )


class _Delivery:
    """UnionPay's notices: a signed form; `200` ends the repetitions."""

    waits: Sequence[timedelta] = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 15))

    def __init__(self, seal: Seal, book: Book) -> None:
        self._seal = seal
        self._book = book

    def write(self, notice: Notice, *, now: datetime, wrong: frozenset[Fault]) -> Letter:
        """The notice, signed now."""
        one = self._book.find(notice.content["order_id"], notice.content["txn_time"])
        fields = {
            name: one.sent[name]
            for name in ("accessType", "bizType", "encoding", "signMethod", "txnSubType", "version")
        } | {
            "merId": MERCHANT,
            "orderId": one.order_id,
            "respCode": one.code,
            "respMsg": "成功[0000000]",
            "txnTime": one.txn_time,
            "txnType": one.txn_type,
            **facts_of(one, done_at=one.done_at),
        }
        return Letter(
            headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
            body=write_form(self._seal.seal(fields, wrong=wrong)),
        )

    def accepted(self, status: int, body: bytes) -> bool:
        """Any `200` will do."""
        return status == 200

    def older(self, notice: Notice, *, now: datetime) -> Sequence[tuple[str, dict[str, Any]]]:
        """There is one notice for each transaction, and nothing before it."""
        return ()


def _about(one: Transaction) -> str:
    """The order that a notice tells of, or is a part of."""
    if one.txn_type == REFUND:
        return number_of(one.sent.get("reqReserved", ""))
    return one.number


def _payout(one: Transaction) -> PayoutView:
    states = {"00": "done", "05": "pending"}
    return PayoutView(
        payout_number=one.number,
        state=states.get(one.code, "refused"),
        amount_minor=one.amount,
        currency="CNY",
        sent_count=one.times_paid,
        payee=one.sent["accNo"],
    )


def _subject_of(payment: Transaction) -> str:
    """What is bought: in words, or as `{commodityName=…}`."""
    risk = payment.sent.get("riskRateInfo", "").strip("{}").removeprefix("commodityName=")
    return payment.sent.get("orderDesc") or risk


def settings(_home: Path, url: str) -> Mapping[str, Any]:
    """What a platform enters as the channel's settings."""
    return {
        "gateway_url": url,
        "files_url": f"{url}/file",
        "merchant_number": MERCHANT,
        "certificate_owners": [OWNER],
    }


def credentials(home: Path, _url: str) -> Mapping[str, str]:
    """What a platform enters as the channel's credentials."""
    keys = prepare_keys(home)
    return {
        "private_key": keys.merchant.private_key,
        "certificate": keys.merchant.certificate,
        "authorities": keys.authorities,
        "encryption_certificate": keys.encryption.certificate,
    }


def card_key(home: Path) -> str:
    """For which numbers of cards are encrypted that it pays out to."""
    return prepare_keys(home).encryption.certificate


def found(home: Path, _url: str) -> Mapping[str, Any]:
    """Whom it knows: cards, encrypted as only UnionPay can read them."""
    key = x509.load_pem_x509_certificate(prepare_keys(home).encryption.certificate.encode()).public_key()
    if not isinstance(key, RSAPublicKey):
        raise TypeError("the key must be RSA")
    cards = {"payee_account": "6222020000000000018", "slow_payee_account": "6222030000000000016"}
    return {
        name: base64.b64encode(key.encrypt(number.encode(), PKCS1v15())).decode()
        for name, number in cards.items()
    }
