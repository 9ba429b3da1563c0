"""What is in users' wallets, and what came and went? A user's money, and everybody's top-ups and withdrawals, one by one."""

from collections.abc import Mapping, Sequence
from operator import attrgetter

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.funding.model import (
    BankCard,
    CardState,
    FundingFilter,
    TopUp,
    TopUpState,
    Withdrawal,
    WithdrawalState,
)
from tael.payouts.model import Leg, Payout, PayoutState
from tael.wallets.model import Balance, LimitShown, Transfer
from tael.web.console.acting import page
from tael.web.console.asking import Shown, show_person
from tael.web.console.behind import Behind
from tael.web.console.cells import (
    NOTHING,
    Cell,
    Fact,
    Section,
    at,
    link,
    sum_of,
    text,
    user,
    word,
)
from tael.web.console.listing import Asked, Filter, Listing, Reader, list_routes, one_of
from tael.web.ui.pages import PageRequest

READ = "wallets.read"
TOP_UPS, WITHDRAWALS = "/console/top-ups", "/console/withdrawals"
SOME = 20
_TONES: Mapping[str, str] = {
    TopUpState.WAITING: "warning",
    TopUpState.CREDITED: "good",
    TopUpState.FAILED: "danger",
    WithdrawalState.PROCESSING: "warning",
    WithdrawalState.SUCCEEDED: "good",
    WithdrawalState.RETURNED: "danger",
    PayoutState.UNKNOWN: "danger",
    CardState.BOUND: "good",
    CardState.CHECKING: "warning",
    CardState.REFUSED: "danger",
}
BALANCE_COLUMNS = ("currency", "total", "available", "held", "frozen")
LIMIT_COLUMNS = ("limit", "who_says", "most", "used", "left", "free_again")
CARD_COLUMNS = ("card", "bank", "state", "why", "is_default", "phone", "since")
TRANSFER_COLUMNS = ("transfer", "payer", "payee", "amount", "arrives", "state")
TOP_UP_COLUMNS = ("top_up", "user", "amount", "fee", "method", "state", "why", "when", "ended_at")
WITHDRAWAL_COLUMNS = ("withdrawal", "user", "amount", "fee", "state", "payout", "why", "when", "arrives")
LEG_COLUMNS = ("channel", "state", "number_there", "it_says", "begun", "ended_at", "next")


class PaidOut(msgspec.Struct, frozen=True, kw_only=True):
    """A withdrawal with the payout behind it."""

    withdrawal: Withdrawal
    payout: Payout | None


def purse_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Lists, and one of each."""
    return [
        *list_routes(behind, _top_ups(behind)),
        *list_routes(behind, _withdrawals(behind)),
        _top_up(behind),
        _withdrawal(behind),
    ]


# One user's.


async def money_sections(behind: Behind, user_id: str) -> Sequence[Section]:
    """What is in the wallet, what may be spent, cards, and what came and went lately."""
    wanted = FundingFilter(user_id=user_id, limit=SOME)
    top_ups = await behind.funding.everybodys_top_ups(wanted)
    withdrawals = await _with_payouts(behind, await behind.funding.everybodys_withdrawals(wanted))
    return [
        Section(
            name="balances",
            columns=BALANCE_COLUMNS,
            rows=[_balance_row(each) for each in await behind.wallets.balances(user_id)],
        ),
        Section(
            name="limits",
            columns=LIMIT_COLUMNS,
            rows=[_limit_row(each) for each in await _limits(behind, user_id)],
        ),
        Section(
            name="cards",
            columns=CARD_COLUMNS,
            rows=[_card_row(each) for each in await behind.funding.cards_of(user_id)],
        ),
        Section(
            name="on_their_way",
            columns=TRANSFER_COLUMNS,
            rows=[_transfer_row(each) for each in await behind.wallets.on_their_way(user_id)],
        ),
        Section(
            name="top_ups",
            columns=TOP_UP_COLUMNS,
            rows=[_top_up_row(each, None) for each in top_ups],
            more=f"{TOP_UPS}?user={user_id}",
        ),
        Section(
            name="withdrawals",
            columns=WITHDRAWAL_COLUMNS,
            rows=[_withdrawal_row(each, None) for each in withdrawals],
            more=f"{WITHDRAWALS}?user={user_id}",
        ),
    ]


async def _limits(behind: Behind, user_id: str) -> Sequence[LimitShown]:
    """How far each is used; none of somebody who has no standing any more."""
    try:
        return await behind.wallets.limits(user_id)
    except Refusal:
        return ()


def _balance_row(balance: Balance) -> Sequence[Cell]:
    minors = (balance.total_minor, balance.available_minor, balance.held_minor, balance.frozen_minor)
    return (text(balance.currency), *(sum_of(each, balance.currency) for each in minors))


def _limit_row(limit: LimitShown) -> Sequence[Cell]:
    def much(number: int) -> Cell:
        return text(number) if limit.currency is None else sum_of(number, limit.currency)

    return (
        word("wallet_limit_of", limit.name),
        word("limit_source_of", limit.source),
        much(limit.limit),
        much(limit.used),
        much(limit.left),
        at(limit.free_again_at),
    )


def _card_row(card: BankCard) -> Sequence[Cell]:
    return (
        text(card.shown, code=True),
        text(" ".join(filter(None, (card.issuer, card.brand)))),
        word("card_state_of", card.state, _TONES.get(card.state, "neutral")),
        text(card.reason, code=True),
        word("yes_no_of", "yes") if card.is_default else NOTHING,
        text(card.phone_shown),
        at(card.bound_at or card.created_at),
    )


def _transfer_row(transfer: Transfer) -> Sequence[Cell]:
    return (
        text(transfer.id, code=True),
        user(transfer.payer_id),
        user(transfer.payee_id),
        Cell(money=transfer.amount),
        at(transfer.arrives_at),
        word("transfer_state_of", transfer.state, "warning"),
    )


# Everybody's.


def _top_ups(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, before: str | None, limit: int) -> Sequence[TopUp]:
        state = one_of(TopUpState, asked["state"])
        wanted = FundingFilter(user_id=asked["user"] or None, state=state, before=before, limit=limit)
        return await behind.funding.everybodys_top_ups(wanted)

    return Listing(
        here="top_ups",
        address=TOP_UPS,
        permission=READ,
        columns=TOP_UP_COLUMNS,
        filters=(
            Filter(name="state", options=list(TopUpState), words="top_up_state_of", chips=True),
            Filter(name="user"),
        ),
        read=read,
        row=_top_up_row,
    )


def _withdrawals(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, before: str | None, limit: int) -> Sequence[PaidOut]:
        state = one_of(WithdrawalState, asked["state"])
        wanted = FundingFilter(user_id=asked["user"] or None, state=state, before=before, limit=limit)
        return await _with_payouts(behind, await behind.funding.everybodys_withdrawals(wanted))

    return Listing(
        here="withdrawals",
        address=WITHDRAWALS,
        permission=READ,
        columns=WITHDRAWAL_COLUMNS,
        filters=(
            Filter(name="state", options=list(WithdrawalState), words="withdrawal_state_of", chips=True),
            Filter(name="user"),
        ),
        read=read,
        row=_withdrawal_row,
        cursor=attrgetter("withdrawal.id"),
    )


async def _with_payouts(behind: Behind, found: Sequence[Withdrawal]) -> list[PaidOut]:
    """Each with its payout: one whose channel has not answered in a way that can be trusted is seen at once."""
    async with behind.database.transaction() as tx:
        payouts = await behind.payouts.find(tx, [each.payout_id for each in found])
    return [PaidOut(withdrawal=each, payout=payouts.get(each.payout_id)) for each in found]


def _top_up_row(top_up: TopUp, _: Reader | None) -> Sequence[Cell]:
    return (
        link(top_up.id, f"{TOP_UPS}/{top_up.user_id}/{top_up.id}", code=True),
        user(top_up.user_id),
        Cell(money=top_up.amount),
        sum_of(top_up.fee_minor, top_up.currency),
        text(top_up.method),
        word("top_up_state_of", top_up.state, _TONES.get(top_up.state, "neutral")),
        text(top_up.reason, code=True),
        at(top_up.created_at),
        at(top_up.ended_at),
    )


def _withdrawal_row(paid: PaidOut, _: Reader | None) -> Sequence[Cell]:
    each = paid.withdrawal
    return (
        link(each.id, f"{WITHDRAWALS}/{each.user_id}/{each.id}", code=True),
        user(each.user_id),
        Cell(money=each.amount),
        sum_of(each.fee_minor, each.currency),
        word("withdrawal_state_of", each.state, _TONES.get(each.state, "neutral")),
        _payout_state(paid.payout),
        text(each.reason, code=True),
        at(each.created_at),
        at(each.arrives_by),
    )


def _payout_state(payout: Payout | None) -> Cell:
    if payout is None:
        return NOTHING
    return word(
        "payout_state_of", payout.state, "danger" if payout.state is PayoutState.UNKNOWN else "neutral"
    )


def _top_up(behind: Behind) -> HTTPRouteHandler:
    @page(f"{TOP_UPS}/{{user_id:str}}/{{top_up_id:str}}", permission=READ)
    async def show_top_up(
        request: PageRequest, user_id: FromPath[str], top_up_id: FromPath[str]
    ) -> Response[bytes]:
        owner = check_id(user_id, prefix="usr", field="user_id")
        found = await behind.funding.get_top_up(
            check_id(top_up_id, prefix="top", field="top_up_id"), user_id=owner
        )
        facts: list[Fact] = [
            ("user", user(owner)),
            ("amount", sum_of(found.amount_minor, found.currency)),
            ("fee", sum_of(found.fee_minor, found.currency)),
            ("credited", sum_of(found.credited_minor, found.currency)),
            ("went_back", sum_of(found.refunded_minor or None, found.currency)),
            ("method", text(found.method)),
            ("payment", text(found.payment_id, code=True)),
            ("card_id", text(found.bank_card_id, code=True)),
            ("why", text(found.reason, code=True)),
            ("when", at(found.created_at)),
            ("expires", at(found.expires_at)),
            ("ended_at", at(found.ended_at)),
        ]
        return show_person(
            request,
            Shown(
                here="top_ups",
                heading=found.id,
                back=TOP_UPS,
                pills=[word("top_up_state_of", found.state, _TONES.get(found.state, "neutral"))],
                sections=[Section(name="particulars", facts=facts)],
            ),
        )

    return show_top_up


def _withdrawal(behind: Behind) -> HTTPRouteHandler:
    @page(f"{WITHDRAWALS}/{{user_id:str}}/{{withdrawal_id:str}}", permission=READ)
    async def show_withdrawal(
        request: PageRequest, user_id: FromPath[str], withdrawal_id: FromPath[str]
    ) -> Response[bytes]:
        owner = check_id(user_id, prefix="usr", field="user_id")
        id = check_id(withdrawal_id, prefix="wdr", field="withdrawal_id")
        found = await behind.funding.get_withdrawal(id, user_id=owner)
        story = await behind.payouts.get(found.payout_id)
        facts: list[Fact] = [
            ("user", user(owner)),
            ("amount", Cell(money=found.amount)),
            ("fee", sum_of(found.fee_minor, found.currency)),
            ("arriving", Cell(money=found.arriving)),
            ("card", text(story.payout.shown, code=True)),
            ("strength", word("strength_of", str(found.strength))),
            ("payout", _payout_state(story.payout)),
            ("payout_id", text(found.payout_id, code=True)),
            ("why", text(found.reason, code=True)),
            ("when", at(found.created_at)),
            ("arrives", at(found.arrives_by)),
            ("ended_at", at(found.ended_at)),
        ]
        legs = Section(name="legs", columns=LEG_COLUMNS, rows=[_leg_row(each) for each in story.legs])
        return show_person(
            request,
            Shown(
                here="withdrawals",
                heading=found.id,
                back=WITHDRAWALS,
                pills=[word("withdrawal_state_of", found.state, _TONES.get(found.state, "neutral"))],
                sections=[Section(name="particulars", facts=facts), legs],
            ),
        )

    return show_withdrawal


def _leg_row(leg: Leg) -> Sequence[Cell]:
    return (
        text(leg.channel),
        word("payout_state_of", leg.state, "danger" if leg.state == "unknown" else "neutral"),
        text(leg.channel_reference, code=True),
        text(leg.channel_code, code=True),
        at(leg.begun_at),
        at(leg.ended_at),
        at(leg.next_inquiry_at),
    )
