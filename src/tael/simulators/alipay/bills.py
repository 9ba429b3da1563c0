"""What does Alipay's record of a day look like? A ZIP of two CSV files in GBK, behind an address good for 30 seconds.

Trades come in the older layout of 25 columns on even days and in the newer one of 29 on odd days: whoever reads them
has to go by the names of the columns.
"""

import io
import secrets
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.foundation.money import basis_points_of
from tael.simulators.alipay.messages import BUYER_LOGON_ID, yuan
from tael.simulators.alipay.refusals import TradeRefused
from tael.simulators.alipay.trades import Trade, TradeBook
from tael.simulators.alipay.transfers import TransferBook

GOOD_FOR = timedelta(seconds=30)
FEE_BASIS_POINTS = 60
OPENING_BALANCE_MINOR = 1_000_000_00
_OLD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,"
    "券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
).split(",")
_NEW = (
    *_OLD[:21],
    "退款批次号/请求号",
    "服务费（元）",
    "实收净额（元）",
    "商户识别号",
    "交易方式",
    "备注",
    "花呗分期手续费（元）",
    "花呗分期数",
)
_FUNDS = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,"
    "交易渠道,业务类型,备注"
).split(",")


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the merchant's account."""

    at: datetime
    kind: str
    amount_minor: int
    trade_no: str
    order_number: str
    title: str
    with_whom: str
    refund_number: str = ""
    fee_minor: int = 0
    """What this took as a fee: negative if it gave back."""


class BillDesk:
    """Makes the records of a day, and hands them out once they have been asked for."""

    def __init__(
        self, *, book: TradeBook, transfers: TransferBook, clock: Clock, seller_id: str, url: str
    ) -> None:
        self._book = book
        self._transfers = transfers
        self._clock = clock
        self._seller_id = seller_id
        self._url = url
        self._offers: dict[str, tuple[datetime, str, date]] = {}

    def offer(self, bill_type: str, bill_date: str) -> str:
        """The address of a day's record; refuses days that are not over, and days without any movement."""
        try:
            day = date.fromisoformat(bill_date)
        except ValueError:
            raise TradeRefused("INVAILID_ARGUMENTS") from None
        if bill_type not in ("trade", "signcustomer"):
            raise TradeRefused("INVAILID_ARGUMENTS")
        now = self._clock.now()
        if day >= now.astimezone(CHINA).date():
            raise TradeRefused("BILL_NOT_EXIST")
        if not self._movements_on(day, trades_only=bill_type == "trade"):
            raise TradeRefused("NO_BILL_DATA")
        token = secrets.token_hex(16)
        self._offers[token] = (now + GOOD_FOR, bill_type, day)
        name = f"{self._seller_id}0156_{day:%Y%m%d}.csv.zip"
        return f"{self._url}/bills/{token}?bizType={bill_type}&downloadFileName={name}&fileType=csv.zip"

    def take(self, token: str) -> bytes | None:
        """The file behind an address, if it is still good."""
        offer = self._offers.get(token)
        if offer is None or offer[0] < self._clock.now():
            return None
        _, bill_type, day = offer
        name, content = (
            ("业务明细", self._trades(day)) if bill_type == "trade" else ("账务明细", self._funds(day))
        )
        summary = f"#支付宝{name[:2]}汇总查询\r\n#账号：[{self._seller_id}0156]\r\n"
        stem = f"{self._seller_id}0156_{day:%Y%m%d}_{name}"
        return _zip({f"{stem}.csv": content, f"{stem}(汇总).csv": summary})

    def _trades(self, day: date) -> str:
        movements = self._movements_on(day, trades_only=True)
        columns = _NEW if day.day % 2 else _OLD
        rows = [self._trade_row(movement, columns) for movement in movements]
        paid = [movement for movement in movements if movement.kind == "交易"]
        given_back = [movement for movement in movements if movement.kind == "退款"]
        return _file(
            "业务明细",
            self._seller_id,
            day,
            [",".join(columns), *rows],
            [
                f"#交易合计：{len(paid)}笔，商家实收共{_total(paid)}元，商家优惠共0.00元",
                f"#退款合计：{len(given_back)}笔，商家实收退款共{_total(given_back)}元，商家优惠退款共0.00元",
            ],
        )

    def _trade_row(self, movement: Movement, columns: Sequence[str]) -> str:
        amount = _signed(movement.amount_minor)
        values = {
            "支付宝交易号": f"{movement.trade_no}\t",
            "商户订单号": f"{movement.order_number}\t",
            "业务类型": movement.kind,
            "商品名称": movement.title.replace(",", " "),
            "创建时间": _china(movement.at),
            "完成时间": _china(movement.at),
            "对方账户": BUYER_LOGON_ID,
            "订单金额（元）": amount,
            "商家实收（元）": amount,
            "退款批次号/请求号": f"{movement.refund_number}\t" if movement.refund_number else "",
            "服务费（元）": _signed(-movement.fee_minor),
            "实收净额（元）": _signed(movement.amount_minor - movement.fee_minor),
        }
        return ",".join(values.get(column, "0.00" if "（元）" in column else "") for column in columns)

    def _funds(self, day: date) -> str:
        balance_minor = OPENING_BALANCE_MINOR
        rows: list[str] = []
        incomes: list[Movement] = []
        expenses: list[Movement] = []
        for number, movement in enumerate(self._account()):
            balance_minor += movement.amount_minor
            if movement.at.astimezone(CHINA).date() != day:
                continue
            (incomes if movement.amount_minor > 0 else expenses).append(movement)
            amount = _signed(movement.amount_minor)
            income, expense = (amount, "0.00") if movement.amount_minor > 0 else ("0.00", amount)
            rows.append(
                f"{day:%Y%m%d}{number:012}\t,{movement.trade_no}\t,{movement.order_number}\t,"
                f"{movement.title.replace(',', ' ')},{_china(movement.at)},{movement.with_whom},{income},"
                f"{expense},{yuan(balance_minor)},支付宝,{movement.kind},{movement.refund_number}"
            )
        return _file(
            "账务明细",
            self._seller_id,
            day,
            [",".join(_FUNDS), *rows],
            [
                f"#支出合计：{len(expenses)}笔，共{_total(expenses)}元",
                f"#收入合计：{len(incomes)}笔，共{_total(incomes)}元",
            ],
        )

    def _movements_on(self, day: date, *, trades_only: bool) -> list[Movement]:
        movements = self._trading() if trades_only else self._account()
        return [movement for movement in movements if movement.at.astimezone(CHINA).date() == day]

    def _trading(self) -> list[Movement]:
        """Payments and refunds, with the fee of each, in the order in which they happened."""
        return sorted(
            (movement for trade in self._book for movement in _of_trade(trade)), key=lambda one: one.at
        )

    def _account(self) -> list[Movement]:
        """Every movement of the merchant's account: also fees, shares and transfers."""
        movements = []
        for movement in self._trading():
            named = {"交易": "在线支付", "退款": "交易退款"}[movement.kind]
            movements.append(msgspec.structs.replace(movement, kind=named))
            if movement.fee_minor:
                movements.append(
                    msgspec.structs.replace(movement, kind="收费", amount_minor=-movement.fee_minor)
                )
        movements += [
            Movement(
                at=split.at,
                kind="分账",
                amount_minor=-split.amount_minor,
                trade_no=trade.trade_no or "",
                order_number=trade.out_trade_no,
                title=trade.subject,
                with_whom=split.shares[0].trans_in,
                refund_number=split.out_request_no,
            )
            for trade in self._book
            for split in trade.splits
        ]
        movements += [
            Movement(
                at=transfer.at,
                kind="转账",
                amount_minor=-transfer.amount_minor,
                trade_no=transfer.order_id,
                order_number=transfer.out_biz_no,
                title=transfer.title,
                with_whom=transfer.identity,
            )
            for transfer in self._transfers
            if transfer.sent_count
        ]
        return sorted(movements, key=lambda one: one.at)


def _of_trade(trade: Trade) -> Iterator[Movement]:
    if trade.paid_at is None:
        return
    of_trade = {
        "trade_no": trade.trade_no or "",
        "order_number": trade.out_trade_no,
        "title": trade.subject,
        "with_whom": BUYER_LOGON_ID,
    }
    yield Movement(
        at=trade.paid_at,
        kind="交易",
        amount_minor=trade.total_minor,
        fee_minor=basis_points_of(trade.total_minor, FEE_BASIS_POINTS),
        **of_trade,
    )
    given_back_minor = 0
    for refund in trade.refunds:
        before = basis_points_of(given_back_minor, FEE_BASIS_POINTS)
        given_back_minor += refund.amount_minor
        yield Movement(
            at=refund.at,
            kind="退款",
            amount_minor=-refund.amount_minor,
            fee_minor=before - basis_points_of(given_back_minor, FEE_BASIS_POINTS),
            refund_number=refund.out_request_no,
            **of_trade,
        )


def _file(name: str, seller_id: str, day: date, rows: Sequence[str], footer: Sequence[str]) -> str:
    after = day + timedelta(days=1)
    line = "-" * 40
    lines = [
        f"#支付宝{name}查询",
        f"#账号：[{seller_id}0156]",
        f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{after:%Y年%m月%d日} 00:00:00]",
        f"#{line}{name}列表{line}",
        *rows,
        f"#{line}{name}列表结束{line}",
        *footer,
        f"#导出时间：[{after:%Y年%m月%d日} 05:46:49]",
    ]
    return "\r\n".join(lines) + "\r\n"


def _zip(files: dict[str, str]) -> bytes:
    """Names as GBK bytes without the flag that would say UTF-8, as Alipay's own tool writes them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(_GbkInfo(name.encode("gbk").decode("cp437")), content.encode("gbk", "replace"))
    return buffer.getvalue()


class _GbkInfo(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the name is the library's
        return self.filename.encode("cp437"), self.flag_bits & ~0x800


def _china(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _signed(minor: int) -> str:
    return f"-{yuan(-minor)}" if minor < 0 else yuan(minor)


def _total(movements: Sequence[Movement]) -> str:
    return _signed(sum(movement.amount_minor for movement in movements))
