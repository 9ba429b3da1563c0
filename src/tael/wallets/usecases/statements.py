"""How does a user get a statement? They ask, somebody writes it by and by, and whoever holds it can check it.

The lines are read in one transaction that sees one moment, so that opening + in − out = closing, and only after whoever was
still booking in that time has committed; what is known of each is looked up afterwards, page by page, and how far that is
stands in the statement.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.patience import until_committed
from tael.ledger.api import Period, StatementLine, statement_pages, sums_by_kind
from tael.wallets import postings
from tael.wallets.errors import TooManyStatements, WalletMalformed
from tael.wallets.events import StatementReady
from tael.wallets.model.bills import Bill, Direction, Moved
from tael.wallets.model.statements import CreateStatement, StatementState, WalletStatement
from tael.wallets.rules import statements as rules
from tael.wallets.rules.bills import begin_of, bill_of
from tael.wallets.store import statements as kept
from tael.wallets.usecases.bill_details import Describers, with_details
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.statement_files import Holder, Paper, file_of
from tael.wallets.usecases.words import word

log = structlog.get_logger("tael.wallets")

CHECK_PAGE = "/wallet/check?code="
"""Where whoever holds the paper looks: a page of `web.wallet`."""
_LEASE = timedelta(minutes=2)
_LINES_AT_A_TIME = 2_000
_DETAILS_AT_A_TIME = 500


async def create(tx: Transaction, ground: Ground, wish: CreateStatement) -> WalletStatement:
    """Ask for one; refuses `WalletMalformed`, `TooManyStatements`."""
    now = ground.clock.now()
    rules.check_wish(wish, now=now)
    if wish.currency not in ground.limits(now).currencies:
        raise WalletMalformed(f"Wallets hold no {wish.currency}.", field="currency")
    if await kept.count_open(tx, wish.user_id) >= rules.MOST_AT_ONCE:
        raise TooManyStatements(
            f"{rules.MOST_AT_ONCE} statements are being written.",
            retry_after_seconds=10,
            hint="Wait until one is done.",
        )
    until = rules.until(wish.last_day, now=now)
    statement = WalletStatement(
        id=new_id("stm"),
        user_id=wish.user_id,
        format=wish.format,
        language=wish.language,
        currency=wish.currency,
        first_day=wish.first_day,
        last_day=wish.last_day,
        until=until,
        code=rules.code_of(ground.dice(rules.CODES)),
        state=StatementState.QUEUED,
        created_at=now,
        file_until=now + rules.FILE_KEPT,
        checked_until=now + rules.CHECKED,
    )
    await kept.insert(tx, statement, due_at=until)
    return statement


async def write_due(ground: Ground, describers: Describers) -> None:
    """Write what is asked for, one after the other. Several workers may do so at once; a killed one's is taken over."""
    while True:
        now = ground.clock.now()
        async with ground.database.transaction() as tx:
            statement = await kept.claim(tx, now=now, lease_until=now + _LEASE)
        if statement is None:
            return
        await _write(ground, describers, statement)


async def _write(ground: Ground, describers: Describers, statement: WalletStatement) -> None:
    if statement.attempts > rules.MOST_ATTEMPTS:
        await _fail(ground, statement, word(statement.language, "trouble", "given_up"))
        return
    try:
        counted, bills = await _read(ground, statement)
    except Refusal as refusal:
        await _fail(ground, statement, refusal.message)
        return
    if bills is None:
        most = f"{rules.MOST_BILLS[statement.format]:,}"
        await _fail(ground, counted, word(statement.language, "trouble", "too_many").format(most=most))
        return
    detailed = await _look_up(ground, describers, counted, bills)
    if detailed is None:
        return  # another has taken it over
    holder = await _holder(ground, statement.user_id)
    check_at = f"{ground.public_url.rstrip('/')}{CHECK_PAGE}{statement.shown_code}"
    paper = Paper(statement=counted, holder=holder, bills=detailed, check_at=check_at)
    await _keep(ground, counted, await asyncio.to_thread(file_of, paper))


async def _read(ground: Ground, statement: WalletStatement) -> tuple[WalletStatement, Sequence[Bill] | None]:
    """The sums and the lines; no lines if there are too many."""
    period = Period(begins_at=begin_of(statement.first_day), ends_at=statement.until)
    name = postings.wallet(statement.user_id, statement.currency).name

    async def settle(tx: Transaction) -> None:
        await ground.ledger.settle(tx, [name], before=statement.until)

    await until_committed(ground.database, settle, what="wallets.settle_statement")
    async with ground.database.transaction() as tx:
        await tx.freeze()
        account = (await ground.ledger.find_accounts(tx, [name])).get(name)
        if account is None:
            return _summed(statement, 0, []), []
        sums = await sums_by_kind(tx, account.no, booked_from=period.first, booked_before=statement.until)
        if sum(each.count for each in sums) > rules.MOST_BILLS[statement.format]:
            return statement, None
        opening: int | None = None
        bills: list[Bill] = []
        async for page in statement_pages(tx, account, period, limit=_LINES_AT_A_TIME):
            opening = -page.opening_minor if opening is None else opening
            bills += [bill_of(_moved(line), statement.currency) for line in page.lines]
    return _summed(statement, opening or 0, bills), bills


def _moved(line: StatementLine) -> Moved:
    return Moved(
        no=line.no,
        position=line.position,
        kind=line.kind or "",
        reference=line.reference or "",
        amount_minor=line.amount_minor,
        balance_after_minor=line.balance_after_minor,
    )


def _summed(statement: WalletStatement, opening_minor: int, bills: Sequence[Bill]) -> WalletStatement:
    came = sum(bill.amount_minor for bill in bills if bill.direction is Direction.IN)
    went = sum(bill.amount_minor for bill in bills if bill.direction is Direction.OUT)
    last = bills[-1].balance_after_minor if bills else None
    return msgspec.structs.replace(
        statement,
        bills=len(bills),
        opening_minor=opening_minor,
        in_minor=came,
        out_minor=went,
        closing_minor=opening_minor if last is None else last,
    )


async def _look_up(
    ground: Ground, describers: Describers, statement: WalletStatement, bills: Sequence[Bill]
) -> list[Bill] | None:
    """The bills with what is known of them; `None` if the statement is another's by now."""
    found: list[Bill] = []
    for begin in range(0, len(bills), _DETAILS_AT_A_TIME):
        some = bills[begin : begin + _DETAILS_AT_A_TIME]
        found += await with_details(ground, describers, some, statement.user_id)
        so_far = msgspec.structs.replace(statement, written=len(found))
        async with ground.database.transaction() as tx:
            lease_until = ground.clock.now() + _LEASE
            if not await kept.note_progress(tx, so_far, lease_until=lease_until):
                return None
    return found


async def _holder(ground: Ground, user_id: str) -> Holder:
    """In clear: the paper is for nobody but themselves, and sealed until they fetch it."""
    known = (await ground.users.known([user_id])).get(user_id)
    clear = await ground.users.in_clear(user_id)
    return Holder(
        name=clear.name if clear is not None else "",
        phone=known.user.phone_shown if known is not None else "",
    )


async def _keep(ground: Ground, statement: WalletStatement, content: bytes) -> None:
    now = ground.clock.now()
    known = (await ground.users.known([statement.user_id])).get(statement.user_id)
    shown = known.person.name_shown if known is not None and known.person is not None else ""
    done = msgspec.structs.replace(
        statement,
        state=StatementState.DONE,
        written=statement.bills or 0,
        holder_shown=shown,
        file_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        ended_at=now,
    )
    sealed = ground.sealer.seal(content, about=about_file(statement.id))
    async with ground.database.transaction() as tx:
        if await kept.end(tx, done):
            await kept.keep_file(tx, done, sealed)
            await outbox.publish(tx, [_ready(done, now)])


def _ready(statement: WalletStatement, now: datetime) -> StatementReady:
    return StatementReady(
        object_id=statement.id,
        user_id=statement.user_id,
        first_day=statement.first_day,
        last_day=statement.last_day,
        happened_at=now,
    )


async def _fail(ground: Ground, statement: WalletStatement, trouble: str) -> None:
    log.warning("statement_failed", statement=statement.id, trouble=trouble)
    failed = msgspec.structs.replace(
        statement, state=StatementState.FAILED, trouble=trouble, ended_at=ground.clock.now()
    )
    async with ground.database.transaction() as tx:
        await kept.end(tx, failed)


def about_file(statement_id: str) -> str:
    """What a sealed file is bound to."""
    return f"wallets.statement:{statement_id}"
