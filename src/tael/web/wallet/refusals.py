"""Which limit was it, what is closed, and what was shown wrongly? A refusal says so in words of the page on which it is read."""

from collections.abc import Mapping

from tael.foundation.errors import Refusal
from tael.identity.errors import CodeRefused, PasskeyRefused, TooManyTries
from tael.identity.model import Factor
from tael.wallets.errors import LimitReached, QuizOwed
from tael.web.ui.acting import AsAnswered

_STANDING = "standing."
_OF_PROOFS: Mapping[tuple[str, str], str] = {
    (CodeRefused.code, Factor.PAYMENT_PASSWORD): "wallet.wrong_payment_password",
    (CodeRefused.code, Factor.AUTHENTICATOR): "wallet.wrong_authenticator_code",
    (PasskeyRefused.code, Factor.PASSKEY): "wallet.wrong_passkey",
    (TooManyTries.code, Factor.PAYMENT_PASSWORD): "wallet.payment_password_rests",
}


def sharper(refusal: Refusal) -> Refusal:
    """The refusal with a code that names the limit, such as `wallets.limit_reached.transfer_day`, or that it is about money.

    That a quiz is owed stands above the page, with the way to it, and at no field. Others as they are.
    """
    limit = refusal.facts.get("limit")
    if refusal.code == QuizOwed.code:
        refusal.field = None
    if refusal.code.startswith(_STANDING):
        return called(refusal, f"wallet.{refusal.code}")
    if refusal.code == LimitReached.code and limit:
        return called(refusal, f"{refusal.code}.{limit}")
    return refusal


def of_proof(refusal: Refusal, factor: str) -> Refusal:
    """The refusal of a proof, about what was shown: a wrong payment password is no wrong code, and no other one is sent.

    Its field is the factor; of a passkey, and where nobody may try, there is none to be filled in.
    """
    code = _OF_PROOFS.get((refusal.code, factor))
    said = called(refusal, code) if code else refusal
    said.field = factor if refusal.code == CodeRefused.code else None
    return said


def called(refusal: Refusal, code: str) -> Refusal:
    """The same under another code, for which there are other words."""
    said = {"code": code, "detail": refusal.message, "hint": refusal.hint, "field": refusal.field}
    named = AsAnswered(refusal.status, {**refusal.facts, **said})
    named.retry_after_seconds = refusal.retry_after_seconds
    return named


def about(refusal: Refusal, field: str, *, on_page: str) -> Refusal:
    """The same about a field as the page calls it."""
    if refusal.field == field:
        refusal.field = on_page
    return refusal
