"""How does somebody get another password who has forgotten theirs? By a code to their number; nobody hears whether anybody has it."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import Refusal
from tael.foundation.http.strangers import Deed, address_of
from tael.identity.api import SHORTEST_PASSWORD
from tael.identity.errors import TooManyCodes, TooManyTries
from tael.users.schemas.door import CodeRequest, ResetPasswordRequest
from tael.web.ui.doors import open_action, open_page, read_at_door
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.ui.session_cookies import visitor_of
from tael.web.wallet.acting import done, show_door
from tael.web.wallet.behind import Behind
from tael.web.wallet.door import locked_out
from tael.web.wallet.forms import wanted_of
from tael.web.wallet.registering import never_back

_SECRET = ("code", "password")


def forgetting_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Two steps."""
    users = behind.people.users

    @open_page("/wallet/forgotten")
    async def show_forgotten(request: PageRequest) -> Response[bytes]:
        return show_door(request, "wallet/forgotten.html", form=Form())

    @open_action("/wallet/forgotten")
    async def send_reset_code(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        try:
            wanted = wanted_of(
                form,
                CodeRequest,
                "phone",
                purpose="reset_password",
                language=reader_of(request).language.value,
            )
            await behind.strangers.take(address_of(request), Deed.USER_CODE)
            await users.send_code(wanted)
        except TooManyCodes as refusal:
            return _second_step(request, form.refused(refusal))
        except Refusal as refusal:
            return show_door(request, "wallet/forgotten.html", form=form.refused(refusal))
        return _second_step(request, form)

    @open_action("/wallet/forgotten/finish")
    async def reset_password(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        try:
            wanted = wanted_of(form, ResetPasswordRequest, "phone", *_SECRET)
            await behind.strangers.take(address_of(request), Deed.USER_CODE)
            await users.reset_password(wanted, visitor_of(request))
        except TooManyTries as refusal:
            return locked_out(request, refusal)
        except Refusal as refusal:
            return _second_step(request, form.refused(refusal, secret=never_back(refusal)))
        return done(request, "/wallet/sign-in", "password_reset")

    return [show_forgotten, send_reset_code, reset_password]


def _second_step(request: PageRequest, form: Form) -> Response[bytes]:
    return show_door(
        request,
        "wallet/forgotten_finish.html",
        form=form,
        phone=form.text("phone"),
        shortest=SHORTEST_PASSWORD,
    )
