"""How does a page of the wallet act? As pages of every surface do (`web.ui.acting`), within the wallet's frame.

`here` is the name of a page; `wallet.HERE.title` is its heading. Its permission is `LOOK`, `PAY` or `MANAGE`.

A change of what proves who somebody is asks for a proof of the last minutes: `if away := needs_proof(...): return away` leads to
the page where it is given, and back; `needs_firm_proof` where a code alone is not enough. Acts with money ask for a confirmation of their own, which names them.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

import msgspec
from litestar import Response

from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.db import Transaction
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.identity.api import UserPrincipal
from tael.identity.model import Present
from tael.messages.api import ReadAdvice
from tael.messages.model import Advice, Language
from tael.users.model import Known
from tael.web.ui import forms
from tael.web.ui.acting import SAID, Surface, action, call, page, see_other, settled
from tael.web.ui.doors import open_action, open_page
from tael.web.ui.forms import FORM_MARK, Form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, Pages, reader_of
from tael.web.ui.session_cookies import form_token, visitor_of
from tael.web.wallet.behind import Behind
from tael.web.wallet.places import BAR, UNDER, in_bar
from tael.web.wallet.session import HOME, LOOK, MANAGE, PAY, token_of

__all__ = [
    "LOOK",
    "MANAGE",
    "NEW_DEVICE",
    "PAGES",
    "PAY",
    "SURFACE",
    "Here",
    "action",
    "advise",
    "call",
    "done",
    "here_of",
    "me",
    "needs_firm_proof",
    "needs_proof",
    "once",
    "open_action",
    "open_page",
    "page",
    "read_advice",
    "read_form",
    "root_of",
    "settled",
    "show",
    "show_door",
    "spoken_on",
    "visitor_of",
]

PAGES = Pages("wallet", Path(__file__).parent)


class WalletSurface(Surface):
    """As every surface, but what a schema says of a field is said in words for people, by the name of the field."""

    def refusal_words(self, request: PageRequest, refusal: Refusal) -> str:
        """What is said about a refusal, in the reader's language."""
        if refusal.code != Malformed.code:
            return super().refusal_words(request, refusal)
        catalogue = CATALOGUES[reader_of(request).language]
        return catalogue.messages.get(f"wallet.wrong_of.{refusal.field}") or catalogue.say("wallet.wrong")


SURFACE = WalletSurface(PAGES, words="wallet", home="/")
PROOF = f"{HOME}/security/proof"
NEW_DEVICE = "new_device"
"""What is said on the first page after coming in on a device that was not known, and the moment whose tip stands there."""
_NEEDS_VERIFICATION = ("top_up", "withdraw", "transfer", "packets", "pay", "receive")
"""Pages that say beforehand that nothing comes of them before their reader has shown who they are."""
S = TypeVar("S", bound=msgspec.Struct)


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at a page."""

    present: Present
    known: Known
    unread: int
    """How many messages they have not read."""
    fresh: bool
    """Whether a sensitive act needs no new proof."""

    @property
    def user_id(self) -> str:
        """Whose wallet it is."""
        return self.known.user.id


def root_of(request: PageRequest) -> str:
    """What every address of ours begins with: `/test` in test mode."""
    return str(request.scope.get("root_path", ""))


def me(request: PageRequest) -> UserPrincipal:
    """The user who asks: a page with one of their permissions lets nobody else in."""
    return cast(UserPrincipal, request.scope["user"])


def spoken_on(request: PageRequest) -> Language:
    """The language of the page, which need not be the one in which its reader is told things."""
    return Language(reader_of(request).language.value)


async def here_of(behind: Behind, request: PageRequest) -> Here:
    """Who is here; that they were is remembered."""
    people, principal = behind.people, me(request)
    await people.users.see(principal.present)
    return Here(
        present=principal.present,
        known=await people.users.reads.known(principal.owner),
        unread=await people.messages.unread(principal.owner),
        fresh=people.identity.is_fresh(principal.present),
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
    """A page within the wallet's frame, with what was just done, and with a form if it has one."""
    principal = me(request)
    first = request.cookies.get(SAID) == NEW_DEVICE
    return SURFACE.show(
        request,
        template,
        form=form,
        status=status,
        token=form_token(token_of(request), principal.owner),
        installable=True,
        root=root_of(request),
        here=here,
        me=await here_of(behind, request),
        bar=BAR,
        under=UNDER,
        lit=in_bar(here),
        needs_verification=_NEEDS_VERIFICATION,
        answers_a_form=request.method == "POST",
        tip=await advise(behind, request, NEW_DEVICE) if first else None,
        may=principal.permissions.__contains__,
        money_of=Money,
        **context,
    )


def show_door(
    request: PageRequest, template: str, *, form: Form | None = None, **context: Any
) -> Response[bytes]:
    """A page for somebody who is not in yet."""
    return SURFACE.show(
        request,
        template,
        form=form,
        installable=True,
        root=root_of(request),
        answers_a_form=request.method == "POST",
        **context,
    )


def done(request: PageRequest, address: str, said: str) -> Response[bytes]:
    """Go on to a page, which says once that it is done: the words are `wallet.said_of.SAID`."""
    return SURFACE.done(root_of(request) + address, said)


def go_to(request: PageRequest, address: str) -> Response[bytes]:
    """Go on to another page of the wallet."""
    return see_other(root_of(request) + address)


async def read_form(request: PageRequest) -> Form:
    """What was sent, by a page of this session; refuses `Forged` and `Malformed`."""
    request.scope["state"][FORM_MARK] = form_token(token_of(request), me(request).owner)
    return await forms.read_form(request)


async def advise(behind: Behind, request: PageRequest, moment: str) -> Advice | None:
    """The tip for a moment, in the language of the page; none if they have read one lately."""
    async with behind.database.transaction() as tx:
        return await behind.people.messages.advise(tx, me(request).owner, moment, language=spoken_on(request))


async def read_advice(behind: Behind, request: PageRequest, form: Form) -> Advice | None:
    """What this form says was read, which is written down; none if it says nothing of the kind. Refuses `NoSuchAdvice`."""
    if not form.text("advice") or form.text("advice_read") != "true":
        return None
    advice_id = check_id(form.text("advice"), prefix="adv", field="advice")
    wish = ReadAdvice(advice_id=advice_id, user_id=me(request).owner)
    read: Advice = await behind.people.messages.do(wish, actor=me(request).actor, about=advice_id)
    return read


def needs_proof(behind: Behind, request: PageRequest, back_to: str) -> Response[bytes] | None:
    """To where somebody proves that it is they, and back to a page; none if they did in the last minutes."""
    if behind.people.identity.is_fresh(me(request).present):
        return None
    return go_to(request, f"{PROOF}?next={quote(back_to)}")


async def needs_firm_proof(behind: Behind, request: PageRequest, back_to: str) -> Response[bytes] | None:
    """The same where a code that was sent may not be enough: then to where they show more than that."""
    if away := needs_proof(behind, request, back_to):
        return away
    async with behind.database.transaction() as tx:
        if await behind.people.identity.is_firm(tx, me(request).present):
            return None
    return go_to(request, f"{PROOF}?firm=true&next={quote(back_to)}")


async def once(
    behind: Behind,
    request: PageRequest,
    form: Form,
    doing: str,
    verb: Callable[[Transaction], Awaitable[Any]],
    *,
    about: str = "",
    secret: Collection[str] = (),
) -> Any:
    """Do something for a form, once, however often it is sent; gives what came of it the first time, then nothing.

    about    which thing it is done to, if the form alone does not say it
    secret   the fields of which nothing is kept, not even a digest
    """
    came: list[Any] = []

    async def do(tx: Transaction, _: _Sent) -> str:
        came[:] = [await verb(tx)]
        return me(request).owner

    said = {name: given for name, given in form.values.items() if name not in secret}
    sent = _Sent(what=doing, about=about, said=said)
    command = Call(
        caller=caller_of(request), action=doing, key=f"form:{form.once}", request=sent, command=sent
    )
    settled(
        await Clerk(behind.database, behind.clock).answer(
            command, do, shown=lambda made: (made, made), status=200
        )
    )
    return came[0] if came else None


def answer_as(answer: Answer, wanted: type[S]) -> S:
    """What a verb answered; raises `AsAnswered` if that is a refusal."""
    return msgspec.json.decode(settled(answer).body, type=wanted)


class _Sent(msgspec.Struct, frozen=True):
    """A form as it was sent, without its secrets."""

    what: str
    about: str
    said: Mapping[str, Any]
