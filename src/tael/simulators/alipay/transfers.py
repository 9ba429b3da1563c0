"""What does a transfer do? Money of the merchant's own goes to somebody's account, once for each of their numbers."""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.alipay.contents import NewTransfer, amount_of
from tael.simulators.alipay.refusals import TradeRefused
from tael.simulators.base import Drawer

NOBODY = "nobody"
"""No account has this name: a transfer to it is refused."""
SLOW = "slow"
"""A transfer to an account whose name begins so is on its way until the bank acts."""
_SENT = ("SUCCESS", "DEALING")


class Transfer(msgspec.Struct, kw_only=True):
    """Money sent, or not, under the merchant's number."""

    out_biz_no: str
    order_id: str
    amount_minor: int
    identity: str
    identity_type: str
    title: str
    status: str
    """`SUCCESS`, `DEALING` or `FAIL`."""
    at: datetime
    sent_count: int = 0


class TransferBook:
    """All transfers; each is kept after every change."""

    def __init__(self, clock: Clock, drawer: Drawer[Transfer]) -> None:
        self._clock = clock
        self._drawer = drawer

    def __iter__(self) -> Iterator[Transfer]:
        """Every transfer, oldest first."""
        return iter(self._drawer.things.values())

    def send(self, asked: NewTransfer) -> Transfer:
        """Send money; the same number again is the same transfer, with another amount or payee it is refused."""
        amount_minor = amount_of(asked.trans_amount, otherwise="INVALID_PARAMETER")
        payee = asked.payee_info
        if not asked.out_biz_no or not payee.identity or not payee.identity_type:
            raise TradeRefused("INVALID_PARAMETER")
        known = self._drawer.things.get(asked.out_biz_no)
        if known is not None:
            if (known.amount_minor, known.identity) != (amount_minor, payee.identity):
                raise TradeRefused("DUPLICATE_REQUEST")
            return known
        if payee.identity == NOBODY:
            raise TradeRefused("PAYEE_NOT_EXIST")
        now = self._clock.now()
        slow = payee.identity.startswith(SLOW)
        transfer = Transfer(
            out_biz_no=asked.out_biz_no,
            order_id=f"{now.astimezone(CHINA):%Y%m%d}110070001506{secrets.randbelow(10**12):012}",
            amount_minor=amount_minor,
            identity=payee.identity,
            identity_type=payee.identity_type,
            title=asked.order_title,
            status="DEALING" if slow else "SUCCESS",
            at=now,
            sent_count=0 if slow else 1,
        )
        self._keep(transfer)
        return transfer

    def find(self, asked: NewTransfer) -> Transfer:
        """The transfer of a number, the merchant's or Alipay's."""
        for transfer in self:
            if asked.order_id == transfer.order_id or (
                not asked.order_id and asked.out_biz_no == transfer.out_biz_no
            ):
                return transfer
        raise TradeRefused("ORDER_NOT_EXIST")

    def of_number(self, out_biz_no: str) -> Transfer | None:
        """The transfer of the merchant's number, for the operator."""
        return self._drawer.things.get(out_biz_no)

    def settle(self, transfer: Transfer, *, succeeds: bool) -> bool:
        """Let what is on its way arrive, or come back; False if it is not on its way."""
        if transfer.status != "DEALING":
            return False
        transfer.status = "SUCCESS" if succeeds else "FAIL"
        transfer.sent_count += succeeds
        self._keep(transfer)
        return True

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        for transfer in self:
            transfer.at -= by
            self._keep(transfer)

    def _keep(self, transfer: Transfer) -> None:
        self._drawer.keep(transfer.out_biz_no, transfer)
