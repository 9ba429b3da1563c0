"""What do people see? The payer's page behind a code, the payer's own code, and the operator's page.

Plain forms and one style sheet: they work without JavaScript. The words are in `words`, the layout in `templates/`.
"""

from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tael.foundation.clock import CHINA, Clock
from tael.foundation.money import Money
from tael.simulators.base.channel import SimulatedChannel
from tael.simulators.base.faults import NOTICE, PAYING, Fault, Faults, Switch
from tael.simulators.base.views import Act, Refused, ShownCode
from tael.simulators.base.wire import Answer, Call, plain
from tael.simulators.base.words import WORDS

_HERE = Path(__file__).parent
STATIC = {
    "/static/simulator.css": ("text/css; charset=utf-8", (_HERE / "static" / "simulator.css").read_bytes()),
    "/favicon.ico": ("image/svg+xml", (_HERE / "static" / "favicon.svg").read_bytes()),
}
MOST_ORDERS = 100
PAYER = "/pay/"
MY_CODE = "/my-code"


class Pages:
    """Renders the pages and carries out their forms."""

    def __init__(self, channel: SimulatedChannel, *, faults: Faults, clock: Clock) -> None:
        self._channel = channel
        self._faults = faults
        self._clock = clock
        self._words = {
            language: {**words, **channel.words.get(language, {})} for language, words in WORDS.items()
        }
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["money"] = _money
        self._templates.filters["china"] = _china

    def answer(self, call: Call) -> Answer | None:
        """The page, or what comes of its form; None if there is no such page."""
        path = call.path
        if path in STATIC:
            content_type, body = STATIC[path]
            return Answer(body=body, content_type=content_type)
        if call.method == "POST" and call.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return plain("forms are taken from our own pages only", status=403)
        posted = _form_of(call.body) if call.method == "POST" else None
        language = _language_of(
            (posted or {}).get("lang", "") or call.asked("lang"), call.headers.get("accept-language", "")
        )
        code = path.removeprefix(PAYER)
        if path.startswith(PAYER) and code and code.isascii() and "/" not in code:
            return self._payer_acts(code, posted, language) if posted else self._payer(code, call, language)
        if path == MY_CODE and "show_code" in self._channel.acts:
            return self._shows_code(posted, language) if posted else self._my_code(call, language)
        if path == "/faults" and posted is not None:
            return self._operator_acts(posted, language)
        return self._operator(language) if path == "/" else None

    def _payer(self, code: str, call: Call, language: str) -> Answer:
        """The page behind a code."""
        payer = self._channel.payer(code)
        if payer is None:
            return self._page("no_code.html", language, PAYER + code, status=404)
        return self._page(
            "payer.html",
            language,
            PAYER + code,
            leads_to=payer.return_url,
            payer=payer,
            said=call.asked("said"),
        )

    def _payer_acts(self, code: str, form: dict[str, str], language: str) -> Answer:
        """Carry out the payer's choice; then back to the merchant if it was paid, or to the page."""
        payer = self._channel.payer(code)
        here = f"{PAYER}{code}?lang={language}"
        act = form.get("choice", "")
        if payer is None or act not in {choice.act for choice in payer.choices}:
            return _see_other(here)
        amount = form.get("amount", "")
        try:
            self._channel.acts[act](
                Act(code=code, amount_minor=int(amount) if amount.isdecimal() and len(amount) < 15 else None)
            )
        except Refused:
            return _see_other(f"{here}&said=cannot")
        if act == "decline":
            return _see_other(f"{here}&said=declined")
        after = self._channel.payer(code)
        back = after.return_url if after is not None and after.situation in ("paid", "held") else ""
        return _see_other(back or here)

    def _my_code(self, call: Call, language: str) -> Answer:
        return self._page("my_code.html", language, MY_CODE, code=call.asked("code"))

    def _shows_code(self, form: dict[str, str], language: str) -> Answer:
        shown = self._channel.acts["show_code"](Act(text=form.get("choice", "")))
        code = shown.code if isinstance(shown, ShownCode) else ""
        return _see_other(f"{MY_CODE}?{urlencode({'lang': language, 'code': code})}")

    def _operator(self, language: str) -> Answer:
        """All orders, the notices about them, and the fault switches."""
        channel = self._channel
        orders, payouts = list(channel.orders()), list(channel.payouts())
        newest = orders[: -MOST_ORDERS - 1 : -1]
        postman = channel.postman
        told = {
            order.order_number: postman.about(order.order_number) if postman is not None else ()
            for order in newest
        }
        return self._page(
            "operator.html",
            language,
            "/",
            orders=newest,
            count=len(orders),
            known=channel.known.get(language, ()),
            payouts=payouts[: -MOST_ORDERS - 1 : -1],
            notices=told,
            faults=[fault for fault in Fault if fault in channel.offers],
            switches=self._faults.switches,
            methods=(*channel.methods, NOTICE, PAYING),
            has_codes="show_code" in channel.acts,
        )

    def _operator_acts(self, form: dict[str, str], language: str) -> Answer:
        """Switch a fault on or off."""
        if form.get("remove", "").isdecimal():
            self._faults.remove(int(form["remove"]))
        elif form.get("fault") in self._channel.offers:
            calls = form.get("calls", "")
            self._faults.add(
                Switch(
                    fault=Fault(form["fault"]),
                    calls=max(1, int(calls)) if calls.isdecimal() and len(calls) < 7 else None,
                    order=form.get("order") or None,
                    method=form.get("method") or None,
                )
            )
        return _see_other(f"/?lang={language}")

    def _page(
        self,
        template: str,
        language: str,
        path: str,
        *,
        status: int = 200,
        leads_to: str = "",
        **values: object,
    ) -> Answer:
        page = self._templates.get_template(template).render(
            words=self._words[language],
            language=language,
            other="en" if language == "zh" else "zh",
            path=path,
            now=self._clock.now(),
            **values,
        )
        headers = _SECURITY | {"content-security-policy": _policy(leads_to)}
        return Answer(
            body=page.encode(), status=status, content_type="text/html; charset=utf-8", headers=headers
        )


_SECURITY = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def _policy(leads_to: str) -> str:
    """A form may lead to the merchant's page after it was sent to ours."""
    parts = urlsplit(leads_to)
    merchant = (
        f" {parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
    )
    return (
        "default-src 'none'; style-src 'self'; img-src 'self';"
        f" form-action 'self'{merchant}; base-uri 'none'; frame-ancestors 'none'"
    )


def _see_other(location: str) -> Answer:
    return Answer(status=303, content_type="", headers={"location": location})


def _language_of(asked: str, accepted: str) -> str:
    """`zh` or `en`: what was asked for, else what the browser prefers, else Chinese."""
    if asked in WORDS:
        return asked
    preferred = accepted.partition(",")[0].strip().lower()
    return "zh" if preferred.startswith("zh") or not preferred else "en"


def _form_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=50))


def _china(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M:%S")


def _money(minor: int, currency: str) -> str:
    return Money(minor, currency).decimal()
