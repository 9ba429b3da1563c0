"""How does somebody prove who they are? The ladder of account classes, and source by source what each has said."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.clock import CHINA
from tael.foundation.errors import NotFound, Refusal
from tael.foundation.ids import check_id
from tael.funding.model import CardState
from tael.standing.model import AccountClasses
from tael.users.errors import ConsentNeeded
from tael.users.model import PersonState, Purpose, ReviewFilter, ReviewState, VerificationState
from tael.users.schemas.bodies import ConsentBody, ReviewBody, VerificationBody
from tael.users.schemas.own import ConsentRequest, VerificationRequest, WithdrawReviewRequest
from tael.verification.model import SourceName
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.wallet.acting import LOOK, action, answer_as, done, go_to, me, page, read_form, show
from tael.web.wallet.asking import ask_users, asked_by
from tael.web.wallet.behind import Behind
from tael.web.wallet.forms import wanted_of
from tael.web.wallet.ladder import document_ends, rungs_of, sources_of

HOME = "/wallet/verification"
_LARGEST_BODY = 7_000_000
"""Of three pictures, in bytes."""
_PICTURES = ("front", "back", "face")
_BY_CAMERA = (SourceName.DOCUMENT_FACE, SourceName.VIDEO)
_SHOWN = 200
_SAID = (VerificationState.MATCHED, VerificationState.PENDING)
"""What is said above the page; what went wrong is said where it went wrong."""


def verification_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The ladder, each source, and what people look at."""
    return [_ladder(behind), *_source(behind), _withdraw(behind)]


def _ladder(behind: Behind) -> HTTPRouteHandler:
    @page(HOME, permission=LOOK)
    async def show_verification(request: PageRequest) -> Response[bytes]:
        people, now, user_id = behind.people, behind.clock.now(), me(request).owner
        view = await people.standing.reads.view(user_id)
        known = await people.users.reads.known(user_id)
        records = await people.users.reads.verifications(user_id, before=None, limit=_SHOWN)
        checks = await people.verification.look([each.check_id for each in records])
        classes = behind.rules.read("standing.account_classes", AccountClasses, at=now)
        reviews = await people.users.reads.reviews(ReviewFilter(user_id=user_id))
        return await show(
            behind,
            request,
            "wallet/verification.html",
            here="verification",
            person=known.person,
            standing=view,
            rungs=rungs_of(classes, confirmed=view.independent_sources, reached=view.account_class),
            sources=sources_of(people.verification.set_up(), view.evidence, records, checks, at=now),
            ends=document_ends(known.person, now.astimezone(CHINA).date()),
            open_reviews=[each for each in reviews if each.state is ReviewState.OPEN],
            last_review=next((each for each in reviews if each.ended_at is not None), None),
        )

    return show_verification


def _source(behind: Behind) -> list[HTTPRouteHandler]:
    @page(f"{HOME}/sources/{{source:str}}", permission=LOOK)
    async def show_source(request: PageRequest, source: FromPath[str]) -> Response[bytes]:
        return await _source_page(behind, request, _named(source), Form())

    @action(f"{HOME}/sources/{{source:str}}", permission=LOOK, largest_body=_LARGEST_BODY)
    async def ask_source(request: PageRequest, source: FromPath[str]) -> Response[bytes]:
        form, name = await read_form(request), _named(source)
        try:
            if name in _BY_CAMERA and form.text("digest"):
                await _consent(behind, request, form)
            wanted = await _wanted(behind, request, form, name)
            call = asked_by(request, form, "verify", wanted)
            said = answer_as(await behind.people.users.verify(call), VerificationBody)
        except Refusal as refusal:
            kept = form.refused(refusal, secret=_PICTURES)
            return await _source_page(behind, request, name, kept)
        if said.page_url:
            return go_to(request, f"{HOME}/sources/{name}")
        if said.state in _SAID:
            return done(request, HOME, f"source_{said.state}")
        return go_to(request, f"{HOME}#source-{name}")

    return [show_source, ask_source]


def _withdraw(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/reviews/{{review_id:str}}/withdraw", permission=LOOK)
    async def withdraw_review(request: PageRequest, review_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        id = check_id(review_id, prefix="rvw", field="review_id")
        await ask_users(
            behind, request, form, "withdraw_review", WithdrawReviewRequest(), gives=ReviewBody, about=id
        )
        return done(request, HOME, "review_withdrawn")

    return withdraw_review


async def _source_page(
    behind: Behind, request: PageRequest, source: SourceName, form: Form
) -> Response[bytes]:
    people, user_id = behind.people, me(request).owner
    known = await people.users.reads.known(user_id)
    if known.person is None:
        return go_to(request, f"{HOME}/identity")
    texts = await people.users.reads.consent_texts(user_id, reader_of(request).language.value)
    records = await people.users.reads.verifications(user_id, before=None, limit=_SHOWN)
    last = next((each for each in records if each.source == source), None)
    page_url = ""
    if last is not None and last.state is VerificationState.PENDING:
        _, page_url = await people.users.reads.verification(user_id, last.check_id)
    return await show(
        behind,
        request,
        "wallet/verification_source.html",
        here="verification",
        form=form,
        source=source,
        by_camera=source in _BY_CAMERA,
        in_review=known.person.state is PersonState.IN_REVIEW,
        consent={each.purpose: each for each in texts}[Purpose.BIOMETRICS],
        consent_needed=form.refusal is not None and form.refusal.code == ConsentNeeded.code,
        cards=[each for each in await behind.funding.cards_of(user_id) if each.state is CardState.BOUND],
        last=last,
        page_url=page_url,
    )


async def _wanted(
    behind: Behind, request: PageRequest, form: Form, source: SourceName
) -> VerificationRequest:
    """What the source needs besides name, document and number; refuses `Malformed`, `NoSuchBankCard`."""
    if source is SourceName.BANK_CARD:
        card = await behind.funding.card(form.text("card"), user_id=me(request).owner)
        return VerificationRequest(source=source, card_token=card.token, card_last4=card.last4)
    if source is SourceName.DOCUMENT_FACE:
        return wanted_of(form, VerificationRequest, *_PICTURES, source=source.value)
    return VerificationRequest(source=source)


async def _consent(behind: Behind, request: PageRequest, form: Form) -> None:
    """The consent that stood beside the button, as it stood there."""
    wanted = wanted_of(
        form,
        ConsentRequest,
        "version",
        "digest",
        purpose=Purpose.BIOMETRICS.value,
        given="true",
        language=reader_of(request).language.value,
    )
    await ask_users(behind, request, form, "decide_consent", wanted, gives=ConsentBody, part=":consent")


def _named(source: str) -> SourceName:
    if source not in set(SourceName):
        raise NotFound("There is no such source.")
    return SourceName(source)
