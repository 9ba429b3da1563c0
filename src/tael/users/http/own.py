"""What does a user see and change of themselves? Routes of the public listener, for a user's session alone."""

from typing import Annotated, Any, Literal, cast

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from tael.foundation.errors import Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.downloads import BYTES, saved
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of, principal_of
from tael.foundation.identity_documents import DocumentExpired, DocumentMalformed
from tael.foundation.ids import check_id
from tael.foundation.phones import PhoneMalformed
from tael.identity.api import UserPrincipal, proof_too_old
from tael.identity.errors import CodeRefused, ProofTooOld, TooManyCodes, TooManyTries
from tael.standing.errors import NotPermitted
from tael.users import errors
from tael.users.api import BASIC, MANAGEMENT, Users
from tael.users.http.requests import (
    OWN_TAG,
    AnyRequest,
    Change,
    CheckId,
    RequestId,
    ReviewId,
    call_of,
    change_route,
    visitor_of,
)
from tael.users.model import ReviewFilter
from tael.users.schemas import own
from tael.users.schemas.bodies import (
    ConsentBody,
    ConsentTextBody,
    DataRequestBody,
    PersonalInformationBody,
    ReviewBody,
    UserBody,
    VerificationBody,
)
from tael.users.schemas.door import CodeSent
from tael.users.schemas.shown import (
    consent_body,
    data_request_body,
    review_body,
    user_body,
    verification_body,
)
from tael.users.usecases.verbs import AgreementsBody, PhoneBody
from tael.verification.errors import ParticularsIncomplete, TooManyChecks

InLanguage = Annotated[
    Literal["zh-CN", "en"] | None,
    QueryParameter(description="In which language the texts are; yours if you do not say"),
]
_CLAIM: tuple[type[Refusal], ...] = (
    DocumentMalformed,
    DocumentExpired,
    errors.UserMalformed,
    errors.TooYoung,
    errors.IdentitySettled,
    errors.ReviewPending,
    errors.PersonKnown,
)
CHANGES = (
    Change(
        path="/v1/me/language",
        name="set_language",
        command=own.LanguageRequest,
        gives=UserBody,
        says="Choose a language. In which we speak to you.",
        permission=BASIC,
    ),
    Change(
        path="/v1/me/agreements",
        name="accept_agreements",
        command=own.AcceptRequest,
        gives=AgreementsBody,
        says="Accept agreements. Each by its version and the digest of its text.",
        permission=BASIC,
        refuses=(errors.AgreementDiffers,),
    ),
    Change(
        path="/v1/me/consents",
        name="decide_consent",
        command=own.ConsentRequest,
        gives=ConsentBody,
        says="Give or withdraw a consent. To one use of your personal information.",
        permission=BASIC,
        status=201,
        refuses=(errors.AgreementDiffers,),
    ),
    Change(
        path="/v1/me/identity",
        name="say_who_you_are",
        command=own.IdentityRequest,
        gives=UserBody,
        says="Say who you are. Name and document, or a later end of the same document.",
        permission=BASIC,
        refuses=(*_CLAIM, errors.TooManyClaims),
    ),
    Change(
        path="/v1/me/corrections",
        name="ask_correction",
        command=own.CorrectionRequest,
        gives=ReviewBody,
        says="Ask for a correction. Of your name or document; two people look at it.",
        permission=BASIC,
        status=201,
        refuses=(*_CLAIM, errors.IdentityNeeded),
    ),
    Change(
        path="/v1/me/reviews/{review_id:str}/withdraw",
        name="withdraw_review",
        command=own.WithdrawReviewRequest,
        gives=ReviewBody,
        says="Withdraw a review. Take back what you asked for, before somebody decides.",
        permission=BASIC,
        refuses=(errors.NoSuchRecord, errors.ReviewEnded),
    ),
    Change(
        path="/v1/me/phone/codes",
        name="send_phone_codes",
        command=own.PhoneCodesRequest,
        gives=CodeSent,
        says="Send codes to change your number. One to the new number, one to the old.",
        permission=MANAGEMENT,
        status=202,
        refuses=(PhoneMalformed, errors.UserMalformed, TooManyCodes, NotPermitted),
    ),
    Change(
        path="/v1/me/phone",
        name="change_phone",
        command=own.PhoneRequest,
        gives=PhoneBody,
        says="Change your number. With codes of both; without the old one, show your face first, and two people look.",
        permission=MANAGEMENT,
        refuses=(
            PhoneMalformed,
            CodeRefused,
            TooManyTries,
            errors.PhoneTaken,
            errors.ProofNeeded,
            errors.ReviewPending,
            NotPermitted,
        ),
    ),
    Change(
        path="/v1/me/personal_data_requests",
        name="request_personal_data",
        command=own.DataRequestRequest,
        gives=DataRequestBody,
        says="Ask for your personal data, or its deletion. Takes a fresh proof; done by and by, and you are told.",
        permission=MANAGEMENT,
        status=202,
        refuses=(errors.RequestPending, errors.StillOpen, ProofTooOld),
    ),
)


def own_routes(users: Users) -> list[HTTPRouteHandler]:
    """Oneself."""
    return [
        *(change_route(users, change, own=True) for change in CHANGES),
        _verify(users),
        _sign_out(users),
        *_looks(users),
        *_texts(users),
        *_reviews(users),
        *_data(users),
    ]


def _verify(users: Users) -> HTTPRouteHandler:
    @post(
        "/v1/me/verifications",
        status_code=201,
        request_max_body_size=7_000_000,
        opt={
            "permission": BASIC,
            REFUSES: [
                errors.IdentityNeeded,
                errors.ConsentNeeded,
                errors.TooManyVerifications,
                errors.VerificationPending,
                errors.SourceUnavailable,
                ParticularsIncomplete,
                TooManyChecks,
                NotPermitted,
            ],
        },
        tags=[OWN_TAG],
        responses=answers(201, VerificationBody, "What the source said; `pending` if it has not yet"),
    )
    async def verify_user(
        request: AnyRequest, data: JSONBody[own.VerificationRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Be verified. A source that is independent of us says whether you are who you say."""
        call = call_of(
            request,
            action="verify",
            key=idempotency_key,
            about="",
            command=data,
            user_id=caller_of(request).owner,
        )
        return respond(await users.verify(call))

    return verify_user


def _sign_out(users: Users) -> HTTPRouteHandler:
    @post("/v1/me/sign_out", status_code=204, opt={"permission": BASIC}, tags=[OWN_TAG])
    async def sign_user_out(request: AnyRequest) -> None:
        """Sign out. This session ends; needs no key, for it can end once only."""
        await users.sign_out(_here(request), visitor_of(request))

    return sign_user_out


def _here(request: Request[Any, Any, Any]) -> Any:
    return cast(UserPrincipal, principal_of(request)).present


def _looks(users: Users) -> list[HTTPRouteHandler]:
    @get("/v1/me", opt={"permission": BASIC}, tags=[OWN_TAG])
    async def get_me(request: AnyRequest) -> UserBody:
        """Get yourself. Masked, as everybody sees you."""
        return user_body(await users.reads.known(caller_of(request).owner))

    @get("/v1/me/personal_information", opt={"permission": BASIC}, tags=[OWN_TAG])
    async def get_personal_information(request: AnyRequest) -> PersonalInformationBody:
        """Get what we keep of you. Kind by kind: what for, on which ground, and how long."""
        return await users.reads.personal_information(caller_of(request).owner)

    @get("/v1/me/verifications", opt={"permission": BASIC}, tags=[OWN_TAG])
    async def list_verifications(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[VerificationBody]:
        """List verifications. Newest first."""
        found = await users.reads.verifications(caller_of(request).owner, before=cursor, limit=limit + 1)
        return page_of([verification_body(each) for each in found], limit)

    @get(
        "/v1/me/verifications/{verification_id:str}",
        opt={"permission": BASIC, REFUSES: [errors.NoSuchRecord]},
        tags=[OWN_TAG],
    )
    async def get_verification(request: AnyRequest, verification_id: CheckId) -> VerificationBody:
        """Get a verification. With the page on which you show yourself, while the source waits for you."""
        id = check_id(verification_id, prefix="chk", field="verification_id")
        record, page_url = await users.reads.verification(caller_of(request).owner, id)
        return verification_body(record, page_url)

    return [get_me, get_personal_information, list_verifications, get_verification]


def _texts(users: Users) -> list[HTTPRouteHandler]:
    @get("/v1/me/agreements", opt={"permission": BASIC}, tags=[OWN_TAG])
    async def list_own_agreements(request: AnyRequest) -> AgreementsBody:
        """List your agreements. What you accepted, what holds, and what is coming."""
        return AgreementsBody(agreements=list(await users.reads.agreements_of(caller_of(request).owner)))

    @get("/v1/me/consents", opt={"permission": BASIC}, tags=[OWN_TAG])
    async def list_consents(request: AnyRequest) -> Page[ConsentBody]:
        """List your consents. As you gave and withdrew them, newest first, two hundred at most."""
        found = await users.reads.consents(caller_of(request).owner)
        return Page(items=[consent_body(each) for each in found], next_cursor=None)

    @get("/v1/me/consent_texts", opt={"permission": BASIC}, tags=[OWN_TAG])
    async def list_consent_texts(
        request: AnyRequest, *, language: InLanguage = None
    ) -> list[ConsentTextBody]:
        """List what you can consent to. Each with its text, in your language if you do not say, and your last word on it."""
        return list(await users.reads.consent_texts(caller_of(request).owner, language))

    return [list_own_agreements, list_consents, list_consent_texts]


def _reviews(users: Users) -> list[HTTPRouteHandler]:
    @get("/v1/me/reviews", opt={"permission": BASIC}, tags=[OWN_TAG])
    async def list_own_reviews(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[ReviewBody]:
        """List reviews about you. What somebody looks at, newest first."""
        wanted = ReviewFilter(user_id=caller_of(request).owner, before=cursor, limit=limit + 1)
        return page_of([review_body(each) for each in await users.reads.reviews(wanted)], limit)

    @get(
        "/v1/me/reviews/{review_id:str}",
        opt={"permission": BASIC, REFUSES: [errors.NoSuchRecord]},
        tags=[OWN_TAG],
    )
    async def get_own_review(request: AnyRequest, review_id: ReviewId) -> ReviewBody:
        """Get a review about you. With the answer of whoever decided."""
        id = check_id(review_id, prefix="rvw", field="review_id")
        return review_body(await users.reads.review(id, user_id=caller_of(request).owner))

    return [list_own_reviews, get_own_review]


def _data(users: Users) -> list[HTTPRouteHandler]:
    @get("/v1/me/personal_data_requests", opt={"permission": BASIC}, tags=[OWN_TAG])
    async def list_personal_data_requests(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[DataRequestBody]:
        """List requests about your data. Newest first."""
        found = await users.reads.requests(caller_of(request).owner, before=cursor, limit=limit + 1)
        return page_of([data_request_body(each) for each in found], limit)

    @get(
        "/v1/me/personal_data_requests/{request_id:str}",
        opt={"permission": BASIC, REFUSES: [errors.NoSuchRecord]},
        tags=[OWN_TAG],
    )
    async def get_personal_data_request(request: AnyRequest, request_id: RequestId) -> DataRequestBody:
        """Get a request about your data. Whether its file is ready, or what became of a deletion."""
        id = check_id(request_id, prefix="pdr", field="request_id")
        return data_request_body(await users.reads.request(caller_of(request).owner, id))

    @post(
        "/v1/me/personal_data_requests/{request_id:str}/fetch",
        status_code=200,
        opt={"permission": MANAGEMENT, REFUSES: [errors.NoSuchRecord, errors.FileGone, ProofTooOld]},
        tags=[OWN_TAG],
        responses=BYTES,
    )
    async def fetch_personal_data(request: AnyRequest, request_id: RequestId) -> Response[bytes]:
        """Fetch your data. A ZIP archive, once: afterwards it is gone here. Takes a fresh proof; needs no key, for it goes out once."""
        if not principal_of(request).is_proven:
            raise proof_too_old()
        id = check_id(request_id, prefix="pdr", field="request_id")
        content = await users.fetch(caller_of(request).owner, id, visitor_of(request))
        return saved(content, id=id, name="personal_information.zip")

    return [list_personal_data_requests, get_personal_data_request, fetch_personal_data]
