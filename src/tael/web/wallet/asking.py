"""How does a page ask users' verbs? As a call under the form's name: sent twice, it has one effect."""

from typing import TypeVar

import msgspec

from tael.foundation.calls import Call
from tael.foundation.http.permissions import caller_of
from tael.users.api import Asked
from tael.web.ui.acting import On
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import visitor_of
from tael.web.wallet.acting import answer_as, me
from tael.web.wallet.behind import Behind

S = TypeVar("S", bound=msgspec.Struct)


def asked_by(
    request: PageRequest, form: Form, doing: str, command: msgspec.Struct, *, about: str = "", part: str = ""
) -> Call[Asked]:
    """A command about oneself. part: which one it is, of a form that asks for several."""
    caller = caller_of(request)
    return Call(
        caller=caller,
        action=f"users.{doing}",
        key=f"form:{form.once}{part}",
        request=On(about, command),
        command=Asked(
            user_id=caller.owner,
            actor=caller.actor,
            visitor=visitor_of(request),
            about=about,
            command=command,
            proven=me(request).is_proven,
        ),
    )


async def ask_users(
    behind: Behind,
    request: PageRequest,
    form: Form,
    doing: str,
    command: msgspec.Struct,
    *,
    gives: type[S],
    about: str = "",
    part: str = "",
) -> S:
    """What users answered; raises `AsAnswered` if that is a refusal."""
    call = asked_by(request, form, doing, command, about=about, part=part)
    return answer_as(await behind.people.users.answer(call), gives)
