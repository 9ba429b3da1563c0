"""Which limit was it, and what is closed? A refusal says so; pages where money moves have words of their own for it."""

from tael.foundation.errors import Refusal
from tael.wallets.errors import LimitReached
from tael.web.ui.acting import AsAnswered

_STANDING = "standing."


def sharper(refusal: Refusal) -> Refusal:
    """The refusal with a code that names the limit, such as `wallets.limit_reached.transfer_day`, or that it is about money.

    Others as they are.
    """
    limit = refusal.facts.get("limit")
    if refusal.code.startswith(_STANDING):
        return _called(refusal, f"wallet.{refusal.code}")
    if refusal.code == LimitReached.code and limit:
        return _called(refusal, f"{refusal.code}.{limit}")
    return refusal


def _called(refusal: Refusal, code: str) -> Refusal:
    said = {"code": code, "detail": refusal.message, "hint": refusal.hint, "field": refusal.field}
    return AsAnswered(refusal.status, {**refusal.facts, **said})


def about(refusal: Refusal, field: str, *, on_page: str) -> Refusal:
    """The same about a field as the page calls it."""
    if refusal.field == field:
        refusal.field = on_page
    return refusal
