"""How does somebody become a user? Their number, the code that was sent to it, a password, and every agreement as it is."""

from collections.abc import Collection, Sequence

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import NotFound, Refusal
from tael.foundation.http.strangers import Deed, address_of
from tael.identity.api import SHORTEST_PASSWORD
from tael.identity.errors import TooManyCodes
from tael.users.model import AgreementName
from tael.users.schemas.bodies import AgreementBody
from tael.users.schemas.door import CodeRequest, RegisterRequest
from tael.web.ui.doors import open_action, open_page, read_at_door
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.ui.session_cookies import visitor_of
from tael.web.wallet.acting import done, show_door
from tael.web.wallet.behind import Behind
from tael.web.wallet.door import with_session
from tael.web.wallet.forms import wanted_of

_SECRET = ("code", "password")


def never_back(refusal: Refusal) -> Collection[str]:
    """Which fields are empty again after a refusal: a code that was not what is wrong is good still, and need not be typed twice."""
    return ("password",) if refusal.field == "password" else _SECRET


def registering_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Two steps, and the texts."""
    return [*_number(behind), _finish(behind), _text(behind)]


def _number(behind: Behind) -> list[HTTPRouteHandler]:
    @open_page("/wallet/register")
    async def show_register(request: PageRequest) -> Response[bytes]:
        return show_door(request, "wallet/register.html", form=Form())

    @open_action("/wallet/register")
    async def send_register_code(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        try:
            wanted = wanted_of(
                form, CodeRequest, "phone", purpose="register", language=reader_of(request).language.value
            )
            await behind.strangers.take(address_of(request), Deed.USER_CODE)
            await behind.people.users.send_code(wanted)
        except TooManyCodes as refusal:
            return _second_step(behind, request, form.refused(refusal))
        except Refusal as refusal:
            return show_door(request, "wallet/register.html", form=form.refused(refusal))
        return _second_step(behind, request, form)

    return [show_register, send_register_code]


def _finish(behind: Behind) -> HTTPRouteHandler:
    @open_action("/wallet/register/finish")
    async def register(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        try:
            agreed = accepted_of(form, behind.people.users.reads.agreements_now())
            language = reader_of(request).language.value
            wanted = wanted_of(form, RegisterRequest, "phone", *_SECRET, agreements=agreed, language=language)
            await behind.strangers.take(address_of(request), Deed.SIGN_UP)
            _, signed_in = await behind.people.users.register(wanted, visitor_of(request))
        except Refusal as refusal:
            return _second_step(behind, request, form.refused(refusal, secret=never_back(refusal)))
        return with_session(behind, request, signed_in, done(request, "/wallet/home", "registered"))

    return register


def _text(behind: Behind) -> HTTPRouteHandler:
    @open_page("/wallet/texts/{name:str}/{version:str}")
    async def show_text(request: PageRequest, name: FromPath[str], version: FromPath[str]) -> Response[bytes]:
        if name not in set(AgreementName):
            raise NotFound("There is no such text.")
        language = reader_of(request).language.value
        text = behind.people.users.reads.agreement_text(AgreementName(name), version, language)
        return show_door(request, "wallet/text.html", text=text, parts=parts_of(text.text))

    return show_text


def accepted_of(form: Form, agreements: Sequence[AgreementBody]) -> Sequence[msgspec.Raw | dict[str, str]]:
    """What somebody ticked: the version and the digest of each text as it was shown to them."""
    return [
        {
            "agreement": each.agreement.value,
            "version": form.text(f"version-{each.agreement}"),
            "digest": digest,
        }
        for each in agreements
        if (digest := form.text(f"accept-{each.agreement}"))
    ]


class Part(msgspec.Struct, frozen=True):
    """A piece of a text: a heading, a paragraph, or a point of a list."""

    kind: str
    text: str
    strong: str = ""


def parts_of(text: str) -> Sequence[Part]:
    """A text as it can be read: headings, paragraphs, numbered points whose first words are strong."""
    parts: list[Part] = []
    for block in text.strip().split("\n\n"):
        if block.startswith("# "):
            parts.append(Part("head", block.removeprefix("# ").strip()))
            continue
        for line in _joined(block):
            number, dot, rest = line.partition(". ")
            if dot and number.isdigit():
                strong, _, after = rest.removeprefix("**").partition("**")
                parts.append(
                    Part("point", after.strip(), strong) if rest.startswith("**") else Part("point", rest)
                )
            else:
                parts.append(Part("words", line))
    return parts


def _joined(block: str) -> Sequence[str]:
    """The lines of a block, those that are indented behind the one before."""
    lines: list[str] = []
    for line in block.split("\n"):
        if line.startswith(" ") and lines:
            lines[-1] += ("" if _is_wide(lines[-1][-1:]) else " ") + line.strip()
        else:
            lines.append(line.strip())
    return lines


def _is_wide(character: str) -> bool:
    """Whether no space follows it at the end of a line, as in Chinese."""
    return character > "\u2e7f"


def _second_step(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    return show_door(
        request,
        "wallet/register_finish.html",
        form=form,
        phone=form.text("phone"),
        shortest=SHORTEST_PASSWORD,
        agreements=behind.people.users.reads.agreements_now(),
        read_in=reader_of(request).language.value,
    )
