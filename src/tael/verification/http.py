"""How does staff look at checks, and how do providers tell what comes later?"""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, PathParameter, QueryParameter

from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.ids import check_id as check_form
from tael.verification.api import InboundNotice, Verification
from tael.verification.errors import NoSuchCheck
from tael.verification.model import CheckFilter, SourceName, State
from tael.verification.schemas import CheckBody, SourceBody, check_body

READ = "users.read"
TAGS = ["Verification"]
NOTICES = "/notices/verification"
CheckId = Annotated[str, PathParameter(description="chk_…")]
OfSubject = Annotated[str | None, QueryParameter(description="Only those of this user: usr_…")]
AtSource = Annotated[SourceName | None, QueryParameter(description="Only those at this source")]
WithState = Annotated[State | None, QueryParameter(name="state", description="Only those that stand so")]
Open = Annotated[
    bool | None,
    QueryParameter(
        name="open", description="Only those that are still asked about, or only those that are not"
    ),
]


def verification_staff_routes(verification: Verification) -> list[HTTPRouteHandler]:
    """Look at checks; what people said of themselves is not in them."""

    @get("/v1/verification/checks", opt={"permission": READ}, tags=TAGS)
    async def list_checks(
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        subject: OfSubject = None,
        source: AtSource = None,
        check_state: WithState = None,
        still_open: Open = None,
    ) -> Page[CheckBody]:
        """List checks. Newest first."""
        wanted = CheckFilter(
            subject=None if subject is None else check_form(subject, prefix="usr", field="subject"),
            source=source,
            state=check_state,
            open=still_open,
            before=id_in(cursor, prefix="chk"),
            limit=limit + 1,
        )
        found = await verification.list(wanted)
        return page_of([check_body(check) for check in found], limit)

    @get(
        "/v1/verification/checks/{check_id:str}",
        opt={"permission": READ, REFUSES: [NoSuchCheck]},
        tags=TAGS,
    )
    async def get_check(check_id: CheckId) -> CheckBody:
        """Get a check."""
        return check_body(await verification.get(check_form(check_id, prefix="chk", field="check_id")))

    return [list_checks, get_check, _sources(verification)]


def _sources(verification: Verification) -> HTTPRouteHandler:
    @get("/v1/verification/sources", opt={"permission": READ}, tags=TAGS)
    async def list_verification_sources() -> Page[SourceBody]:
        """List sources. Whether each is set up, what its word is worth, and how it did in the last 24 hours."""
        troubles, terms = verification.troubles(), verification.terms()
        items = [
            SourceBody(
                source=figures.source,
                trouble=troubles[figures.source],
                group=terms.of(figures.source).group,
                presence=terms.of(figures.source).presence,
                valid_days=terms.of(figures.source).valid_days,
                cost_minor=terms.of(figures.source).cost_minor,
                currency=terms.of(figures.source).currency,
                day=figures,
            )
            for figures in await verification.figures_of_a_day()
        ]
        return Page(items=items, next_cursor=None)

    return list_verification_sources


def verification_notice_routes(verification: Verification) -> list[HTTPRouteHandler]:
    """Hear what providers say by themselves. The signature is the permission."""

    @post(f"{NOTICES}/{{source:str}}", opt={"permission": PUBLIC}, status_code=200, include_in_schema=False)
    async def hear_verification(request: Request[Any, Any, Any], source: FromPath[str]) -> Response[bytes]:
        """A notice about a check."""
        if source not in set(SourceName):
            raise NoSuchCheck("There is no such source.")
        inbound = InboundNotice(
            path=request.url.path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.body(),
        )
        await verification.hear(SourceName(source), inbound)
        return Response(content=b"ok", media_type="text/plain")

    return [hear_verification]
