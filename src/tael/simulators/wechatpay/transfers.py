"""How does money reach somebody's balance? The merchant asks, the payee confirms, WeChat Pay sends: once."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.base import Drawer, Refused
from tael.simulators.wechatpay.nouns import Transfer
from tael.simulators.wechatpay.refusals import ApiRefused, wrong_parameter

CONFIRM_WITHIN = timedelta(hours=24)
NAME_NEEDED_FROM = 200_000
NAME_REFUSED_BELOW = 30
SMALLEST = 10
_NUMBER = re.compile(r"[0-9A-Za-z]{1,32}")


class ReportInfo(msgspec.Struct, frozen=True):
    """What a transfer scene asks to be told."""

    info_type: str = ""
    info_content: str = ""


class TransferAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a transfer."""

    appid: str = ""
    out_bill_no: str = ""
    transfer_scene_id: str = ""
    openid: str = ""
    user_name: str = ""
    transfer_amount: int = 0
    transfer_remark: str = ""
    notify_url: str = ""
    transfer_scene_report_infos: list[ReportInfo] = []


class TransferBook:
    """All transfers."""

    def __init__(
        self, clock: Clock, transfers: Drawer[Transfer], *, tell: Callable[[Transfer], None]
    ) -> None:
        """`tell` the merchant of the end of each."""
        self._clock = clock
        self._tell = tell
        self._transfers = transfers

    def __iter__(self) -> Iterator[Transfer]:
        """Every transfer, oldest first."""
        return iter(self._transfers.things.values())

    def order(self, asked: TransferAsked, *, name: str, poor: bool) -> Transfer:
        """Take a transfer; the same again gives the same. `name` is the payee's, unsealed."""
        said = msgspec.json.encode(
            (asked.openid, asked.transfer_amount, asked.transfer_scene_id, name)
        ).decode()
        known = self._transfers.things.get(asked.out_bill_no)
        if known is not None:
            if known.said != said:
                raise ApiRefused("INVALID_REQUEST", "商户单号已存在，且参数与原请求不一致")
            return self._looked_at(known)
        self._check(asked, name)
        if poor:
            raise ApiRefused("NOT_ENOUGH", "商户账户余额不足")
        now = self._clock.now()
        transfer = Transfer(
            out_bill_no=asked.out_bill_no,
            transfer_bill_no=f"1330{now.astimezone(CHINA):%Y%m%d}{secrets.randbelow(10**18):018}",
            amount_minor=asked.transfer_amount,
            openid=asked.openid,
            user_name=name,
            remark=asked.transfer_remark,
            said=said,
            notify_url=asked.notify_url,
            at=now,
            updated_at=now,
            expires_at=now + CONFIRM_WITHIN,
        )
        self._keep(transfer)
        return transfer

    def _check(self, asked: TransferAsked, name: str) -> None:
        if not _NUMBER.fullmatch(asked.out_bill_no):
            raise wrong_parameter("out_bill_no", asked.out_bill_no, "商户单号只能由数字、大小写字母组成")
        if not asked.transfer_scene_id:
            raise wrong_parameter("transfer_scene_id", None, "转账场景ID必填")
        if not asked.openid or not 0 < len(asked.transfer_remark) <= 32:
            raise wrong_parameter("openid", asked.openid, "收款用户与转账备注必填")
        if asked.transfer_amount < SMALLEST:
            raise wrong_parameter("transfer_amount", asked.transfer_amount, "转账金额须大于0.1元")
        if asked.transfer_amount >= NAME_NEEDED_FROM and not name:
            raise wrong_parameter("user_name", None, "转账金额不小于2000元时，收款用户姓名必填")
        if asked.transfer_amount < NAME_REFUSED_BELOW and name:
            raise wrong_parameter("user_name", None, "转账金额小于0.3元时，不支持校验姓名")

    def find(self, number: str, *, by_ours: bool = False) -> Transfer:
        """The transfer of the merchant's number, or of WeChat Pay's; or a refusal."""
        found = (
            next((transfer for transfer in self if transfer.transfer_bill_no == number), None)
            if by_ours
            else self._transfers.things.get(number)
        )
        if found is None:
            raise ApiRefused("NOT_FOUND", "记录不存在")
        return self._looked_at(found)

    def cancel(self, transfer: Transfer) -> None:
        """Call it back, as long as the payee has not confirmed."""
        if transfer.state == "WAIT_USER_CONFIRM":
            self._end(transfer, "CANCELLED")
        elif transfer.state != "CANCELLED":
            raise ApiRefused("INVALID_REQUEST", "当前状态不支持撤销")

    def succeed(self, transfer: Transfer) -> None:
        """The payee confirms, and has the money."""
        self._check_open(transfer)
        transfer.sent += 1
        self._end(transfer, "SUCCESS")

    def fail(self, transfer: Transfer, reason: str) -> None:
        """The payee cannot have it."""
        self._check_open(transfer)
        self._end(transfer, "FAIL", reason or "ACCOUNT_FROZEN")

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        for transfer in self:
            transfer.at -= by
            transfer.updated_at -= by
            transfer.expires_at -= by
            self._keep(transfer)

    def _check_open(self, transfer: Transfer) -> None:
        if self._looked_at(transfer).state != "WAIT_USER_CONFIRM":
            raise Refused(409, f"The transfer is {transfer.state}.")

    def _looked_at(self, transfer: Transfer) -> Transfer:
        """The transfer, ended if nobody has confirmed it in time."""
        if transfer.state == "WAIT_USER_CONFIRM" and self._clock.now() >= transfer.expires_at:
            self._end(transfer, "FAIL", "OVERDUE_CLOSE")
        return transfer

    def _end(self, transfer: Transfer, state: str, reason: str = "") -> None:
        transfer.state, transfer.fail_reason, transfer.updated_at = state, reason, self._clock.now()
        self._keep(transfer)
        self._tell(transfer)

    def _keep(self, transfer: Transfer) -> None:
        self._transfers.keep(transfer.out_bill_no, transfer)
