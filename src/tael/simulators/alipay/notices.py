"""How does Alipay write a notice, when does it repeat it, and what does it want to hear?

At once, then after 4 min, 10 min, 10 min, 1 h, 2 h, 6 h, 15 h, each time with the same `notify_id` and a fresh
`notify_time`, until the answer is exactly `success`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tael.simulators.alipay.keys import Seal, signing_text
from tael.simulators.alipay.messages import another_order, china_time, older_than, one_fen_more
from tael.simulators.base import Fault, Letter, Notice

WAITS = tuple(timedelta(minutes=minutes) for minutes in (4, 10, 10, 60, 2 * 60, 6 * 60, 15 * 60))
_SOMEBODY_ELSE = {"app_id": "2021999999999999", "auth_app_id": "2021999999999999"}


class AlipayDelivery:
    """Alipay's way with notices."""

    waits = WAITS

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def write(self, notice: Notice, *, now: datetime, wrong: frozenset[Fault]) -> Letter:
        """A signed form, in the charset in which the merchant asked."""
        fields = notice.content | {"notify_id": notice.notice_id, "notify_time": china_time(now)}
        if Fault.WRONG_AMOUNT in wrong:
            fields = one_fen_more(fields)
        if Fault.WRONG_ORDER in wrong:
            fields = another_order(fields)
        if Fault.WRONG_MERCHANT in wrong:
            fields |= _SOMEBODY_ELSE
        charset = fields["charset"]
        text = signing_text(fields, "sign", "sign_type") + ("!" if Fault.WRONG_SIGNATURE in wrong else "")
        fields["sign"] = self._seal.sign(text.encode(charset, "replace"))
        return Letter(
            headers={"content-type": f"application/x-www-form-urlencoded; charset={charset}"},
            body=urlencode(fields, encoding=charset, errors="replace").encode(),
        )

    def accepted(self, status: int, body: bytes) -> bool:
        """Exactly `success`, whatever the status."""
        return body == b"success"

    def older(self, notice: Notice, *, now: datetime) -> Sequence[tuple[str, dict[str, Any]]]:
        """After one of success: that the trade waits, and that it was closed unpaid."""
        if notice.kind != "TRADE_SUCCESS":
            return ()
        return [(fields["trade_status"], fields) for fields in older_than(notice.content, now=now)]
