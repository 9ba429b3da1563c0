"""How does somebody get a statement on paper, and how does whoever holds it see that it is ours?"""

from datetime import date, timedelta
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.foundation.clock import CHINA
from tael.foundation.errors import Refusal
from tael.foundation.http.downloads import saved
from tael.foundation.http.strangers import Deed, address_of
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.wallets.model.statements import (
    CreateStatement,
    StatementFormat,
    StatementLanguage,
    StatementState,
)
from tael.wallets.schemas.statements import CheckedStatementBody, checked_body, statement_body
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.wallet.acting import (
    LOOK,
    action,
    call,
    done,
    me,
    open_page,
    page,
    read_form,
    settled,
    show,
    show_door,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.session import HOME
from tael.web.wallet.typed import CURRENCY

HERE = f"{HOME}/statements"
_SHOWN = 20
TONES = {StatementState.DONE: "good", StatementState.FAILED: "danger"}

Code = Annotated[str, QueryParameter(max_length=40)]


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    first_day: date
    last_day: date
    format: StatementFormat


def statement_page_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Ask, look, fetch; and the check, which is for everybody."""
    return [*_own(behind), _file(behind), _check(behind)]


def _own(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HERE, permission=LOOK)
    async def show_statements(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(HERE, permission=LOOK)
    async def ask_for_statement(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(_Said)
            wish = CreateStatement(
                user_id=me(request).owner,
                format=said.format,
                language=StatementLanguage(reader_of(request).language.value),
                currency=CURRENCY,
                first_day=said.first_day,
                last_day=said.last_day,
            )
            settled(
                await behind.wallets.statements.create(
                    call(request, form, "wallets.create_statement", said, wish)
                )
            )
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal))
        return done(request, HERE, "statement_asked")

    return [show_statements, ask_for_statement]


def _file(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HERE}/{{statement_id:str}}/file", permission=LOOK)
    async def fetch_statement(request: PageRequest, statement_id: FromPath[str]) -> Response[bytes]:
        named = check_id(statement_id, prefix="stm", field="statement_id")
        statement, content = await behind.wallets.statements.read(named, user_id=me(request).owner)
        name = f"tael-{statement.first_day}-{statement.last_day}.{statement.format}"
        return saved(content, id=statement.id, name=name)

    return fetch_statement


def _check(behind: Behind) -> HTTPRouteHandler:
    @open_page(f"{HOME}/check")
    async def show_check(*, request: PageRequest, code: Code = "") -> Response[bytes]:
        form, checked = Form(values={"code": code} if code else {}), None
        if code:
            try:
                checked = await _checked(behind, request, code)
            except Refusal as refusal:
                form = form.refused(refusal)
        return show_door(request, "wallet/statement_check.html", form=form, checked=checked, money_of=Money)

    return show_check


async def _checked(behind: Behind, request: PageRequest, code: str) -> CheckedStatementBody:
    await behind.strangers.take(address_of(request), Deed.STATEMENT)
    return checked_body(await behind.wallets.statements.check(code.strip()))


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    today = behind.clock.now().astimezone(CHINA).date()
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    found = await behind.wallets.statements.list(me(request).owner, before=None, limit=_SHOWN)
    bodies = [statement_body(each) for each in found]
    return await show(
        behind,
        request,
        "wallet/statements.html",
        here="statements",
        form=form,
        statements=bodies,
        moving=any(each.state in (StatementState.QUEUED, StatementState.RUNNING) for each in bodies),
        now=behind.clock.now(),
        first_day=first,
        last_day=today,
        tones=TONES,
    )
