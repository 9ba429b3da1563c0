"""How do the providers answer a question? Once looked up, the same number always gets the same answer."""

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.base import Answer, Call, Fault, Faults, Switch
from tael.simulators.verification.book import LATER, Asked, Book
from tael.simulators.verification.keys import PRODUCTS
from tael.simulators.verification.messages import Seals, Unsigned
from tael.simulators.verification.persons import Manner, person_of, truth_about

ELEMENTS = {
    "identity_database": ("name", "document"),
    "mobile_operator": ("name", "document", "phone"),
    "bank_card": ("name", "document", "phone", "card"),
    "document_face": ("name", "document", "pictures", "liveness", "portrait"),
    "video": ("name", "document", "liveness", "portrait"),
}
_NEEDS = {
    "mobile_operator": ("phone",),
    "bank_card": ("phone", "card_number"),
    "document_face": ("front", "back", "face"),
}
METHODS = PRODUCTS
_BROKEN = (Fault.SYSTEM_ERROR_BEFORE, Fault.SYSTEM_ERROR_AFTER)


class Gateway:
    """All products of all providers."""

    def __init__(self, *, seals: Seals, book: Book, faults: Faults, clock: Clock, url: str) -> None:
        self._seals = seals
        self._book = book
        self._faults = faults
        self._clock = clock
        self._url = url

    def answer(self, call: Call, product: str) -> Answer:
        """The answer to a question, with whatever is to go wrong with it."""
        now = self._clock.now()
        try:
            body = json.loads(call.body)
            once = self._seals.check(call, product, body, now=now)
        except Unsigned as problem:
            return _refused(401, "signature_refused", str(problem))
        except (ValueError, TypeError, AttributeError):
            return _refused(400, "malformed", "no JSON object")
        number = str(body.get("number", ""))
        missing = _missing(body, product)
        if missing:
            return self._named(_refused(400, "malformed", missing), number, product)
        if self._faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=number, method=product):
            return self._named(_refused(503, "system_busy", "try again"), number, product)
        asked = self._look_up(body, product, now)
        if asked is None:
            return self._named(
                _refused(409, "number_used", "another question has this number"), number, product
            )
        if self._faults.strikes(Fault.SYSTEM_ERROR_AFTER, order=number, method=product):
            return self._named(_refused(503, "system_busy", "try again"), number, product)
        return self._named(self._told(asked, body, once, now), number, product)

    def said_of(self, asked: Asked, *, now: datetime) -> dict[str, Any]:
        """What there is to say of a question."""
        if asked.is_over(now):
            return asked.said
        said = {"number": asked.number, "status": "pending", "reference": asked.reference}
        return {**said, "page_url": f"{self._url}/video/{quote(asked.handle)}"} if asked.waits else said

    def _look_up(self, body: dict[str, Any], product: str, now: datetime) -> Asked | None:
        """The question as it is remembered; looked up if it is new, `None` if its number names another one."""
        number = str(body["number"])
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        known = self._book.find(number)
        if known is None:
            known = self._new(body, product, digest, now)
        elif (known.digest, known.product) != (digest, product):
            return None
        known.times_asked += 1
        self._book.keep(known)
        return known

    def _new(self, body: dict[str, Any], product: str, digest: str, now: datetime) -> Asked:
        person = person_of(str(body["name"]))
        reference = f"P-{now.astimezone(CHINA):%Y%m%d}-{len(self._book) + 1:06}"
        return Asked(
            number=str(body["number"]),
            product=product,
            digest=digest,
            reference=reference,
            handle=secrets.token_urlsafe(16),
            said=_truth(body, product, reference, person.score_percent),
            asked_at=now,
            due_at=now + LATER if person.manner is Manner.LATER else None,
            waits=product == "video" and person.manner is not Manner.LATER,
            notify_url=str(body.get("notify_url", "")),
            wrong_left=person.times,
        )

    def _told(self, asked: Asked, body: dict[str, Any], once: str, now: datetime) -> Answer:
        number, product, manner = asked.number, asked.product, person_of(str(body["name"])).manner
        goes_wrong, asked.wrong_left = asked.wrong_left > 0, max(asked.wrong_left - 1, 0)
        self._book.keep(asked)
        if goes_wrong and manner is Manner.BROKEN:
            return _refused(503, "system_busy", "try again")
        if goes_wrong and manner is Manner.SILENT:
            self._faults.add(Switch(fault=Fault.LOST_REPLY, calls=1, order=number))
        faults, names = self._faults, {"order": number, "method": product}
        said = self.said_of(asked, now=now)
        if faults.strikes(Fault.WRONG_ORDER, **names):
            said = {**said, "number": f"{number[:-1]}{'0' if number[-1] != '0' else '1'}"}
        written = msgspec.json.encode(said)
        if goes_wrong and manner is Manner.GARBLED:
            written = written[: len(written) // 2]
        forged = (goes_wrong and manner is Manner.FORGED) or faults.strikes(Fault.WRONG_SIGNATURE, **names)
        at = faults.channel_time(now, **names)
        return self._seals.answer(product, written, once, now=at, forged=forged)

    def _named(self, answer: Answer, number: str, product: str) -> Answer:
        """With the names by which switches know it."""
        return msgspec.structs.replace(answer, order=number, method=product)


def _truth(body: dict[str, Any], product: str, reference: str, score_percent: int) -> dict[str, Any]:
    elements = list(ELEMENTS[product])
    if product == "identity_database" and body.get("face"):
        elements.append("portrait")
    card = str(body.get("card_number", ""))
    findings, reason = truth_about(
        elements, name=str(body["name"]), phone=str(body.get("phone", "")), card_number=card
    )
    said: dict[str, Any] = {
        "number": body["number"],
        "status": "done",
        "reference": reference,
        "elements": findings,
    }
    if reason:
        said["reason"] = reason
    if "portrait" in findings:
        said["score_percent"] = score_percent
    if card:
        said["card_last4"] = card[-4:]
    if product == "document_face":
        said["read"] = {
            "name": body["name"],
            "number": body["document"]["number"],
            "valid_until": body["document"].get("valid_until", ""),
            "address": "北京市东城区模拟街道 1 号",
            "nation": "汉",
        }
    return said


def _missing(body: dict[str, Any], product: str) -> str:
    """What is wrong with the form of a question, or nothing."""
    document = body.get("document")
    if body.get("product") != product:
        return "product"
    if not isinstance(document, dict) or not document.get("number"):
        return "document"
    return next((name for name in ("number", "name", *_NEEDS.get(product, ())) if not body.get(name)), "")


def _refused(status: int, code: str, words: str) -> Answer:
    return Answer(status=status, body=msgspec.json.encode({"code": code, "message": words}))
