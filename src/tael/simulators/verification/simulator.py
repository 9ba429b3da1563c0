"""How do the providers behave, put together? Their gateway, the page where people show themselves, and notices of that."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tael.simulators.base import (
    OF_ANY_POSTMAN,
    OF_ANY_WIRE,
    Act,
    Answer,
    Call,
    Fault,
    Letter,
    Notice,
    Postman,
    Refused,
    SimulatedChannel,
    Stage,
)
from tael.simulators.verification.book import Asked, Book
from tael.simulators.verification.gateway import METHODS, Gateway
from tael.simulators.verification.keys import PRODUCTS, prepare_keys
from tael.simulators.verification.known import KNOWN
from tael.simulators.verification.messages import Seals

_PAGE = "/video/"
_HERE = Path(__file__).parent


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of a question from outside."""

    number: str
    product: str
    times_asked: int
    """How often the client asked."""
    over: bool
    page: str
    notices: list[str]
    """What was heard when it was told of."""


class VerificationSimulator(SimulatedChannel):
    """A stand-in for all providers of verification."""

    name = "verification"
    words: Mapping[str, Mapping[str, str]] = {
        "zh": {"title": "身份核验模拟器"},
        "en": {"title": "Verification simulator"},
    }
    offers = (
        OF_ANY_WIRE
        | OF_ANY_POSTMAN
        | {Fault.WRONG_SIGNATURE, Fault.WRONG_ORDER, Fault.SYSTEM_ERROR_BEFORE, Fault.SYSTEM_ERROR_AFTER}
    )
    methods = METHODS
    known = KNOWN

    def __init__(self, stage: Stage) -> None:
        """Open the book, and begin to deliver notices."""
        prepare_keys(stage.home)
        seals = Seals(stage.home)
        self._clock = stage.clock
        self._book = Book(stage.journal)
        self._gateway = Gateway(
            seals=seals, book=self._book, faults=stage.faults, clock=stage.clock, url=stage.url
        )
        self._mail = Postman(
            _Delivery(seals, self._book, self._gateway),
            clock=stage.clock,
            speed=stage.speed,
            faults=stage.faults,
            journal=stage.journal,
            new_id=lambda now: f"N{now:%Y%m%d}{secrets.token_hex(8)}",
        )
        self.postman = self._mail
        self._pages = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self.acts = {"show": self._show, "look": self._look}

    async def answer(self, call: Call) -> Answer | None:
        """The gateway's answer, or the page where people show themselves."""
        product, _, rest = call.path.removeprefix("/").partition("/")
        if call.method == "POST" and product in PRODUCTS and rest == "checks":
            return self._gateway.answer(call, product)
        if call.path.startswith(_PAGE):
            return self._page(call, call.path.removeprefix(_PAGE))
        return None

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        for asked in self._book:
            if asked.due_at is not None:
                asked.due_at -= by
            asked.asked_at -= by
            self._book.keep(asked)

    def _show(self, upon: Act) -> CheckView:
        """Somebody shows themselves: `text` is `pass`, `other_face` or `not_alive`."""
        asked = self._book.find(upon.order) or self._book.of_handle(upon.last_of_code)
        if asked is None:
            raise Refused(404, "There is no such check.")
        self._shown(asked, upon.text or "pass")
        return self._view(asked)

    def _look(self, upon: Act) -> CheckView:
        asked = self._book.find(upon.order)
        if asked is None:
            raise Refused(404, "There is no such check.")
        return self._view(asked)

    def _shown(self, asked: Asked, how: str) -> None:
        if not asked.waits:
            raise Refused(409, "Nobody has to show themselves for this check, or somebody has.")
        elements = dict(asked.said["elements"])
        match how:
            case "pass":
                pass
            case "other_face":
                elements["portrait"] = "mismatch"
                asked.said["score_percent"] = 23
            case "not_alive":
                elements["liveness"] = "mismatch"
                asked.said["reason"] = "not_alive"
            case _:
                raise Refused(422, "Say pass, other_face or not_alive.")
        asked.said["elements"] = elements
        asked.waits = False
        self._book.keep(asked)
        content = {"number": asked.number}
        self._mail.post(content, about=asked.number, kind="check_done", url=asked.notify_url)

    def _view(self, asked: Asked) -> CheckView:
        return CheckView(
            number=asked.number,
            product=asked.product,
            times_asked=asked.times_asked,
            over=asked.is_over(self._clock.now()),
            page=f"{_PAGE}{asked.handle}",
            notices=[
                attempt.heard for notice in self._mail.about(asked.number) for attempt in notice.attempts
            ],
        )

    def _page(self, call: Call, handle: str) -> Answer:
        """Where a person shows themselves to the camera; here, to three buttons."""
        asked = self._book.of_handle(handle)
        if asked is not None and call.method == "POST" and asked.waits:
            how = call.body.decode("ascii", "replace").partition("choice=")[2]
            if how in ("pass", "other_face", "not_alive"):
                self._shown(asked, how)
        page = self._pages.get_template("video.html").render(asked=asked, path=call.path)
        policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
        return Answer(
            body=page.encode(),
            status=200 if asked is not None else 404,
            content_type="text/html; charset=utf-8",
            headers={"content-security-policy": policy, "cache-control": "no-store"},
        )


class _Delivery:
    """Notices: what an answer would say, signed; `200` ends the repetitions."""

    waits: Sequence[timedelta] = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))

    def __init__(self, seals: Seals, book: Book, gateway: Gateway) -> None:
        self._seals = seals
        self._book = book
        self._gateway = gateway

    def write(self, notice: Notice, *, now: datetime, wrong: frozenset[Fault]) -> Letter:
        """The notice, signed now."""
        asked = self._book.find(notice.content["number"])
        if asked is None:
            raise LookupError(notice.content["number"])
        said = self._gateway.said_of(asked, now=now)
        if Fault.WRONG_ORDER in wrong:
            said = {**said, "number": f"{asked.number[:-1]}{'0' if asked.number[-1] != '0' else '1'}"}
        body = msgspec.json.encode(said)
        headers = self._seals.notice(
            asked.product,
            body,
            urlsplit(notice.url).path,
            secrets.token_hex(16),
            now=now,
            forged=Fault.WRONG_SIGNATURE in wrong,
        )
        return Letter(headers=headers, body=body)

    def accepted(self, status: int, body: bytes) -> bool:
        """Any `200` will do."""
        return status == 200

    def older(self, notice: Notice, *, now: datetime) -> Sequence[tuple[str, dict[str, Any]]]:
        """There is one notice for each check, and nothing before it."""
        return ()
