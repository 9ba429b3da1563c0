"""How is a user asked whether they want to send exactly this?"""

from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.ids import check_id
from tael.users.api import Users, me
from tael.users.errors import NoSuchUser
from tael.wallets.api import Wallets
from tael.wallets.api.asking import AskAbout
from tael.wallets.errors import LimitReached, NoSuchCode, PayeeCannotReceive, WalletMalformed
from tael.wallets.http.forms import ACT, AnyRequest
from tael.wallets.http.transfers import who_is_meant
from tael.wallets.model import SpendingKind
from tael.wallets.rules.codes import personal_code_in
from tael.wallets.schemas.orders import AskAboutTransferRequest, AskedActBody

_ACTION = "wallets.ask_transfer"


def asking_routes(wallets: Wallets, users: Users) -> list[HTTPRouteHandler]:
    """Be asked about a transfer; about an order: `orders`."""
    return [_ask(wallets, users)]


def _ask(wallets: Wallets, users: Users) -> HTTPRouteHandler:
    @post(
        "/v1/me/transfer_confirmations",
        opt={
            "permission": ACT,
            REFUSES: [NoSuchUser, NoSuchCode, PayeeCannotReceive, LimitReached, WalletMalformed],
        },
        tags=["Transfers"],
        status_code=200,
        responses=answers(200, AskedActBody, "How it is to be confirmed"),
    )
    async def confirm_transfer(
        request: AnyRequest, data: JSONBody[AskAboutTransferRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Ask for a confirmation of a transfer. Says how strongly it is to be confirmed, and by what, if it is at all."""
        user = me(request)
        again = await wallets.answer_again(a_call(request, _ACTION, idempotency_key, data, data))
        if again is not None:
            return respond(again)
        if personal_code_in(data.payee) is None:
            check_id(data.payee, prefix="usr", field="payee")
        _, payee = await who_is_meant(wallets, users, data.payee)
        wish = AskAbout(
            user_id=user.owner,
            login_id=user.present.login.id,
            session_id=user.present.session.id,
            kind=SpendingKind.TRANSFER,
            amount_minor=data.amount_minor,
            currency=data.currency,
            to=payee.user_id,
            payee_id=payee.user_id,
            to_shown=f"{payee.name} {payee.phone}".strip(),
            at_least=data.at_least,
        )
        call = a_call(request, _ACTION, idempotency_key, data, wish)
        return respond(await wallets.asking.answer(call))

    return confirm_transfer
