"""How does a merchant's server send a payer to pay? Checkout sessions: create, look, end."""

from datetime import timedelta
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from tael.channels.port import Product
from tael.checkout.api import EndSession, OpenSession, Sessions, new_session
from tael.checkout.errors import CheckoutMalformed, NoSuchSession
from tael.checkout.http.forms import READ, WRITE, AnyRequest, SessionId, fetch_page
from tael.checkout.model import SessionState, SessionTerms, SessionUi
from tael.checkout.rules.sessions import amount_of
from tael.checkout.schemas import CreateSessionRequest, ExpireSessionRequest, SessionBody, session_body
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.merchants.api import Merchants
from tael.payments.api import Means
from tael.payments.errors import AlreadyCaptured, PaymentMalformed
from tael.routing.errors import NoChannel

_TAGS = ["Checkout"]
_AS_SAID = [
    field.name
    for field in msgspec.structs.fields(SessionTerms)
    if field.name not in ("currency", "description", "methods")
]
WithState = Annotated[
    SessionState | None,
    QueryParameter(name="state", description=f"Only those in this state: {', '.join(SessionState)}"),
]


def session_routes(
    sessions: Sessions, merchants: Merchants, clock: Clock, settings: Settings
) -> list[HTTPRouteHandler]:
    """Create, look, end."""
    return [
        _create(sessions, merchants, clock),
        _get(sessions),
        _list(sessions, settings),
        _expire(sessions),
    ]


def _create(sessions: Sessions, merchants: Merchants, clock: Clock) -> HTTPRouteHandler:
    @post(
        "/v1/checkout_sessions",
        opt={"permission": WRITE, REFUSES: [CheckoutMalformed, PaymentMalformed, NoChannel]},
        tags=_TAGS,
        responses=answers(
            201, SessionBody, "The session", pending="The session; the wallet has not answered yet"
        ),
    )
    async def create_checkout_session(
        request: AnyRequest, data: JSONBody[CreateSessionRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Create a checkout session. Send the payer to its `url`; or give its `action` to the wallet's kit."""
        owner = caller_of(request).owner
        means = _means(data)
        now = clock.now()
        said = msgspec.structs.asdict(data)
        session = new_session(
            owner,
            origin="api",
            amount_minor=amount_of(data.amount_minor, data.line_items, data.currency),
            currency=data.currency,
            now=now,
            description=data.description,
            **{name: said[name] for name in _AS_SAID},
            methods=data.methods if data.method is None else (data.method,),
            expires_at=now + timedelta(seconds=data.expires_in_seconds),
        )
        command = OpenSession(session=session, merchant=await merchants.get(owner), means=means)
        call = a_call(request, "checkout.create_session", idempotency_key, data, command)
        return respond(await sessions.create(call))

    return create_checkout_session


def _get(sessions: Sessions) -> HTTPRouteHandler:
    @get(
        "/v1/checkout_sessions/{session_id:str}",
        opt={"permission": READ, REFUSES: [NoSuchSession]},
        tags=_TAGS,
    )
    async def get_checkout_session(request: AnyRequest, session_id: SessionId) -> SessionBody:
        """Get a checkout session. Its payment says the rest."""
        found = await sessions.get(_checked(session_id), merchant_id=caller_of(request).owner)
        return await sessions.shown(found)

    return get_checkout_session


def _list(sessions: Sessions, settings: Settings) -> HTTPRouteHandler:
    @get("/v1/checkout_sessions", opt={"permission": READ}, tags=_TAGS)
    async def list_checkout_sessions(
        request: AnyRequest, *, limit: Limit = 50, cursor: Cursor = None, session_state: WithState = None
    ) -> Page[SessionBody]:
        """List checkout sessions. Newest first; send `next_cursor` as `cursor` for the next page."""
        fetch = partial(sessions.page, caller_of(request).owner, state=session_state)
        body = partial(session_body, public_url=settings.public_url)
        return await fetch_page(fetch, body, limit=limit, cursor=cursor, prefix="cs")

    return list_checkout_sessions


def _expire(sessions: Sessions) -> HTTPRouteHandler:
    @post(
        "/v1/checkout_sessions/{session_id:str}/expire",
        opt={"permission": WRITE, REFUSES: [NoSuchSession, AlreadyCaptured]},
        tags=_TAGS,
        status_code=200,
        responses=answers(
            200, SessionBody, "The session, ended", pending="The session; a channel has not confirmed it yet"
        ),
    )
    async def expire_checkout_session(
        request: AnyRequest,
        session_id: SessionId,
        data: JSONBody[ExpireSessionRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Expire a checkout session. Nobody can pay it any more; 202 while a channel has not confirmed it."""
        command = EndSession(session_id=_checked(session_id), merchant_id=caller_of(request).owner)
        call = a_call(request, "checkout.expire_session", idempotency_key, data, command, about=session_id)
        return respond(await sessions.expire(call))

    return expire_checkout_session


def _means(data: CreateSessionRequest) -> Means | None:
    """With what the payer pays where a wallet's kit wants parameters; refuses `CheckoutMalformed`."""
    if data.ui is SessionUi.HOSTED:
        if data.method is not None or data.payer_id:
            raise CheckoutMalformed(
                "On our page the payer chooses the way to pay.", field="method", hint="Use `methods`."
            )
        return None
    if data.method is None or (data.methods and data.method not in data.methods):
        raise CheckoutMalformed("Which wallet does the payer pay in?", field="method")
    if data.ui is SessionUi.JSAPI and not data.payer_id:
        raise CheckoutMalformed("jsapi needs payer_id.", field="payer_id")
    if data.tip_percents:
        raise CheckoutMalformed("Only our page can ask for a tip.", field="tip_percents")
    return Means(product=Product(data.ui), payer_id=data.payer_id)


def _checked(session_id: str) -> str:
    return check_id(session_id, prefix="cs", field="session_id")
