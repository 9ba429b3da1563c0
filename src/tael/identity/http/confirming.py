"""Is this what I want? What a user sees of a confirmation, and how they show what it takes."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from tael.foundation.db import Transaction
from tael.foundation.http.calls import IdempotencyKey
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.identity.api import Shown
from tael.identity.errors import (
    CodeRefused,
    ConfirmationExpired,
    ConfirmationUsed,
    FactorRefused,
    NoSuchConfirmation,
    PasskeyRefused,
    PasskeyTooYoung,
    PaymentPasswordMissing,
    TooBusy,
    TooManyCodes,
    TooManyTries,
)
from tael.identity.http.asking import (
    LOOK,
    TAGS,
    AnyRequest,
    Desk,
    Said,
    Work,
    nothing,
    present_of,
    visitor_of,
)
from tael.identity.model import Factor
from tael.identity.rules.codes import CODE_LIFETIME
from tael.identity.schemas import (
    ConfirmationBody,
    NothingMore,
    ProofRequest,
    QuestionBody,
    SentBody,
    confirmation_body,
    question_body,
)

ConfirmationId = Annotated[str, PathParameter(description="`cfm_` and 26 characters, as the API gave it")]
_NOT_OPEN = [NoSuchConfirmation, ConfirmationUsed, ConfirmationExpired, FactorRefused]


def confirmation_routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Confirmations; they are asked for where the act is."""
    return [*_looks(desk), _send_code(desk), _confirm(desk)]


def _looks(desk: Desk) -> list[HTTPRouteHandler]:
    @get(
        "/v1/me/confirmations/{confirmation_id:str}",
        opt={"permission": LOOK, REFUSES: [NoSuchConfirmation]},
        tags=TAGS,
    )
    async def get_my_confirmation(request: AnyRequest, confirmation_id: ConfirmationId) -> ConfirmationBody:
        """Get a confirmation. What the act is, and which factors are missing; in the session in which it was asked."""
        id = check_id(confirmation_id, prefix="cfm", field="confirmation_id")
        return confirmation_body(await desk.identity.confirmation(present_of(request), id))

    @get(
        "/v1/me/confirmations/{confirmation_id:str}/passkey",
        opt={"permission": LOOK, REFUSES: _NOT_OPEN},
        tags=TAGS,
    )
    async def ask_passkey_to_confirm(request: AnyRequest, confirmation_id: ConfirmationId) -> QuestionBody:
        """Get what a passkey is asked to sign this act."""
        id = check_id(confirmation_id, prefix="cfm", field="confirmation_id")
        return question_body(await desk.identity.ask_passkey(present_of(request), confirmation_id=id))

    return [get_my_confirmation, ask_passkey_to_confirm]


def _send_code(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/confirmations/{confirmation_id:str}/code",
        status_code=200,
        opt={"permission": LOOK, REFUSES: [*_NOT_OPEN, TooManyCodes]},
        tags=TAGS,
        responses=answers(200, SentBody, "A code is on its way"),
    )
    async def send_confirmation_code(
        request: AnyRequest,
        confirmation_id: ConfirmationId,
        data: JSONBody[NothingMore],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Send yourself a one-time code for an act. It confirms this act and no other."""
        id, present = check_id(confirmation_id, prefix="cfm", field="confirmation_id"), present_of(request)
        owner = caller_of(request).owner

        async def act(tx: Transaction, _: None) -> tuple[str, SentBody]:
            confirmation, code = await desk.identity.make_confirmation_code(tx, present, id)
            await desk.around.send(tx, owner, code, confirmation.words)
            return id, SentBody(id=id, good_for_seconds=int(CODE_LIFETIME.total_seconds()))

        work = Work(action="send_confirmation_code", said=Said(id, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return send_confirmation_code


def _confirm(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/confirmations/{confirmation_id:str}/confirm",
        status_code=200,
        opt={
            "permission": LOOK,
            REFUSES: [
                *_NOT_OPEN,
                CodeRefused,
                PasskeyRefused,
                PasskeyTooYoung,
                PaymentPasswordMissing,
                TooManyTries,
                TooBusy,
            ],
        },
        tags=TAGS,
        responses=answers(200, ConfirmationBody, "As it stands, with what is missing"),
    )
    async def confirm_act(
        request: AnyRequest,
        confirmation_id: ConfirmationId,
        data: JSONBody[ProofRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Show one factor for an act. When nothing is missing, do the act with this confirmation."""
        id, present = check_id(confirmation_id, prefix="cfm", field="confirmation_id"), present_of(request)
        factor, visitor = Factor(data.factor), visitor_of(request)

        async def ready() -> Shown | None:
            return await desk.identity.compare_for(present, id, factor, data.proof, visitor)

        async def act(tx: Transaction, shown: Shown | None) -> tuple[str, ConfirmationBody]:
            return id, confirmation_body(await desk.identity.confirm_in(tx, present, id, shown, visitor))

        async def refused(tx: Transaction, shown: Shown | None) -> None:
            await desk.identity.tell_wrong_proof(tx, shown, visitor, action="confirm")

        work = Work(action="confirm", said=Said(id, factor), ready=ready, act=act, refused=refused)
        return await desk.respond(request, idempotency_key, work)

    return confirm_act
