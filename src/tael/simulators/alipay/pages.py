"""What do people see? The payer's page behind a code, and the operator's page.

Plain forms and one style sheet: they work without JavaScript. The words are in `words`, the layout in
`templates/`.
"""

from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tael.foundation.clock import CHINA, Clock
from tael.simulators.alipay.cashier import Cashier
from tael.simulators.alipay.faults import NOTICE, Fault, Faults, Switch
from tael.simulators.alipay.messages import BUYER_LOGON_ID, yuan
from tael.simulators.alipay.notices import Postman
from tael.simulators.alipay.trades import Trade, TradeBook
from tael.simulators.alipay.words import WORDS

_HERE = Path(__file__).parent
STATIC = {
    "/static/simulator.css": ("text/css; charset=utf-8", (_HERE / "static" / "simulator.css").read_bytes()),
    "/favicon.ico": ("image/svg+xml", (_HERE / "static" / "favicon.svg").read_bytes()),
}
MOST_TRADES = 100


class Pages:
    """Renders the pages and carries out their forms."""

    def __init__(
        self, *, book: TradeBook, cashier: Cashier, postman: Postman, faults: Faults, clock: Clock
    ) -> None:
        self._book = book
        self._cashier = cashier
        self._postman = postman
        self._faults = faults
        self._clock = clock
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["yuan"] = yuan
        self._templates.filters["china"] = _china

    def payer(self, code: str, *, language: str, declined: bool = False) -> tuple[int, bytes]:
        """The page behind a code: opening it is scanning it."""
        trade = self._book.of_code(code)
        if trade is None:
            return 404, self._render("no_code.html", language=language, path=f"/pay/{code}")
        self._cashier.scan(trade)
        return 200, self._render(
            "payer.html",
            language=language,
            path=f"/pay/{code}",
            trade=trade,
            situation=self._situation(trade),
            declined=declined,
            buyer=BUYER_LOGON_ID,
        )

    def payer_acts(self, code: str, form: bytes) -> str:
        """Carry out the payer's choice; gives where to go next."""
        fields = _form_of(form)
        here = f"/pay/{code}?lang={language_of(fields.get('lang', ''), '')}"
        trade = self._book.of_code(code)
        if trade is None:
            return here
        if fields.get("choice") == "pay":
            self._cashier.pay(trade)
            return here
        self._cashier.decline(trade)
        return f"{here}&declined=1"

    def operator(self, *, language: str) -> bytes:
        """All orders, the notices about them, and the fault switches."""
        trades = list(self._book)
        return self._render(
            "operator.html",
            language=language,
            path="/",
            trades=trades[: -MOST_TRADES - 1 : -1],
            count=len(trades),
            notices=self._postman.by_order,
            faults=list(Fault),
            switches=self._faults.switches,
            methods=(*_METHODS, NOTICE),
        )

    def operator_acts(self, form: bytes) -> str:
        """Switch a fault on or off; gives where to go next."""
        fields = _form_of(form)
        if fields.get("remove", "").isdecimal():
            self._faults.remove(int(fields["remove"]))
        elif fields.get("fault") in set(Fault):
            calls = fields.get("calls", "")
            self._faults.add(
                Switch(
                    fault=Fault(fields["fault"]),
                    calls=max(1, int(calls)) if calls.isdecimal() and len(calls) < 7 else None,
                    order=fields.get("order") or None,
                    method=fields.get("method") or None,
                )
            )
        return f"/?lang={language_of(fields.get('lang', ''), '')}"

    def _situation(self, trade: Trade) -> str:
        if self._cashier.may_pay(trade):
            return "waiting"
        if trade.refunded_minor:
            return "refunded"
        return "paid" if trade.was_paid else "ended"

    def _render(self, template: str, *, language: str, **values: object) -> bytes:
        words = WORDS[language]
        other = "en" if language == "zh" else "zh"
        page = self._templates.get_template(template).render(
            words=words, language=language, other=other, now=self._clock.now(), **values
        )
        return page.encode()


_METHODS = (
    "alipay.trade.precreate",
    "alipay.trade.query",
    "alipay.trade.close",
    "alipay.trade.cancel",
    "alipay.trade.refund",
    "alipay.trade.fastpay.refund.query",
)


def language_of(asked: str, accepted: str) -> str:
    """`zh` or `en`: what was asked for, else what the browser prefers, else Chinese."""
    if asked in WORDS:
        return asked
    preferred = accepted.partition(",")[0].strip().lower()
    return "zh" if preferred.startswith("zh") or not preferred else "en"


def _form_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=50))


def _china(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M:%S")
