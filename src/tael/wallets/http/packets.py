"""How does a user send red packets, and claim a share of one?"""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.ids import check_id, new_id
from tael.standing.errors import NotPermitted
from tael.users.api import Users, circumstances_of, me
from tael.wallets.api import Wallets
from tael.wallets.api.asking import AskAbout
from tael.wallets.api.packets import ClaimShare, SendPacket
from tael.wallets.errors import (
    LimitReached,
    NoSuchPacket,
    NoSuchPayee,
    PacketEmpty,
    PacketOver,
    WalletFrozen,
    WalletMalformed,
)
from tael.wallets.http.forms import ACT, LOOK, AnyRequest, PacketId
from tael.wallets.http.transfers import SPENDING_REFUSED
from tael.wallets.model import SpendingKind
from tael.wallets.model.packets import SHOWN_AS, PacketKind
from tael.wallets.schemas.orders import AskedActBody
from tael.wallets.schemas.packets import (
    ConfirmRedPacketRequest,
    RedPacketBody,
    RedPacketWish,
    SendRedPacketRequest,
    new_red_packet_body,
    red_packet_body,
)

_TAGS = ["Red packets"]
_NAMED = 5
_CUT = {
    PacketKind.EQUAL: "{shares} shares, all the same",
    PacketKind.RANDOM: "{shares} shares, cut at random",
}
_ForMe = Annotated[
    bool, QueryParameter(description="Those that others sent you by name and that wait for you to claim")
]


def packet_routes(wallets: Wallets, users: Users) -> list[HTTPRouteHandler]:
    """Confirm, send, look, claim."""
    return [
        _ask(wallets, users),
        _send(wallets),
        _list(wallets),
        _get(wallets),
        _claim(wallets),
    ]


def _ask(wallets: Wallets, users: Users) -> HTTPRouteHandler:
    @post(
        "/v1/me/red_packet_confirmations",
        opt={"permission": ACT, REFUSES: [LimitReached, WalletMalformed]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, AskedActBody, "How it is to be confirmed"),
    )
    async def confirm_red_packet(
        request: AnyRequest, data: JSONBody[ConfirmRedPacketRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Ask for a confirmation of a red packet. Of exactly this: its amount, how it is cut, and for whom it is."""
        user, packet = me(request), _command(request, wallets, data)
        wish = AskAbout(
            user_id=user.owner,
            login_id=user.present.login.id,
            session_id=user.present.session.id,
            kind=SpendingKind.TRANSFER,
            amount_minor=packet.amount_minor,
            currency=packet.currency,
            to=packet.terms,
            to_shown=await _shown(users, packet),
            shown_as=SHOWN_AS,
            at_least=data.at_least,
        )
        call = a_call(request, "wallets.ask_red_packet", idempotency_key, data, wish)
        return respond(await wallets.asking.answer(call))

    return confirm_red_packet


async def _shown(users: Users, packet: SendPacket) -> str:
    """How it is cut, and the masked names of those whom it is for; the first few of many."""
    known = await users.known(packet.only_for[:_NAMED])
    names = [
        f"{who.person.payee_shown if who.person else ''} {who.user.phone_shown}" for who in known.values()
    ]
    more = "…" if len(packet.only_for) > _NAMED else ""
    cut = _CUT[packet.kind].format(shares=packet.shares)
    return f"{cut}, for {', '.join(names)}{more}" if names else cut


def _send(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/red_packets",
        opt={"permission": ACT, REFUSES: [*SPENDING_REFUSED, NoSuchPayee]},
        tags=_TAGS,
        responses=answers(201, RedPacketBody, "The red packet"),
    )
    async def send_red_packet(
        request: AnyRequest, data: JSONBody[SendRedPacketRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Send a red packet. The money leaves your wallet now; what nobody claims in time comes back."""
        command = _command(
            request, wallets, data, greeting=data.greeting, confirmation_id=data.confirmation_id
        )
        call = a_call(request, "wallets.send_red_packet", idempotency_key, data, command)
        return respond(await wallets.packets.send(call))

    return send_red_packet


def _command(
    request: AnyRequest,
    wallets: Wallets,
    data: RedPacketWish,
    *,
    greeting: str = "",
    confirmation_id: str | None = None,
) -> SendPacket:
    owner = me(request)
    return SendPacket(
        id=new_id("pkt"),
        owner_id=owner.owner,
        login_id=owner.present.login.id,
        kind=data.kind,
        amount_minor=data.amount_minor,
        currency=data.currency,
        shares=data.shares,
        greeting=greeting,
        only_for=data.only_for,
        confirmation_id=confirmation_id,
        circumstances=circumstances_of(request, wallets.clock),
    )


def _list(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/red_packets", opt={"permission": LOOK}, tags=_TAGS)
    async def list_red_packets(
        request: AnyRequest, *, limit: Limit = 50, cursor: Cursor = None, for_me: _ForMe = False
    ) -> Page[RedPacketBody]:
        """List red packets. Those that you sent, or those that wait for you; newest first."""
        before = id_in(cursor, prefix="pkt")
        look = wallets.packets.waiting_for if for_me else wallets.packets.sent
        found = await look(me(request).owner, before=before, limit=limit + 1)
        return page_of([new_red_packet_body(packet) for packet in found], limit)

    return list_red_packets


def _get(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/red_packets/{packet_id:str}", opt={"permission": LOOK, REFUSES: [NoSuchPacket]}, tags=_TAGS)
    async def get_red_packet(request: AnyRequest, packet_id: PacketId) -> RedPacketBody:
        """Get a red packet. With what you took; its sender sees who took what."""
        return red_packet_body(await wallets.packets.get(_checked(packet_id), user_id=me(request).owner))

    return get_red_packet


def _claim(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/red_packets/{packet_id:str}/claim",
        opt={"permission": ACT, REFUSES: [NoSuchPacket, PacketEmpty, PacketOver, WalletFrozen, NotPermitted]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, RedPacketBody, "The red packet, with what you took"),
    )
    async def claim_red_packet(
        request: AnyRequest, packet_id: PacketId, idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Claim a share. Once; whoever claims again is told what they took."""
        command = ClaimShare(packet_id=_checked(packet_id), user_id=me(request).owner)
        call = a_call(request, "wallets.claim", idempotency_key, None, command, about=packet_id)
        return respond(await wallets.packets.claim(call))

    return claim_red_packet


def _checked(packet_id: str) -> str:
    return check_id(packet_id, prefix="pkt", field="packet_id")
