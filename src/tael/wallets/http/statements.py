"""How does a user get a statement, and how does whoever holds one check it?"""

from datetime import date
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.downloads import BYTES, saved
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.http.strangers import Deed, Strangers, TooMuchFromNetwork, address_of
from tael.foundation.ids import check_id
from tael.users.api import me
from tael.wallets.api import Wallets
from tael.wallets.errors import (
    NoSuchStatement,
    StatementNotReady,
    TooManyStatements,
    WalletMalformed,
)
from tael.wallets.http.forms import LOOK, AnyRequest
from tael.wallets.model.statements import CreateStatement
from tael.wallets.rules.bills import day_named
from tael.wallets.schemas.statements import (
    CheckedStatementBody,
    CreateStatementRequest,
    WalletStatementBody,
    checked_body,
    statement_body,
)

_TAGS = ["Statements"]
StatementId = Annotated[str, PathParameter(description="`stm_` and 26 characters, as the API gave it")]
CheckCode = Annotated[
    str, PathParameter(max_length=40, description="The verification code, as it stands on the paper")
]


def statement_routes(wallets: Wallets, strangers: Strangers) -> list[HTTPRouteHandler]:
    """Ask for one, look, fetch; and the check, which is for everybody."""
    return [_create(wallets), _list(wallets), _get(wallets), _file(wallets), _check(wallets, strangers)]


def _create(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/statements",
        opt={"permission": LOOK, REFUSES: [WalletMalformed, TooManyStatements]},
        tags=_TAGS,
        status_code=202,
        responses=answers(202, WalletStatementBody, "The statement"),
    )
    async def create_statement(
        request: AnyRequest, data: JSONBody[CreateStatementRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Create a statement. It is written by and by: look how far it is, then fetch its file."""
        command = CreateStatement(
            user_id=me(request).owner,
            format=data.format,
            language=data.language,
            currency=data.currency,
            first_day=_day(data.from_day, "from_day"),
            last_day=_day(data.to_day, "to_day"),
        )
        call = a_call(request, "wallets.create_statement", idempotency_key, data, command)
        return respond(await wallets.statements.create(call))

    return create_statement


def _day(text: str, field: str) -> date:
    day = day_named(text, field=field)
    assert day is not None  # noqa: S101 - there is a text
    return day


def _list(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/statements", opt={"permission": LOOK}, tags=_TAGS)
    async def list_statements(
        request: AnyRequest, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[WalletStatementBody]:
        """List my statements. Newest first."""
        before = id_in(cursor, prefix="stm")
        found = await wallets.statements.list(me(request).owner, before=before, limit=limit + 1)
        return page_of([statement_body(each) for each in found], limit)

    return list_statements


def _get(wallets: Wallets) -> HTTPRouteHandler:
    @get(
        "/v1/me/statements/{statement_id:str}",
        opt={"permission": LOOK, REFUSES: [NoSuchStatement]},
        tags=_TAGS,
    )
    async def get_statement(request: AnyRequest, statement_id: StatementId) -> WalletStatementBody:
        """Get a statement. To see how far it is, and by which code others check it."""
        return statement_body(await wallets.statements.get(_checked(statement_id), user_id=me(request).owner))

    return get_statement


def _file(wallets: Wallets) -> HTTPRouteHandler:
    @get(
        "/v1/me/statements/{statement_id:str}/file",
        opt={"permission": LOOK, REFUSES: [NoSuchStatement, StatementNotReady]},
        tags=_TAGS,
        responses=BYTES,
    )
    async def get_statement_file(request: AnyRequest, statement_id: StatementId) -> Response[bytes]:
        """Get the file of a statement. As long as it is kept, for its user alone."""
        statement, content = await wallets.statements.read(_checked(statement_id), user_id=me(request).owner)
        name = f"tael-{statement.first_day}-{statement.last_day}.{statement.format}"
        return saved(content, id=statement.id, name=name)

    return get_statement_file


def _check(wallets: Wallets, strangers: Strangers) -> HTTPRouteHandler:
    @get(
        "/v1/statements/{code:str}",
        opt={"permission": PUBLIC, REFUSES: [NoSuchStatement, TooMuchFromNetwork]},
        tags=_TAGS,
    )
    async def check_statement(request: AnyRequest, code: CheckCode) -> CheckedStatementBody:
        """Check a statement. What we wrote on the paper with this code; needs no key, so many a minute from one network."""
        await strangers.take(address_of(request), Deed.STATEMENT)
        return checked_body(await wallets.statements.check(code))

    return check_statement


def _checked(statement_id: str) -> str:
    return check_id(statement_id, prefix="stm", field="statement_id")
