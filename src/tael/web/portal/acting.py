"""How does a page of the portal act? As pages of every surface do (`web.ui.acting`), within the portal's frame.

`here` is the name of one of `places.PLACES`. A sensitive act begins with `prove`: its form asks for a code
(`{{ portal.proof() }}`) unless one was shown in the last minutes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response

from tael.foundation.http.permissions import Principal
from tael.foundation.money import Money
from tael.identity.errors import CodeRefused
from tael.identity.model import Present
from tael.merchants.model import Member, MemberState, Merchant
from tael.web.portal.behind import Behind
from tael.web.portal.places import in_groups, open_to
from tael.web.portal.session import COOKIE, HOME
from tael.web.ui import forms
from tael.web.ui.acting import Surface, action, page, see_other
from tael.web.ui.forms import FORM_MARK, Form
from tael.web.ui.pages import PageRequest, Pages
from tael.web.ui.session_cookies import form_token, visitor_of

__all__ = ["PAGES", "SURFACE", "Here", "action", "done", "here_of", "page", "prove", "read_form", "show"]

PAGES = Pages("portal", Path(__file__).parent)
SURFACE = Surface(PAGES, words="portal", home="/")
_BY_ITSELF = "by_itself"


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at a page, for which merchant, and for which others they could."""

    present: Present
    merchant: Merchant | None
    member: Member | None
    others: Sequence[Merchant]
    fresh: bool
    """Whether a sensitive act needs no new code."""


def root_of(request: PageRequest) -> str:
    """What every address of ours begins with: `/test` in test mode."""
    return str(request.scope.get("root_path", ""))


async def here_of(behind: Behind, request: PageRequest) -> Here:
    """Who is here. Refuses `SessionEnded`."""
    people = behind.people
    present = await people.identity.present(COOKIE.token_of(request))
    memberships = await people.team.memberships(present.login.id)
    found = await people.merchants.find([each.merchant_id for each in memberships])
    member = next((each for each in memberships if each.merchant_id == present.session.acts_for), None)
    if _BY_ITSELF not in request.query_params:
        await people.identity.see(present)
    return Here(
        present=present,
        merchant=found.get(member.merchant_id) if member else None,
        member=member if member and member.state is MemberState.ACTIVE else None,
        others=[found[each.merchant_id] for each in memberships if each is not member],
        fresh=people.identity.is_fresh(present),
    )


async def show(
    behind: Behind,
    request: PageRequest,
    template: str,
    *,
    here: str,
    form: Form | None = None,
    status: int = 200,
    **context: Any,
) -> Response[bytes]:
    """A page within the portal's frame, with what was just done, and with a form if it has one."""
    principal: Principal = request.scope["user"]
    places = [
        place
        for place in open_to(principal.permissions, in_test_mode=behind.test_kit is not None)
        if not principal.stores or place.name != "home"  # its figures are of the whole merchant
    ]
    return SURFACE.show(
        request,
        template,
        form=form,
        status=status,
        token=form_token(COOKIE.token_of(request), principal.owner),
        root=root_of(request),
        here=here,
        me=await here_of(behind, request),
        two_modes=behind.two_modes,
        money_of=Money,
        places=places,
        grouped=in_groups(places),
        may=principal.permissions.__contains__,
        **context,
    )


def show_door(
    request: PageRequest, template: str, *, form: Form | None = None, **context: Any
) -> Response[bytes]:
    """A page for somebody who is not in yet."""
    return SURFACE.show(request, template, form=form, root=root_of(request), **context)


def done(request: PageRequest, address: str, said: str) -> Response[bytes]:
    """Go on to a page, which says once that it is done: the words are `portal.said_of.SAID`."""
    return SURFACE.done(root_of(request) + address, said)


def go_to(request: PageRequest, address: str) -> Response[bytes]:
    """Go on to another page of the portal."""
    return see_other(root_of(request) + address)


async def read_form(request: PageRequest) -> Form:
    """What was sent, by a page of this session that was made for the same merchant; refuses `Forged` and `Malformed`."""
    principal: Principal = request.scope["user"]
    request.scope["state"][FORM_MARK] = form_token(COOKIE.token_of(request), principal.owner)
    return await forms.read_form(request)


async def prove(behind: Behind, request: PageRequest, form: Form) -> Present:
    """See that a second factor was shown lately, or that the form has a code; refuses `CodeRefused`, `TooManyTries`."""
    identity, token = behind.people.identity, COOKIE.token_of(request)
    present = await identity.present(token)
    if identity.is_fresh(present):
        return present
    if not form.text("code"):
        raise CodeRefused("This takes a code of your authenticator.", field="code")
    return await identity.prove_again(token, form.text("code"), visitor_of(request))


def home_of(root: str) -> str:
    """Where the portal begins."""
    return root + HOME
