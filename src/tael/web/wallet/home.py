"""How much is there, what can be done with it, and what waits for its owner?"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.clock import CHINA
from tael.standing.model import AccountClass, Restriction, StandingState
from tael.users.model import Person, PersonState
from tael.wallets.model import Transfer, TransferState
from tael.wallets.model.bills import BillFilter
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, me, page, show
from tael.web.wallet.behind import Behind
from tael.web.wallet.bills import SIGNS, STATE_TONES
from tael.web.wallet.session import HOME
from tael.web.wallet.spendable import balance_of
from tael.web.wallet.typed import CURRENCY

_NEWEST = 5
_WARNED_DAYS = 90
"""So long before a document ends somebody is told here."""


class QuickAct(msgspec.Struct, frozen=True):
    """What is often done. Its words are `wallet.home.act_of.NAME`."""

    name: str
    address: str
    sign: str


QUICK = (
    QuickAct("scan", f"{HOME}/scan", "scan"),
    QuickAct("pay", f"{HOME}/pay", "code"),
    QuickAct("receive", f"{HOME}/receive", "download"),
    QuickAct("transfer", f"{HOME}/transfer", "arrow"),
)
MORE = (
    QuickAct("top_up", f"{HOME}/top-up", "plus"),
    QuickAct("withdraw", f"{HOME}/withdraw", "bank"),
    QuickAct("cards", f"{HOME}/cards", "payments"),
    QuickAct("packets", f"{HOME}/packets", "packet"),
)


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """Something to see to. Its words are `wallet.home.warning_of.NAME`."""

    name: str
    address: str
    day: date | None = None


def home_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

    @page(f"{HOME}/home", permission=LOOK)
    async def show_home(request: PageRequest) -> Response[bytes]:
        user_id = me(request).owner
        newest = await behind.wallets.bills.list(BillFilter(user_id=user_id, limit=_NEWEST))
        return await show(
            behind,
            request,
            "wallet/home.html",
            here="home",
            balance=await balance_of(behind, request, CURRENCY),
            quick=QUICK,
            more=MORE,
            warnings=await _warnings(behind, request),
            waiting=await behind.wallets.orders.waiting(user_id),
            arriving=_arriving(await behind.wallets.on_their_way(user_id), user_id),
            packets=await behind.wallets.packets.waiting_for(user_id, before=None, limit=_NEWEST),
            newest=newest.items[:_NEWEST],
            signs=SIGNS,
            tones=STATE_TONES,
        )

    return [show_home]


def _arriving(found: Sequence[Transfer], user_id: str) -> Sequence[Transfer]:
    """What will come in."""
    return [each for each in found if each.payee_id == user_id and each.state is TransferState.ON_ITS_WAY]


async def _warnings(behind: Behind, request: PageRequest) -> Sequence[Warned]:
    user_id, login = me(request).owner, me(request).present.login.id
    view = await behind.people.standing.reads.view(user_id)
    known = await behind.people.users.reads.known(user_id)
    found = []
    if view.state in (StandingState.RESTRICTED, StandingState.SUSPENDED):
        found.append(Warned(name=_restricted(view.restrictions), address=f"{HOME}/restrictions"))
    if (
        known.person is None
        or known.person.state is PersonState.CLAIMED
        or view.account_class is AccountClass.NONE
    ):
        found.append(Warned(name="not_verified", address=f"{HOME}/verification"))
    elif known.person.state is PersonState.IN_REVIEW:
        found.append(Warned(name="in_review", address=f"{HOME}/verification"))
    elif (ends := _ending(known.person, behind.clock.now().astimezone(CHINA).date())) is not None:
        found.append(Warned(name="document_ends", address=f"{HOME}/verification", day=ends))
    if not await behind.people.identity.has_payment_password(login):
        found.append(Warned(name="no_payment_password", address=f"{HOME}/security"))
    return found


def _restricted(restrictions: Sequence[Restriction]) -> str:
    own = bool(restrictions) and all(each.kind == "by_user" for each in restrictions)
    return "frozen_by_you" if own else "restricted"


def _ending(person: Person, today: date) -> date | None:
    """When the document ends, if that is soon or was."""
    ends = person.valid_until
    return ends if ends is not None and ends <= today + timedelta(days=_WARNED_DAYS) else None
