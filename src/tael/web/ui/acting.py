"""How does a page act? A form goes out with `show`, and comes back through `forms.read_form`.

A surface on which people are signed in (console, portal) makes one `Surface` of its pages; its route files have pages
and actions:

    @page("/console/partners-opening", permission="partners.change")
    async def show_opening(request: PageRequest) -> Response[bytes]:
        return show(request, "console/partner_opening.html", here="partners", form=Form())

    @action("/console/partners-opening", permission="partners.change")
    async def open_partner(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)        # refuses a forged one, whatever it says
        try:
            wanted = form.into(Opening)        # a strict struct; refuses `Malformed`, which names the field
            settled(await behind.partners.answer(call(request, form, ...)))   # raises what the verb refused
        except Refusal as refusal:
            return show(request, "console/partner_opening.html", here="partners", form=form.refused(refusal))
        return done("/console/partners", "opened")        # goes on, and says `console.said_of.opened` once

* **Who may.** `permission` is that of the same verb in the API, and the route refuses whoever lacks it. A template
  asks `may("partners.change")` before it shows a button; that is a courtesy, the route is the rule.
* **Forgery.** A session acts only if the browser says that our own page sent the form (`is_our_own`), and if the form
  holds the token of that session, which `forms.form` and `forms.press` put there.
* **Twice.** They give each form that is shown a name of its own, too. Sent, it is `form.once`, the Idempotency-Key of what is
  done: `once` sees to it for verbs that take a transaction, `call` for those that take calls. A decision about a proposal
  needs none: a second one is refused.
* **Refused.** `form.refused(refusal)` keeps what was typed, but for fields that are `secret`. `forms.field` shows the refusal
  at the field that it names, `forms.trouble_note` above the form.
* **Names.** `a.b` and `a.0.b` are nested, names of lists end in `[]`, an empty text is as good as none.
* Templates begin with `{% import "ui/forms.html" as forms with context %}` and extend the frame of their surface.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.types import Empty

from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.parameters import PAGE
from tael.foundation.http.permissions import OPTION, Connection, Principal, caller_of
from tael.foundation.problems import Problem
from tael.web.ui.forms import FORM_MARK, Form, new_name
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, Pages, reader_of

SAID = "tael_said"
"""The cookie that carries what a page says once, after something was done."""
_SAID_SECONDS = 60

Route: TypeAlias = Callable[[Callable[..., Awaitable[Response[Any]]]], HTTPRouteHandler]
S = TypeVar("S", bound=msgspec.Struct)


class AsAnswered(Refusal):
    """A refusal that a verb gave as an answer: with the status and the code of that answer, whoever shows it."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        usual = Problem.__struct_fields__
        facts = {name: each for name, each in problem.items() if name not in usual}
        detail = str(problem.get("detail", ""))
        super().__init__(detail, field=problem.get("field"), hint=problem.get("hint"), **facts)
        self.status, self.code = status, str(problem.get("code", ""))


def page(path: str, *, permission: str) -> Route:
    """A page for whoever has the permission."""
    return get(path, opt={OPTION: permission, PAGE: True}, include_in_schema=False)


def action(path: str, *, permission: str, largest_body: int | None = None) -> Route:
    """What a form does, for whoever has the permission. Its first line is `await read_form(request)`.

    largest_body   in bytes, if it is more than elsewhere: of a form with a file
    """
    return post(
        path,
        opt={OPTION: permission, PAGE: True},
        include_in_schema=False,
        status_code=200,
        request_max_body_size=largest_body or Empty,
    )


def is_our_own(connection: Connection) -> bool:
    """Whether the browser says that a page of ours sent this; a program that is no browser says nothing of the kind."""
    headers = connection.headers
    if headers.get("sec-fetch-site") != "same-origin":
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def may(request: PageRequest, permission: str) -> bool:
    """Whether whoever looks at this page has a permission."""
    principal: Principal = request.scope["user"]
    return permission in principal.permissions


def who(request: PageRequest) -> str:
    """Who looks at this page, as the audit trail names them."""
    principal: Principal = request.scope["user"]
    return principal.actor


def see_other(address: str) -> Response[bytes]:
    """Go on to another page of ours."""
    return Response(b"", status_code=303, headers={"Location": address, "Cache-Control": "no-store"})


class Surface:
    """Pages on which people act: what was refused is said in their words, and what was done is said once."""

    def __init__(self, pages: Pages, *, words: str, home: str) -> None:
        """words: the first word of its messages; home: where its pages lie, for cookies."""
        self.pages = pages
        self._words = words
        self._home = home

    def show(
        self,
        request: PageRequest,
        template: str,
        *,
        form: Form | None = None,
        status: int = 200,
        token: str = "",
        **context: Any,
    ) -> Response[bytes]:
        """A page, with what was just done, and with a form if it has one. token: of its forms, if not the session's."""
        refusal = form.refusal if form is not None else None
        response = self.pages.render(
            request,
            template,
            status=refusal.status if refusal is not None else status,
            said=self._said(request),
            form=form,
            filled=form,
            trouble=self.refusal_words(request, refusal) if refusal is not None else "",
            token=token or request.scope["state"].get(FORM_MARK, ""),
            form_once=new_name,
            **context,
        )
        if refusal is not None and refusal.retry_after_seconds is not None:
            response.headers["Retry-After"] = str(refusal.retry_after_seconds)
        if SAID in request.cookies:
            response.cookies.append(self._said_cookie("", 0))
        return response

    def done(self, address: str, said: str) -> Response[bytes]:
        """Go on to a page, which says once that it is done: the words are `WORDS.said_of.SAID`."""
        response = see_other(address)
        response.cookies.append(self._said_cookie(said, _SAID_SECONDS))
        return response

    def refusal_words(self, request: PageRequest, refusal: Refusal) -> str:
        """What is said about a refusal, in the reader's language if there are words for its code, else as it was refused.

        Words for the code and the field (`CODE_FIELD`) come before those for the code. A usual fault of form (nothing typed,
        too long) has words that every surface shares: it stands at its field.
        """
        catalogue = CATALOGUES[reader_of(request).language]
        of_code = f"{self._words}.refused_of.{refusal.code.replace('.', '_')}"
        own = catalogue.messages.get(f"{of_code}_{refusal.field}") or catalogue.messages.get(of_code)
        if not own and isinstance(refusal, Malformed) and refusal.code == Malformed.code and refusal.fault:
            own = catalogue.say(f"form.wrong_of.{refusal.fault}", bound=refusal.bound)
        return own or " ".join(filter(None, (refusal.message, refusal.hint)))

    def _said(self, request: PageRequest) -> str:
        """The words for what was just done; none if somebody made the cookie up."""
        key = f"{self._words}.said_of.{request.cookies.get(SAID, '')}"
        return CATALOGUES[reader_of(request).language].messages.get(key, "")

    def _said_cookie(self, said: str, seconds: int) -> Cookie:
        return Cookie(
            key=SAID,
            value=said,
            path=self._home,
            max_age=seconds,
            httponly=True,
            samesite="strict",
            secure=False,
        )


def call(request: PageRequest, form: Form, doing: str, said: msgspec.Struct, command: S) -> Call[S]:
    """A command from a form, under the form's name: sent twice, it has one effect and one answer."""
    return Call(
        caller=caller_of(request), action=doing, key=f"form:{form.once}", request=said, command=command
    )


class On(msgspec.Struct, frozen=True):
    """What a form is about, and what it says: what a repeat must repeat."""

    about: str
    said: msgspec.Struct | str | None = None


class Made(msgspec.Struct, frozen=True):
    """What is kept of an answer: nothing that the page after it does not look up anew."""

    id: str


async def once(
    request: PageRequest,
    form: Form,
    doing: str,
    verb: Callable[[Transaction], Awaitable[str]],
    *,
    database: Database,
    clock: Clock,
) -> str:
    """Do something for a form, once, however often it is sent; gives the id of what came of it. Raises what is refused."""

    async def do(tx: Transaction, _: _Sent) -> str:
        return await verb(tx)

    sent = _Sent(what=doing, said=form.values)
    answer = await Clerk(database, clock).answer(
        call(request, form, doing, sent, sent), do, shown=lambda made: (made, made), status=200
    )
    return msgspec.json.decode(settled(answer).body, type=str)


def settled(answer: Answer) -> Answer:
    """An answer that is no refusal; raises `AsAnswered` if it is one."""
    if answer.status >= 400:
        raise AsAnswered(answer.status, msgspec.json.decode(answer.body))
    return answer


class _Sent(msgspec.Struct, frozen=True):
    """A form as it was sent: what to do, and with which words."""

    what: str
    said: Mapping[str, str | Sequence[str]]
