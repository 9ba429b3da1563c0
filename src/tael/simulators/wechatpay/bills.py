"""What does a day's record look like? CSV with a backtick before every value, amounts in yuan, totals at the end."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.wechatpay.keys import APP_ID, MERCHANT_ID
from tael.simulators.wechatpay.nouns import Order, Refund, TradeState, Transfer
from tael.simulators.wechatpay.refusals import ApiRefused

READY_AT = timedelta(hours=10)
KEPT = timedelta(days=90)
TOKEN_LIFETIME = timedelta(minutes=5)
OPENING_BALANCE = 100_000_000

TRADE_HEADINGS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
TRADE_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FUNDS_HEADINGS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
FUNDS_TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_REFUND_WORDS = {"SUCCESS": "SUCCESS", "PROCESSING": "PROCESSING", "CLOSED": "FAIL", "ABNORMAL": "CHANGE"}


class Files:
    """Records that were asked for, to be fetched within five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[str, tuple[datetime, bytes]] = {}

    def put(self, text: bytes, packed: bytes) -> tuple[str, str]:
        """Lay a file down; gives its token and the hash of its text."""
        token = secrets.token_urlsafe(32)
        self._files[token] = self._clock.now() + TOKEN_LIFETIME, packed
        return token, hashlib.sha1(text, usedforsecurity=False).hexdigest()

    def take(self, token: str) -> bytes:
        """The file behind a token, or a refusal."""
        expires_at, packed = self._files.get(token, (None, b""))
        if expires_at is None or self._clock.now() >= expires_at:
            raise ApiRefused("INVALID_REQUEST", "下载链接已失效")
        return packed

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        self._files = {
            token: (expires_at - by, packed) for token, (expires_at, packed) in self._files.items()
        }


def check_day(text: str, *, now: datetime) -> date:
    """The day that is asked for, or a refusal: not a day, not over, not ready, or too long ago."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ApiRefused("PARAM_ERROR", "账单日期格式有误") from None
    there = now.astimezone(CHINA)
    if day >= there.date():
        raise ApiRefused("PARAM_ERROR", "账单日期须早于今天")
    if there < datetime.combine(day + timedelta(days=1), datetime.min.time(), CHINA) + READY_AT:
        raise ApiRefused("STATEMENT_CREATING", "账单生成中，请稍后再试")
    if there.date() - day > KEPT:
        raise ApiRefused("NO_STATEMENT_EXIST", "账单不存在")
    return day


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of the merchant's account."""

    at: datetime
    number: str
    kind: str
    minor: int
    """Positive if it came in."""
    voucher: str
    remark: str = ""


def trade_bill(day: date, orders: Iterable[Order], *, wrong: bool) -> bytes:
    """Payments and refunds of a day; refused if there are none. `wrong`: one amount is not in the totals."""
    rows = sorted((row for order in orders for row in _trades_of(order, day)), key=itemgetter(0))
    if not rows:
        raise ApiRefused("NO_STATEMENT_EXIST", "账单不存在")
    sums = [len(rows), *(sum(row[1][column] for row in rows) for column in range(6))]
    settled, refunded, fee, total, applied = sums[1], sums[2], sums[4], sums[5], sums[6]
    totals = [str(sums[0]), yuan(settled), yuan(refunded), yuan(0), fee_of(fee), yuan(total), yuan(applied)]
    lines = [row[2](row[1]) for row in rows]
    if wrong:
        first = rows[0]
        lines[0] = first[2]((first[1][0], *first[1][1:4], first[1][4] + 1, first[1][5]))
    return _table(TRADE_HEADINGS, lines, TRADE_TOTALS, totals)


Amounts = tuple[int, int, int, int, int, int]
"""Settled, refunded, refunded in vouchers, fee, total, refund applied for."""
TradeRow = tuple[datetime, Amounts, Callable[[Amounts], list[str]]]


def _trades_of(order: Order, day: date) -> Iterable[TradeRow]:
    if order.paid_at is not None and _is_on(order.paid_at, day):
        paid = (order.total_minor, 0, 0, order.fee_minor, order.total_minor, 0)
        yield order.paid_at, paid, lambda amounts: _trade_row(order, None, amounts)
    for refund in order.refunds:
        if _is_on(refund.at, day):
            back = (0, refund.amount_minor, 0, -refund.fee_minor, 0, refund.amount_minor)
            yield refund.at, back, lambda amounts, refund=refund: _trade_row(order, refund, amounts)  # type: ignore[misc]


def _trade_row(order: Order, refund: Refund | None, amounts: Amounts) -> list[str]:
    settled, refunded, _, fee, total, applied = amounts
    revoked = order.state is TradeState.REVOKED
    state = "SUCCESS" if refund is None else "REVOKED" if revoked else "REFUND"
    at = refund.at if refund is not None else order.paid_at or order.created_at
    return [
        f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        *(APP_ID, MERCHANT_ID, "0", "", order.transaction_id, order.out_trade_no, order.openid),
        *(order.trade_type, state, "OTHERS", "CNY", yuan(settled), "0.00"),
        *((refund.refund_id, refund.out_refund_no) if refund is not None else ("0", "0")),
        *(yuan(refunded), "0.00", "ORIGINAL" if refund is not None else ""),
        _REFUND_WORDS[refund.status] if refund is not None else "",
        *(_plain(order.description), _plain(order.attach)),
        *(fee_of(fee), "0.60%", yuan(total), yuan(applied), ""),
    ]


def funds_bill(day: date, orders: Sequence[Order], transfers: Iterable[Transfer], *, wrong: bool) -> bytes:
    """Every movement of the account on a day, with its balance; refused if there are none."""
    movements = sorted(
        [move for order in orders for move in _moves_of(order)]
        + [_move_of(sent) for sent in transfers if sent.sent],
        key=lambda move: move.at,
    )
    balance = OPENING_BALANCE
    lines: list[list[str]] = []
    came: list[int] = []
    went: list[int] = []
    for move in movements:
        balance += move.minor
        if _is_on(move.at, day):
            (came if move.minor > 0 else went).append(abs(move.minor))
            lines.append(_funds_row(move, balance, more=int(wrong and not lines)))
    if not lines:
        raise ApiRefused("NO_STATEMENT_EXIST", "账单不存在")
    totals = [str(len(lines)), str(len(came)), yuan(sum(came)), str(len(went)), yuan(sum(went))]
    return _table(FUNDS_HEADINGS, lines, FUNDS_TOTALS, totals)


def _moves_of(order: Order) -> Iterable[Movement]:
    if order.paid_at is not None:
        for kind, minor in (("交易", order.total_minor), ("扣除交易手续费", -order.fee_minor)):
            if minor:
                yield Movement(
                    at=order.paid_at,
                    number=order.transaction_id,
                    kind=kind,
                    minor=minor,
                    voucher=order.out_trade_no,
                )
    for refund in order.refunds:
        if refund.counts:
            minor = refund.fee_minor - refund.amount_minor
            yield Movement(
                at=refund.at,
                number=refund.refund_id,
                kind="退款",
                minor=minor,
                voucher=f"REF{order.transaction_id}",
                remark=f"退款总金额{yuan(refund.amount_minor)}元;含手续费{yuan(refund.fee_minor)}元",
            )
    for split in order.splits:
        for share in split.shares:
            yield Movement(
                at=split.at,
                number=split.order_id,
                kind="分账",
                minor=-share.amount,
                voucher=split.out_order_no,
                remark=share.description,
            )


def _move_of(sent: Transfer) -> Movement:
    return Movement(
        at=sent.updated_at,
        number=sent.transfer_bill_no,
        kind="商家转账",
        minor=-sent.amount_minor,
        voucher=sent.out_bill_no,
        remark=sent.remark,
    )


def _funds_row(move: Movement, balance: int, *, more: int) -> list[str]:
    return [
        f"{move.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        *(move.number, f"F{move.number}", move.kind, move.kind, "收入" if move.minor > 0 else "支出"),
        *(yuan(abs(move.minor) + more), yuan(balance), MERCHANT_ID, _plain(move.remark), move.voucher),
    ]


def yuan(minor: int) -> str:
    """Fen as yuan with two places."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"


def fee_of(minor: int) -> str:
    """A fee: yuan with five places."""
    return f"{yuan(minor)}000"


def _plain(text: str) -> str:
    """Words in which no comma, quote or end of line confuses a column."""
    return text.translate(str.maketrans(',"\n\r`', "     "))


def _is_on(at: datetime, day: date) -> bool:
    return at.astimezone(CHINA).date() == day


def _table(headings: str, rows: Iterable[Sequence[str]], total_headings: str, totals: Sequence[str]) -> bytes:
    lines = [headings, *(_line(row) for row in rows), total_headings, _line(totals)]
    return ("\r\n".join(lines) + "\r\n").encode()


def _line(values: Iterable[str]) -> str:
    return ",".join(f"`{value}" for value in values)
