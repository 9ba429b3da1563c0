"""What does the payer's bank say, and what does the merchant say to it? One dispute: writing, files, handing in, giving in."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.disputes.api import AddFile, GiveAnswer, RemoveFile, SaveEvidence
from tael.disputes.model import AnswerKind, Dispute
from tael.foundation.documents import LARGEST_BYTES
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.downloads import saved
from tael.foundation.http.permissions import Principal
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.foundation.printable import PRINTABLE
from tael.web.portal.acting import action, done, go_to, page, read_form, show
from tael.web.portal.behind import Behind
from tael.web.portal.dispute_views import (
    TONES,
    can_be_answered,
    in_order,
    is_short,
    left_of,
    moves_of,
    next_of,
    timeline_of,
)
from tael.web.portal.disputes import HOME, READ, WRITE, reason_words
from tael.web.ui.acting import call, settled, who
from tael.web.ui.forms import Form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

_AT = f"{HOME}/{{dispute_id:str}}"
_LARGEST_FORM = 2 * LARGEST_BYTES
"""So that a file that is too large is refused with words, not with a status."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a file says."""

    field: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=128, pattern=PRINTABLE)]
    content: bytes


class Sure(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of giving in says."""

    sure: bool = False


class OnDispute(msgspec.Struct, frozen=True):
    """A form together with the dispute that it is about: what a repeat must repeat."""

    dispute_id: str
    said: Any = None


def dispute_page_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [*_looking(behind), *_writing(behind), *_filing(behind), *_answering(behind)]


def _looking(behind: Behind) -> list[HTTPRouteHandler]:
    @page(_AT, permission=READ)
    async def show_dispute(request: PageRequest, dispute_id: FromPath[str]) -> Response[bytes]:
        return await _page_of(behind, request, dispute_id, Form())

    @page(f"{_AT}/review", permission=WRITE)
    async def review_evidence(request: PageRequest, dispute_id: FromPath[str]) -> Response[bytes]:
        return await _review_of(behind, request, dispute_id, Form())

    @page(f"{_AT}/files/{{file_id:str}}", permission=READ)
    async def get_file(
        request: PageRequest, dispute_id: FromPath[str], file_id: FromPath[str]
    ) -> Response[bytes]:
        dispute = await _dispute(behind, request, dispute_id)
        named = check_id(file_id, prefix="file", field="file_id")
        file, content = await behind.disputes.open_file(dispute, named, actor=who(request))
        return saved(content, id=file.id, name=file.name)

    return [show_dispute, review_evidence, get_file]


def _writing(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{_AT}/evidence", permission=WRITE)
    async def save_evidence(request: PageRequest, dispute_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            dispute = await _dispute(behind, request, dispute_id)
            draft = await behind.disputes.draft(dispute)
            texts = {
                name: form.text(f"texts.{name}")
                for name in draft.text_fields
                if f"texts.{name}" in form.values and form.text(f"texts.{name}") != draft.texts.get(name, "")
            }
            if texts:
                command = SaveEvidence(dispute_id=dispute_id, merchant_id=_owner(request), texts=texts)
                said = OnDispute(dispute_id, texts)
                settled(
                    await behind.disputes.save_evidence(
                        call(request, form, "disputes.save_evidence", said, command)
                    )
                )
        except Refusal as refusal:
            return await _page_of(behind, request, dispute_id, form.refused(refusal))
        if form.text("then") == "review":
            return go_to(request, f"{HOME}/{dispute_id}/review")
        return done(request, f"{HOME}/{dispute_id}", "draft_saved")

    return [save_evidence]


def _filing(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{_AT}/files", permission=WRITE, largest_body=_LARGEST_FORM)
    async def add_file(request: PageRequest, dispute_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            if not form.text("content"):
                raise Malformed("No file was chosen.", field="content")
            given = form.into(Given)
            command = AddFile(
                dispute_id=check_id(dispute_id, prefix="dsp", field="dispute_id"),
                merchant_id=_owner(request),
                field=given.field,
                name=given.name,
                content=given.content,
                actor=who(request),
            )
            said = OnDispute(dispute_id, given)
            settled(await behind.disputes.add_file(call(request, form, "disputes.add_file", said, command)))
        except Refusal as refusal:
            kept = form.refused(refusal, secret=("content", "name"))
            return await _page_of(behind, request, dispute_id, kept)
        return done(request, f"{HOME}/{dispute_id}", "file_added")

    @action(f"{_AT}/files/{{file_id:str}}/remove", permission=WRITE)
    async def remove_file(
        request: PageRequest, dispute_id: FromPath[str], file_id: FromPath[str]
    ) -> Response[bytes]:
        form = await read_form(request)
        try:
            command = RemoveFile(
                dispute_id=check_id(dispute_id, prefix="dsp", field="dispute_id"),
                merchant_id=_owner(request),
                file_id=check_id(file_id, prefix="file", field="file_id"),
            )
            said = OnDispute(dispute_id, file_id)
            settled(
                await behind.disputes.remove_file(call(request, form, "disputes.remove_file", said, command))
            )
        except Refusal as refusal:
            return await _page_of(behind, request, dispute_id, form.refused(refusal))
        return done(request, f"{HOME}/{dispute_id}", "file_removed")

    return [add_file, remove_file]


def _answering(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{_AT}/submit", permission=WRITE)
    async def submit_evidence(request: PageRequest, dispute_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            await _answer(behind, request, form, dispute_id, AnswerKind.EVIDENCE)
        except Refusal as refusal:
            return await _review_of(behind, request, dispute_id, form.refused(refusal))
        return done(request, f"{HOME}/{dispute_id}", "handed_in")

    @action(f"{_AT}/accept", permission=WRITE)
    async def accept_dispute(request: PageRequest, dispute_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            if not form.into(Sure).sure:
                raise NotSure("Tick that the payer may keep the money.", field="sure")
            await _answer(behind, request, form, dispute_id, AnswerKind.ACCEPT)
        except Refusal as refusal:
            return await _page_of(behind, request, dispute_id, form.refused(refusal))
        return done(request, f"{HOME}/{dispute_id}", "given_in")

    return [submit_evidence, accept_dispute]


class NotSure(Malformed):
    """Giving in was not confirmed."""

    code = "portal.not_sure"


async def _answer(
    behind: Behind, request: PageRequest, form: Form, dispute_id: str, kind: AnswerKind
) -> None:
    """Hand the draft in, or give in."""
    named = check_id(dispute_id, prefix="dsp", field="dispute_id")
    command = GiveAnswer(dispute_id=named, merchant_id=_owner(request), kind=kind)
    verb = "submit" if kind is AnswerKind.EVIDENCE else "accept"
    settled(
        await behind.disputes.give_answer(
            call(request, form, f"disputes.{verb}", OnDispute(dispute_id), command)
        )
    )


async def _page_of(behind: Behind, request: PageRequest, dispute_id: str, form: Form) -> Response[bytes]:
    dispute = await _dispute(behind, request, dispute_id)
    draft, now = await behind.disputes.draft(dispute), behind.clock.now()
    story = await behind.payments.get(dispute.payment_id or "", merchant_id=_owner(request))
    async with behind.database.transaction() as tx:
        moves = moves_of(await behind.ledger.entries_about(tx, [story.payment.id]), dispute)
    if form.values:  # what another form of the page was refused for takes nothing out of the draft
        written = {f"texts.{name}": text for name, text in draft.texts.items()}
        form = Form(values={**written, **form.values}, refusal=form.refusal)
    texts = in_order(draft.text_fields, dispute.reason, draft.texts)
    files = in_order(draft.file_fields, dispute.reason, {each.field for each in draft.files})
    return await show(
        behind,
        request,
        "portal/dispute.html",
        here="disputes",
        form=form,
        dispute=dispute,
        draft=draft,
        payment=story.payment,
        moves=moves,
        timeline=timeline_of(dispute, draft, moves),
        texts_first=texts[0],
        texts_more=texts[1],
        file_fields=[*files[0], *files[1]],
        can_answer=can_be_answered(dispute, now),
        left=left_of(dispute, now),
        next=next_of(dispute, now),
        now=now,
        tones=TONES,
        money=lambda minor: Money(minor, dispute.currency),
        is_short=is_short,
        field_words=_field_words(request),
        reason_words=reason_words(request, dispute.reason),
    )


async def _review_of(behind: Behind, request: PageRequest, dispute_id: str, form: Form) -> Response[bytes]:
    dispute = await _dispute(behind, request, dispute_id)
    now = behind.clock.now()
    return await show(
        behind,
        request,
        "portal/dispute_review.html",
        here="disputes",
        form=form,
        dispute=dispute,
        draft=await behind.disputes.draft(dispute),
        can_answer=can_be_answered(dispute, now),
        left=left_of(dispute, now),
        now=now,
        money=lambda minor: Money(minor, dispute.currency),
        field_words=_field_words(request),
    )


def _field_words(request: PageRequest) -> Any:
    """What a field of evidence is called: by the channel's own name, if there are no words for it."""
    messages = CATALOGUES[reader_of(request).language].messages
    return lambda name: messages.get(f"portal.evidence_of.{name}", name)


async def _dispute(behind: Behind, request: PageRequest, dispute_id: str) -> Dispute:
    return await behind.disputes.get(
        check_id(dispute_id, prefix="dsp", field="dispute_id"), merchant_id=_owner(request)
    )


def _owner(request: PageRequest) -> str:
    principal: Principal = request.scope["user"]
    return principal.owner
