"""How do pages change a merchant's affairs? A form becomes a command, done once; a refusal is said in words of its field."""

from typing import TypeVar

import msgspec

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import Principal
from tael.foundation.money import Money
from tael.merchants.api import Asked, Merchants, action_of
from tael.merchants.schemas import Command
from tael.web.ui.acting import AsAnswered, On, call, settled, who
from tael.web.ui.forms import Form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

R = TypeVar("R")
CURRENCY = "CNY"
"""In which merchants are settled, and say what they expect to sell."""


def owner_of(request: PageRequest) -> str:
    """The merchant for whom somebody acts."""
    principal: Principal = request.scope["user"]
    return principal.owner


async def change(
    merchants: Merchants,
    request: PageRequest,
    form: Form,
    command: Command[R],
    *,
    gives: type[R],
    about: str = "",
) -> R:
    """Do a command for a form, once; raises what is refused. about: the merchant, if nothing smaller."""
    owner = owner_of(request)
    asked = Asked(
        merchant_id=owner,
        about=about or owner,
        command=command,
        actor=who(request),
        remote_address=request.client.host if request.client else "",
    )
    doing = action_of(type(command))
    answer = settled(await merchants.answer(call(request, form, doing, On(asked.about, command), asked)))
    return msgspec.json.decode(answer.body, type=gives)


def in_words(request: PageRequest, refusal: Refusal) -> Refusal:
    """The refusal with the words that the portal has for what can be wrong with its field, if it has any."""
    name = f"wrong_{(refusal.field or '').replace('.', '_')}"
    if f"portal.refused_of.{name}" not in CATALOGUES[reader_of(request).language].messages:
        return refusal
    return AsAnswered(refusal.status, {"code": name, "detail": refusal.message, "field": refusal.field})


def fen_of(text: str, *, field: str) -> int:
    """An amount in yuan as people write it, in fen; refuses `Malformed`, also less than nothing."""
    minor = Money.parse(text.strip().replace(",", ""), CURRENCY, field=field).minor
    if minor < 0:
        raise Malformed("The amount is less than nothing.", field=field)
    return minor
