"""How does a page act for somebody who is not signed in yet? Its form is taken if the browser says that our own page sent it.

@open_page("/portal/sign-in")
async def show_sign_in(request: PageRequest) -> Response[bytes]: ...

@open_action("/portal/sign-in")
async def sign_in(request: PageRequest) -> Response[bytes]:
form = await read_at_door(request)
"""

from litestar import get, post

from tael.foundation.errors import Forbidden
from tael.foundation.http.parameters import PAGE
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.web.ui.acting import Route, is_our_own
from tael.web.ui.forms import Form, read_open_form
from tael.web.ui.pages import PageRequest


class NotFromHere(Forbidden):
    """A form that no page of ours sent."""

    code = "web.not_from_here"


def open_page(path: str) -> Route:
    """A page for whoever stands at the door."""
    return get(path, opt={OPTION: PUBLIC, PAGE: True}, include_in_schema=False)


def open_action(path: str) -> Route:
    """What a form at the door does. Its first line is `await read_at_door(request)`."""
    return post(path, opt={OPTION: PUBLIC, PAGE: True}, include_in_schema=False, status_code=200)


async def read_at_door(request: PageRequest) -> Form:
    """What was sent, if the browser says that a page of ours sent it; refuses `NotFromHere`, `Malformed`."""
    if not is_our_own(request):
        raise NotFromHere("This form was not sent from a page of ours.", hint="Open the page again.")
    return await read_open_form(request)
