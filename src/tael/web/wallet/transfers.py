"""What became of money that was sent? One transfer, its way in steps, and how it is taken back until it arrives."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.users.errors import NoSuchUser
from tael.users.model import Payee
from tael.wallets.api import RecallTransfer
from tael.wallets.model import Transfer, TransferState
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, PAY, action, call, done, me, page, read_form, settled, show
from tael.web.wallet.behind import Behind
from tael.web.wallet.session import HOME

TONES = {
    TransferState.ON_ITS_WAY: ("warning", "clock"),
    TransferState.ARRIVED: ("good", "check"),
    TransferState.RECALLED: ("neutral", "returned"),
    TransferState.RETURNED: ("neutral", "returned"),
}
"""How each state looks: its tone, and its sign."""


def transfer_look_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Look, and take back."""

    @page(f"{HOME}/transfers/{{transfer_id:str}}", permission=LOOK)
    async def show_sent_transfer(request: PageRequest, transfer_id: FromPath[str]) -> Response[bytes]:
        found = await behind.wallets.get_transfer(_checked(transfer_id), user_id=me(request).owner)
        return await _page_of(behind, request, found, Form())

    @action(f"{HOME}/transfers/{{transfer_id:str}}/recall", permission=PAY)
    async def recall_transfer(request: PageRequest, transfer_id: FromPath[str]) -> Response[bytes]:
        form, named = await read_form(request), _checked(transfer_id)
        wish = RecallTransfer(transfer_id=named, payer_id=me(request).owner)
        try:
            settled(await behind.wallets.recall(call(request, form, "wallets.recall", wish, wish)))
        except Refusal as refusal:
            found = await behind.wallets.get_transfer(named, user_id=me(request).owner)
            return await _page_of(behind, request, found, form.refused(refusal))
        return done(request, f"{HOME}/transfers/{named}", "transfer_recalled")

    return [show_sent_transfer, recall_transfer]


async def _page_of(behind: Behind, request: PageRequest, transfer: Transfer, form: Form) -> Response[bytes]:
    mine = transfer.payer_id == me(request).owner
    left = transfer.arrives_at - behind.clock.now() if transfer.arrives_at is not None else None
    tone, sign = TONES[transfer.state]
    return await show(
        behind,
        request,
        "wallet/transfer_one.html",
        here="transfer",
        form=form,
        transfer=transfer,
        mine=mine,
        other=await known_as(behind, transfer.payee_id if mine else transfer.payer_id),
        tone=tone,
        sign=sign,
        seconds_left=int(left.total_seconds()) if left is not None and transfer.ended_at is None else 0,
    )


async def known_as(behind: Behind, user_id: str) -> Payee | None:
    """The other side, masked; none if they are here no more."""
    try:
        return await behind.people.users.payee_of(user_id)
    except NoSuchUser:
        return None


def _checked(transfer_id: str) -> str:
    return check_id(transfer_id, prefix="trf", field="transfer_id")
