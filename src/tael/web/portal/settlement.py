"""When and where does a merchant get its money? The settings of now, changing them, and asking for another account."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.foundation.proposals import ProposalState
from tael.merchants.api import proposal_body
from tael.merchants.model import Cycle, SettlementSettings
from tael.merchants.schemas import (
    AccountSection,
    ChangeSettlement,
    MerchantProposal,
    ProposeAccount,
    Withdraw,
)
from tael.web.portal.acting import action, done, page, prove, read_form, show
from tael.web.portal.affairs import CURRENCY, change, fen_of, in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

HOME = "/portal/settlement"
ROWS = 25
SECRETS = ("account.number", "code")
TONES = {
    ProposalState.OPEN: "warning",
    ProposalState.APPROVED: "good",
    ProposalState.REFUSED: "danger",
}


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says: how often, and from which amount on, in yuan."""

    cycle: Cycle
    minimum: Annotated[str, Meta(max_length=24)] = "0"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of another account says."""

    account: AccountSection
    note: Annotated[str, Meta(min_length=1, max_length=1_000)]


def settlement_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [*_changing(behind), *_another_account(behind)]


def _changing(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="papers.read")
    async def show_settlement(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(f"{HOME}/change", permission="merchant.write")
    async def change_settlement(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Rhythm)
            command = ChangeSettlement(cycle=said.cycle, minimum_minor=fen_of(said.minimum, field="minimum"))
            await change(behind.people.merchants, request, form, command, gives=SettlementSettings)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(in_words(request, refusal)))
        return done(request, HOME, "saved")

    return [show_settlement, change_settlement]


def _another_account(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HOME}/account", permission="merchant.write")
    async def propose_account(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Account)
            await prove(behind, request, form)
            command = ProposeAccount(account=said.account, note=said.note)
            await change(behind.people.merchants, request, form, command, gives=MerchantProposal)
        except Refusal as refusal:
            kept = form.refused(in_words(request, refusal), secret=SECRETS)
            return await _page_of(behind, request, kept)
        return done(request, HOME, "account_proposed")

    @action(f"{HOME}/account/{{proposal_id:str}}/withdraw", permission="merchant.write")
    async def withdraw_account(request: PageRequest, proposal_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        about = check_id(proposal_id, prefix="prop", field="proposal_id")
        try:
            await change(
                behind.people.merchants, request, form, Withdraw(), gives=MerchantProposal, about=about
            )
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal))
        return done(request, HOME, "proposal_withdrawn")

    return [propose_account, withdraw_account]


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    reads, owner = behind.people.merchants.reads, owner_of(request)
    proposals = await reads.proposals(merchant_id=owner, change="change_account", limit=ROWS)
    return await show(
        behind,
        request,
        "portal/settlement.html",
        here="settlement",
        form=form,
        settings=await reads.settlement_at(owner, behind.clock.now()),
        history=await reads.settlement(owner, limit=ROWS),
        proposals=[proposal_body(each) for each in proposals],
        cycles=list(Cycle),
        tones=TONES,
        currency=CURRENCY,
    )
