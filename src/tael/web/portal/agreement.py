"""What has a merchant agreed to? The text that holds, signing it, and what was signed, to be kept and verified anywhere."""

import re
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.merchants.model import SignedAgreement
from tael.merchants.schemas import SignAgreement
from tael.web.portal.acting import action, done, page, prove, read_form, show
from tael.web.portal.affairs import change, in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.ui.forms import Form
from tael.web.ui.headers import file_headers
from tael.web.ui.pages import PageRequest, reader_of

HOME = "/portal/agreement"
_BEGINS = re.compile(r"#|[0-9]+\. ")
"""What begins a paragraph, also without an empty line before it."""
InLanguage = Annotated[
    str,
    QueryParameter(name="text", pattern=r"^(zh-CN|en)?$(?!\n)", description="In which language it is read"),
]


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says of somebody who signs."""

    version: str
    language: str
    digest: str
    signer_name: Annotated[str, Meta(min_length=1)]
    signer_title: Annotated[str, Meta(min_length=1)]
    has_read: bool = False


def agreement_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, signing, and what was signed as a file."""
    return [*_signing(behind), _kept(behind)]


def _signing(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="merchant.read")
    async def show_agreement(*, request: PageRequest, language: InLanguage = "") -> Response[bytes]:
        return await _page_of(behind, request, Form(), language)

    @action(f"{HOME}/sign", permission="merchant.write")
    async def sign_agreement(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Signature)
            if not said.has_read:
                raise Malformed("Say that you have read it.", field="has_read")
            await prove(behind, request, form)
            command = SignAgreement(
                version=said.version,
                language=said.language,
                digest=said.digest,
                signer_name=said.signer_name.strip(),
                signer_title=said.signer_title.strip(),
            )
            await change(behind.people.merchants, request, form, command, gives=SignedAgreement)
        except Refusal as refusal:
            kept = form.refused(in_words(request, refusal), secret=("code",))
            return await _page_of(behind, request, kept, form.text("language"))
        return done(request, HOME, "agreement_signed")

    return [show_agreement, sign_agreement]


def _kept(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/{{signature_id:str}}", permission="merchant.read")
    async def get_signed_agreement(request: PageRequest, signature_id: FromPath[str]) -> Response[bytes]:
        about = check_id(signature_id, prefix="sig", field="signature_id")
        signed = await behind.people.merchants.reads.signed_agreement(owner_of(request), about)
        headers = {
            **file_headers("no-store"),
            "Content-Disposition": f'attachment; filename="agreement-{signed.statement.version}.json"',
        }
        return Response(msgspec.json.encode(signed), media_type="application/json", headers=headers)

    return get_signed_agreement


def paragraphs_of(text: str) -> Sequence[tuple[bool, Sequence[str]]]:
    """The paragraphs of a text in Markdown: whether it is a heading, and its pieces, of which every second is bold."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if not line.strip() or _BEGINS.match(line):
            found.append([])
        found[-1].append(line.strip())
    whole = [" ".join(lines).strip() for lines in found]
    return [(each.startswith("#"), each.lstrip("# ").split("**")) for each in whole if each]


async def _page_of(behind: Behind, request: PageRequest, form: Form, language: str) -> Response[bytes]:
    reads = behind.people.merchants.reads
    standing = await reads.agreements(owner_of(request))
    wanted = language if language in standing.current.digests else reader_of(request).language.value
    text = reads.agreement_text(standing.current.version, wanted)
    return await show(
        behind,
        request,
        "portal/agreement.html",
        here="agreement",
        form=form,
        standing=standing,
        text=text,
        paragraphs=paragraphs_of(text.text),
        languages=list(standing.current.digests),
    )
