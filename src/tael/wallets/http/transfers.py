"""How does a user send money? Look for the payee, send, look, take back."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.limits import Limits
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.ids import check_id, new_id
from tael.standing.errors import NotPermitted
from tael.users.api import Users, circumstances_of, me
from tael.users.errors import NoSuchUser
from tael.users.model import Payee
from tael.wallets.api import RecallTransfer, SendTransfer, Wallets
from tael.wallets.api.lookups import Lookups
from tael.wallets.errors import (
    CodeNotForRemote,
    ConfirmationMissing,
    LimitReached,
    NameCheckFailed,
    NameCheckNeeded,
    NoSuchCode,
    NoSuchTransfer,
    NotEnough,
    NotRecallable,
    PayeeCannotReceive,
    QuizOwed,
    TooManyLookups,
    WalletFrozen,
    WalletMalformed,
)
from tael.wallets.http.forms import (
    ACT,
    LOOK,
    AnyRequest,
    TransferId,
)
from tael.wallets.model.codes import PersonalCode
from tael.wallets.schemas.payees import FindPayeeRequest, PayeeBody
from tael.wallets.schemas.transfers import (
    SendTransferRequest,
    TransferBody,
    TransfersBody,
    transfer_body,
)

_TAGS = ["Transfers"]
_USER = "usr_"
"""What a payee begins with who was found before."""
SPENDING_REFUSED = (
    NotEnough,
    LimitReached,
    WalletFrozen,
    ConfirmationMissing,
    QuizOwed,
    WalletMalformed,
    NotPermitted,
)
"""Why money does not leave a wallet, whatever for."""


def transfer_routes(wallets: Wallets, users: Users, lookups: Limits) -> list[HTTPRouteHandler]:
    """Look for a payee, send, look, take back. lookups: counts how often somebody looks."""
    counted = Lookups(lookups, wallets)
    return [
        _find_payee(wallets, users, counted),
        _send(wallets, users, counted),
        _get(wallets),
        _list(wallets),
        _recall(wallets),
    ]


def _find_payee(wallets: Wallets, users: Users, lookups: Lookups) -> HTTPRouteHandler:
    @post(
        "/v1/me/payees",
        opt={"permission": ACT, REFUSES: [NoSuchUser, NoSuchCode, TooManyLookups]},
        tags=_TAGS,
        status_code=200,
    )
    async def find_payee(request: AnyRequest, data: JSONBody[FindPayeeRequest]) -> PayeeBody:
        """Find a payee. Shows enough of them to see that it is the right person, before anything is sent."""
        payer = me(request).owner
        await lookups.count(payer)
        code, found = await who_is_meant(wallets, users, data.payee)
        return PayeeBody(
            payee=found.user_id if code is None else code.code,
            name=found.name,
            phone=found.phone,
            verified=found.verified,
            name_check=not await wallets.knows(payer, found.user_id),
        )

    return find_payee


async def who_is_meant(wallets: Wallets, users: Users, said: str) -> tuple[PersonalCode | None, Payee]:
    """A payee, and by which code they were named, if they were; refuses `NoSuchUser`, `NoSuchCode`.

    Whoever has seen a code is told no id: it would outlive the code, and be paid without the rules of codes.
    """
    code = await wallets.codes.find(said)
    if code is not None:
        wallets.codes.check_good(code)
    return code, await users.payee_of(said if code is None else code.user_id)


def _send(wallets: Wallets, users: Users, lookups: Lookups) -> HTTPRouteHandler:
    @post(
        "/v1/me/transfers",
        opt={
            "permission": ACT,
            REFUSES: [
                *SPENDING_REFUSED,
                NoSuchUser,
                PayeeCannotReceive,
                NameCheckNeeded,
                NameCheckFailed,
                NoSuchCode,
                CodeNotForRemote,
                TooManyLookups,
            ],
        },
        tags=_TAGS,
        responses=answers(201, TransferBody, "The transfer"),
    )
    async def send_transfer(
        request: AnyRequest, data: JSONBody[SendTransferRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Send money to a user. At once, or later: until it arrives you can take it back."""
        payer = me(request)
        if not data.payee.startswith(_USER) or data.name_check is not None:
            call = a_call(request, "wallets.transfer", idempotency_key, data, data)
            again = await wallets.answer_again(call)
            if again is not None:
                return respond(again)
        payee_id, code, static = await _payee(wallets, users, lookups, data, payer=payer.owner)
        if data.name_check is not None:
            await _check_name(users, lookups, payee_id, data.name_check, payer=payer.owner)
        command = SendTransfer(
            id=new_id("trf"),
            payer_id=payer.owner,
            login_id=payer.present.login.id,
            payee_id=payee_id,
            amount_minor=data.amount_minor,
            currency=data.currency,
            delay_hours=data.delay_hours,
            note=data.note,
            code=code,
            static=static,
            name_checked=data.name_check is not None,
            confirmation_id=data.confirmation_id,
            circumstances=circumstances_of(request, wallets.clock),
        )
        return respond(
            await wallets.transfer(a_call(request, "wallets.transfer", idempotency_key, data, command))
        )

    return send_transfer


async def _payee(
    wallets: Wallets, users: Users, lookups: Lookups, data: SendTransferRequest, *, payer: str
) -> tuple[str, str | None, bool]:
    """Who is meant, by which code, and whether that is a static one. Whoever names a number looks for a payee."""
    if data.payee.startswith(_USER):
        return check_id(data.payee, prefix="usr", field="payee"), None, False
    code = await wallets.codes.find(data.payee)
    if code is None:
        await lookups.count(payer)
        return (await users.payee_of(data.payee)).user_id, None, False
    wallets.codes.check(code, amount_minor=data.amount_minor, currency=data.currency, scanned=data.scanned)
    return code.user_id, code.code, code.expires_at is None


async def _check_name(users: Users, lookups: Lookups, payee_id: str, said: str, *, payer: str) -> None:
    """Refuses `NameCheckFailed`, `TooManyLookups`: nobody finds the name out by trying."""
    async with lookups.counting_wrong(payer, payee_id):
        if not await users.is_named(payee_id, said):
            raise NameCheckFailed(
                "That is not what is hidden of the payee's name.",
                field="name_check",
                hint="Ask the person themselves whether it is really them.",
            )


def _get(wallets: Wallets) -> HTTPRouteHandler:
    @get(
        "/v1/me/transfers/{transfer_id:str}", opt={"permission": LOOK, REFUSES: [NoSuchTransfer]}, tags=_TAGS
    )
    async def get_transfer(request: AnyRequest, transfer_id: TransferId) -> TransferBody:
        """Get a transfer. One that I sent, or one that I receive."""
        return transfer_body(await wallets.get_transfer(_checked(transfer_id), user_id=me(request).owner))

    return get_transfer


def _list(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/transfers", opt={"permission": LOOK}, tags=_TAGS)
    async def list_transfers_on_their_way(request: AnyRequest) -> TransfersBody:
        """List transfers on their way. The newest 50, from me and to me; what has arrived is in the bills."""
        found = await wallets.on_their_way(me(request).owner)
        return TransfersBody(items=[transfer_body(transfer) for transfer in found])

    return list_transfers_on_their_way


def _recall(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/transfers/{transfer_id:str}/recall",
        opt={"permission": ACT, REFUSES: [NoSuchTransfer, NotRecallable]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, TransferBody, "The transfer, recalled"),
    )
    async def recall_transfer(
        request: AnyRequest, transfer_id: TransferId, idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Take a transfer back. As long as it has not arrived; what it had used of your limits is free again."""
        command = RecallTransfer(transfer_id=_checked(transfer_id), payer_id=me(request).owner)
        call = a_call(request, "wallets.recall", idempotency_key, None, command, about=transfer_id)
        return respond(await wallets.recall(call))

    return recall_transfer


def _checked(transfer_id: str) -> str:
    return check_id(transfer_id, prefix="trf", field="transfer_id")
