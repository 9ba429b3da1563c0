"""How do members of staff look at users, decide what waits for them, and read in clear who somebody is? Each masked but that."""

from typing import Annotated

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.identity_documents import DocumentMalformed
from tael.foundation.ids import check_id
from tael.foundation.phones import PhoneMalformed
from tael.standing.model import AccountClass, StandingState
from tael.users import errors
from tael.users.api import Users
from tael.users.http.requests import (
    STAFF_TAG,
    AnyRequest,
    Change,
    ReviewId,
    UserId,
    change_route,
    visitor_of,
)
from tael.users.http.staff_access import access_routes
from tael.users.model import ReviewFilter, ReviewReason, ReviewState, UserState
from tael.users.model.lists import UserFilter
from tael.users.schemas.bodies import ConsentBody, UserBody, VerificationBody
from tael.users.schemas.shown import (
    consent_body,
    staff_review_body,
    unmasking_body,
    user_body,
    verification_body,
)
from tael.users.schemas.staff import (
    DecideRequest,
    LookRequest,
    SearchRequest,
    StaffReviewBody,
    UnmaskedBody,
    UnmaskingBody,
    UnmaskRequest,
)

READ, CHANGE, APPROVE, UNMASK = "users.read", "users.change", "users.approve", "users.unmask"
WithState = Annotated[
    UserState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(UserState)}"),
]
WithClass = Annotated[
    AccountClass | None,
    QueryParameter(name="class", description=f"Only those of this class: {', '.join(AccountClass)}"),
]
WithStanding = Annotated[
    StandingState | None,
    QueryParameter(name="standing", description=f"Only those whose standing is: {', '.join(StandingState)}"),
]
InReview = Annotated[bool, QueryParameter(description="Only those about whom a review is open")]
WithReviewState = Annotated[
    ReviewState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ReviewState)}"),
]
WithReason = Annotated[
    ReviewReason | None,
    QueryParameter(name="reason", description=f"Only for this reason: {', '.join(ReviewReason)}"),
]
OfUser = Annotated[str | None, QueryParameter(name="user", max_length=40, description="Only about this user")]
CHANGES = (
    Change(
        path="/v1/user_reviews/{review_id:str}/look",
        name="look_at_user_review",
        command=LookRequest,
        gives=StaffReviewBody,
        says="Look at a review. The first of two people says what they saw; another decides.",
        permission=CHANGE,
        refuses=(errors.NoSuchRecord, errors.ReviewEnded, errors.SameEyes),
    ),
    Change(
        path="/v1/user_reviews/{review_id:str}/decide",
        name="decide_user_review",
        command=DecideRequest,
        gives=StaffReviewBody,
        says="Decide a review. The user is told what you write; nobody decides what they asked for or looked at first.",
        permission=APPROVE,
        refuses=(
            errors.NoSuchRecord,
            errors.ReviewEnded,
            errors.SameEyes,
            errors.NotLookedAt,
            errors.PersonKnown,
            errors.PhoneTaken,
        ),
    ),
)


def user_staff_routes(users: Users) -> list[HTTPRouteHandler]:
    """Users, for members of staff."""
    return [
        *(change_route(users, change, own=False) for change in CHANGES),
        *_users(users),
        *_about_one(users),
        *_reviews(users),
        *_in_clear(users),
        *access_routes(users),
    ]


def _users(users: Users) -> list[HTTPRouteHandler]:
    @get("/v1/users", opt={"permission": READ, REFUSES: [errors.UserMalformed]}, tags=[STAFF_TAG])
    async def list_users(
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        with_state: WithState = None,
        with_class: WithClass = None,
        with_standing: WithStanding = None,
        in_review: InReview = False,
    ) -> Page[UserBody]:
        """List users. Newest first, masked. By their own state, or by class, standing and whether a review waits."""
        wanted = UserFilter(
            state=with_state,
            account_class=with_class,
            standing=with_standing,
            in_review=in_review,
            before=cursor,
            limit=limit + 1,
        )
        found = await users.reads.list_users(wanted)
        return page_of([user_body(each.known) for each in found], limit)

    @post(
        "/v1/users/search",
        status_code=200,
        opt={
            "permission": READ,
            REFUSES: [errors.UserMalformed, PhoneMalformed, DocumentMalformed],
        },
        tags=[STAFF_TAG],
        responses=answers(200, Page[UserBody], "Who has it, or had it; masked"),
    )
    async def search_users(data: JSONBody[SearchRequest]) -> Page[UserBody]:
        """Search users. By a whole number, document or name, which is kept nowhere; changes nothing, so it takes no key."""
        found = await users.reads.search(data)
        return Page(items=[user_body(each) for each in found], next_cursor=None)

    return [list_users, search_users]


def _about_one(users: Users) -> list[HTTPRouteHandler]:
    @get("/v1/users/{user_id:str}", opt={"permission": READ, REFUSES: [errors.NoSuchUser]}, tags=[STAFF_TAG])
    async def get_user(user_id: UserId) -> UserBody:
        """Get a user. Masked."""
        return user_body(await users.reads.known(check_id(user_id, prefix="usr", field="user_id")))

    @get("/v1/users/{user_id:str}/verifications", opt={"permission": READ}, tags=[STAFF_TAG])
    async def list_user_verifications(
        user_id: UserId, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[VerificationBody]:
        """List a user's verifications. Newest first."""
        id = check_id(user_id, prefix="usr", field="user_id")
        found = await users.reads.verifications(id, before=cursor, limit=limit + 1)
        return page_of([verification_body(each) for each in found], limit)

    @get("/v1/users/{user_id:str}/consents", opt={"permission": READ}, tags=[STAFF_TAG])
    async def list_user_consents(user_id: UserId) -> Page[ConsentBody]:
        """List a user's consents. Given and withdrawn, newest first, two hundred at most."""
        found = await users.reads.consents(check_id(user_id, prefix="usr", field="user_id"))
        return Page(items=[consent_body(each) for each in found], next_cursor=None)

    return [get_user, list_user_verifications, list_user_consents]


def _reviews(users: Users) -> list[HTTPRouteHandler]:
    @get("/v1/user_reviews", opt={"permission": READ}, tags=[STAFF_TAG])
    async def list_user_reviews(
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        with_state: WithReviewState = None,
        reason: WithReason = None,
        user: OfUser = None,
    ) -> Page[StaffReviewBody]:
        """List reviews. What waits for somebody, newest first."""
        wanted = ReviewFilter(state=with_state, reason=reason, user_id=user, before=cursor, limit=limit + 1)
        return page_of([staff_review_body(each) for each in await users.reads.reviews(wanted)], limit)

    @get(
        "/v1/user_reviews/{review_id:str}",
        opt={"permission": READ, REFUSES: [errors.NoSuchRecord]},
        tags=[STAFF_TAG],
    )
    async def get_user_review(review_id: ReviewId) -> StaffReviewBody:
        """Get a review. What is wanted, masked, and who has looked."""
        return staff_review_body(
            await users.reads.review(check_id(review_id, prefix="rvw", field="review_id"))
        )

    return [list_user_reviews, get_user_review]


def _in_clear(users: Users) -> list[HTTPRouteHandler]:
    @post(
        "/v1/users/{user_id:str}/unmask",
        status_code=200,
        opt={"permission": UNMASK, REFUSES: [errors.NoSuchUser, errors.Restricted]},
        tags=[STAFF_TAG],
        responses=answers(200, UnmaskedBody, "Only what was asked for"),
    )
    async def unmask_user(
        request: AnyRequest, user_id: UserId, data: JSONBody[UnmaskRequest]
    ) -> UnmaskedBody:
        """Read a user in clear. For a reason that stays on the record, each time; so it takes no key."""
        return await users.unmask(
            check_id(user_id, prefix="usr", field="user_id"),
            data,
            actor=caller_of(request).actor,
            visitor=visitor_of(request),
        )

    @get("/v1/user_unmaskings", opt={"permission": READ}, tags=[STAFF_TAG])
    async def list_unmaskings(
        *, limit: Limit = 50, cursor: LastId = None, user: OfUser = None
    ) -> Page[UnmaskingBody]:
        """List unmaskings. Who read what in clear, when and why; newest first."""
        found = await users.reads.unmaskings(user_id=user, before=cursor, limit=limit + 1)
        return page_of([unmasking_body(each) for each in found], limit)

    return [unmask_user, list_unmaskings]
