"""How does each noun of users look on the wire? Masked: in clear only what somebody unmasks, and a user's own copy."""

from tael.users.model import (
    FOUR_EYES,
    AgreementStanding,
    AgreementText,
    Consent,
    DataRequest,
    Known,
    Person,
    Review,
    Unmasking,
    VerificationRecord,
)
from tael.users.schemas.bodies import (
    AgreementBody,
    AgreementTextBody,
    ConsentBody,
    DataRequestBody,
    IdentityBody,
    ReviewBody,
    UserBody,
    VerificationBody,
)
from tael.users.schemas.staff import StaffReviewBody, UnmaskingBody


def user_body(known: Known) -> UserBody:
    """A user."""
    user = known.user
    return UserBody(
        id=user.id,
        state=user.state,
        phone=user.phone_shown,
        language=user.language,
        registered_at=user.registered_at,
        identity=identity_body(known.person) if known.person else None,
        closed_at=user.closed_at,
        retained_until=user.retained_until,
    )


def identity_body(person: Person) -> IdentityBody:
    """Who a user is."""
    return IdentityBody(
        state=person.state,
        name=person.name_shown,
        document_kind=person.kind,
        document_number=person.number_shown,
        issued_by=person.issued_by,
        valid_until=person.valid_until,
        expired=person.expired_at is not None,
        claimed_at=person.claimed_at,
        verified_at=person.verified_at,
    )


def agreement_body(standing: AgreementStanding) -> AgreementBody:
    """An agreement and how somebody stands to it."""
    return AgreementBody(
        agreement=standing.agreement,
        version=standing.version,
        digests=standing.digests,
        effective_from=standing.effective_from,
        accepted=standing.accepted,
        due=standing.due,
        coming=standing.coming,
        coming_from=standing.coming_from,
    )


def agreement_text_body(text: AgreementText) -> AgreementTextBody:
    """A text as it is accepted."""
    return AgreementTextBody(
        agreement=text.agreement,
        version=text.version,
        language=text.language,
        digest=text.digest,
        effective_from=text.effective_from,
        text=text.text,
    )


def consent_body(consent: Consent) -> ConsentBody:
    """A consent."""
    return ConsentBody(
        id=consent.id,
        purpose=consent.purpose,
        given=consent.given,
        version=consent.version,
        decided_at=consent.decided_at,
    )


def verification_body(record: VerificationRecord, page_url: str = "") -> VerificationBody:
    """What a source said."""
    return VerificationBody(
        id=record.check_id,
        source=record.source,
        state=record.state,
        wrong=list(record.wrong),
        counts=record.evidence,
        page_url=page_url,
        asked_at=record.asked_at,
        ended_at=record.ended_at,
    )


def review_body(review: Review) -> ReviewBody:
    """A review as its user sees it: who looked is nobody's business."""
    return ReviewBody(
        id=review.id,
        reason=review.reason,
        state=review.state,
        wanted=review.wanted_shown,
        asked_at=review.asked_at,
        due_at=review.due_at,
        ended_at=review.ended_at,
        answer=review.end_note,
    )


def staff_review_body(review: Review) -> StaffReviewBody:
    """A review as staff see it."""
    return StaffReviewBody(
        id=review.id,
        user_id=review.user_id,
        reason=review.reason,
        state=review.state,
        wanted=review.wanted_shown,
        other_user_id=review.other_user_id,
        four_eyes=review.reason in FOUR_EYES,
        asked_by=review.asked_by,
        asked_at=review.asked_at,
        due_at=review.due_at,
        looked_by=review.looked_by,
        looked_at=review.looked_at,
        look_note=review.look_note,
        ended_by=review.ended_by,
        ended_at=review.ended_at,
        end_note=review.end_note,
    )


def data_request_body(request: DataRequest) -> DataRequestBody:
    """A wish about personal information."""
    return DataRequestBody(
        id=request.id,
        kind=request.kind,
        state=request.state,
        asked_at=request.asked_at,
        ended_at=request.ended_at,
        good_until=request.good_until,
        file_bytes=request.file_bytes,
        outcome=request.outcome,
    )


def unmasking_body(unmasking: Unmasking) -> UnmaskingBody:
    """That somebody has read in clear who a user is."""
    return UnmaskingBody(
        id=unmasking.id,
        user_id=unmasking.user_id,
        by=unmasking.by,
        fields=list(unmasking.fields),
        reason=unmasking.reason,
        at=unmasking.at,
    )
