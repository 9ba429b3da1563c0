"""How is money given to several? In a red packet: sent, opened by whoever it is for, and what is left goes back."""

from typing import Annotated, cast

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.calls import Answer
from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id, new_id
from tael.identity.model import Strength
from tael.users.api import circumstances_of
from tael.wallets.api.asking import AskAbout
from tael.wallets.api.packets import ClaimShare, SendPacket
from tael.wallets.model import SpendingKind
from tael.wallets.model.packets import SHOWN_AS, PacketKind, PacketState
from tael.wallets.schemas.fields import Note
from tael.web.ui.acting import Made
from tael.web.ui.forms import Form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.wallet.acting import (
    LOOK,
    PAY,
    action,
    answer_as,
    call,
    done,
    go_to,
    me,
    page,
    read_form,
    settled,
    show,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.confirming import Act, carry_out
from tael.web.wallet.refusals import about, sharper
from tael.web.wallet.session import HOME
from tael.web.wallet.spendable import balance_of, check_early
from tael.web.wallet.transfers import known_as
from tael.web.wallet.typed import CURRENCY, money_in

HERE = f"{HOME}/packets"
_SHOWN = 20
TONES = {PacketState.OPEN: "warning", PacketState.EMPTY: "good"}


class _Wish(msgspec.Struct, frozen=True, kw_only=True):
    amount: str
    kind: PacketKind = PacketKind.RANDOM
    shares: Annotated[int, Meta(ge=1, le=9_999)]
    greeting: Note = ""


def packet_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Send one, look, open."""
    return [*_sending(behind), *_one(behind)]


def _sending(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HERE, permission=PAY)
    async def show_packets(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(HERE, permission=PAY)
    async def send_packet(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            wish = form.into(_Wish)
            if not form.text("confirmation"):
                amount = money_in(form)
                behind.wallets.packets.check(amount, wish.shares, owner_id=me(request).owner)
                await check_early(behind, request, SpendingKind.TRANSFER, amount)
            sent = await carry_out(behind, request, form, _act(behind, request, form, wish), _packet_in)
        except Refusal as refusal:
            refusal = about(sharper(refusal), "amount_minor", on_page="amount")
            return await _page_of(behind, request, form.refused(refusal))
        if isinstance(sent, Response):
            return sent
        return done(request, f"{HERE}/{sent.id}", "packet_sent")

    return [show_packets, send_packet]


def _one(behind: Behind) -> list[HTTPRouteHandler]:
    @page(f"{HERE}/{{packet_id:str}}", permission=LOOK)
    async def show_packet(request: PageRequest, packet_id: FromPath[str]) -> Response[bytes]:
        return await _packet_page(behind, request, _checked(packet_id), Form())

    @action(f"{HERE}/{{packet_id:str}}/open", permission=PAY)
    async def open_packet(request: PageRequest, packet_id: FromPath[str]) -> Response[bytes]:
        form, named = await read_form(request), _checked(packet_id)
        wish = ClaimShare(packet_id=named, user_id=me(request).owner)
        try:
            settled(await behind.wallets.packets.claim(call(request, form, "wallets.claim", wish, wish)))
        except Refusal as refusal:
            return await _packet_page(behind, request, named, form.refused(refusal))
        return go_to(request, f"{HERE}/{named}")

    return [show_packet, open_packet]


def _act(behind: Behind, request: PageRequest, form: Form, said: _Wish) -> Act:
    amount, who = money_in(form), me(request)
    packet = SendPacket(
        id=new_id("pkt"),
        owner_id=who.owner,
        login_id=who.present.login.id,
        kind=said.kind,
        amount_minor=amount.minor,
        currency=amount.currency,
        shares=said.shares,
        greeting=said.greeting,
        circumstances=circumstances_of(request, behind.clock),
    )

    async def do(confirmation_id: str | None) -> object:
        wish = msgspec.structs.replace(packet, confirmation_id=confirmation_id)
        return await behind.wallets.packets.send(call(request, form, "wallets.send_red_packet", said, wish))

    async def ask(strength: Strength) -> str:
        wish = AskAbout(
            user_id=who.owner,
            login_id=who.present.login.id,
            session_id=who.present.session.id,
            kind=SpendingKind.TRANSFER,
            amount_minor=amount.minor,
            currency=amount.currency,
            to=packet.terms,
            to_shown=CATALOGUES[reader_of(request).language].say(
                f"wallet.packets.cut_of.{packet.kind}", shares=packet.shares
            ),
            shown_as=SHOWN_AS,
            at_least=strength,
        )
        asked = await behind.wallets.asking.about(wish)
        return asked.confirmation_id

    return Act(here="packets", address=HERE, back=HERE, do=do, ask=ask)


def _packet_in(answer: object) -> Made:
    return answer_as(cast(Answer, answer), Made)


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    user_id, rule = me(request).owner, behind.wallets.rule
    return await show(
        behind,
        request,
        "wallet/packets.html",
        here="packets",
        form=form,
        sent=await behind.wallets.packets.sent(user_id, before=None, limit=_SHOWN),
        waiting=await behind.wallets.packets.waiting_for(user_id, before=None, limit=_SHOWN),
        balance=await balance_of(behind, request, CURRENCY),
        most_shares=rule.packet_shares,
        share_minor=rule.currencies[CURRENCY].packet_share_minor,
        hours=rule.packet_hours,
        tones=TONES,
    )


async def _packet_page(behind: Behind, request: PageRequest, packet_id: str, form: Form) -> Response[bytes]:
    user_id = me(request).owner
    view = await behind.wallets.packets.get(packet_id, user_id=user_id)
    names = {each.user_id: await known_as(behind, each.user_id or "") for each in view.claims if each.user_id}
    over = view.packet.state is not PacketState.OPEN or view.packet.expires_at <= behind.clock.now()
    return await show(
        behind,
        request,
        "wallet/packet_one.html",
        here="packets",
        form=form,
        view=view,
        packet=view.packet,
        own=view.packet.owner_id == user_id,
        sender=await known_as(behind, view.packet.owner_id),
        names=names,
        over=over,
        address=f"{behind.public_url}{HERE}/{packet_id}",
        tones=TONES,
    )


def _checked(packet_id: str) -> str:
    return check_id(packet_id, prefix="pkt", field="packet_id")
