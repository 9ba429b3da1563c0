"""How does a merchant keep customers, their payment methods and mandates? Routes of the public API."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.customers import schemas
from tael.customers.api import Asked, Customers
from tael.customers.errors import (
    CustomerExists,
    CustomerMalformed,
    MethodDetached,
    NoSuchCustomer,
    NoSuchMandate,
    NoSuchPaymentMethod,
)
from tael.customers.schemas import CustomerBody, MandateBody, MethodBody
from tael.foundation.calls import Call
from tael.foundation.errors import Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.printable import PRINTABLE

READ, WRITE = "customers.read", "customers.write"

AnyRequest = Request[Any, Any, Any]
Id = Annotated[str, PathParameter(description="The id, as the API gave it")]
WithReference = Annotated[
    str | None,
    QueryParameter(max_length=64, pattern=PRINTABLE, description="Only the one with this reference of yours"),
]
OfCustomer = Annotated[
    str | None, QueryParameter(name="customer", max_length=40, description="Only this customer's")
]
OfMethod = Annotated[
    str | None,
    QueryParameter(name="payment_method", max_length=40, description="Only about this payment method"),
]


class On(msgspec.Struct, frozen=True):
    """What a request was about, and what it said: a repeat must say the same of the same."""

    about: str
    body: msgspec.Struct


class Change(msgspec.Struct, frozen=True):
    """One route that changes something."""

    path: str
    name: str
    command: type[schemas.Strict]
    gives: type[Any]
    says: str
    tag: str
    prefix: str = ""
    """Of the id in the address, if there is one."""
    refuses: Sequence[type[Refusal]] = ()


_METHODS, _MANDATES, _CUSTOMERS = "Payment methods", "Mandates", "Customers"
CHANGES = (
    Change(
        "/v1/customers",
        "create_customer",
        schemas.CreateCustomerRequest,
        CustomerBody,
        "Create a customer. A payer whom you know; what tells who they are is kept sealed and shown masked.",
        _CUSTOMERS,
        refuses=(CustomerExists,),
    ),
    Change(
        "/v1/card_fields",
        "open_card_fields",
        schemas.CardFieldsRequest,
        schemas.CardFieldsBody,
        "Open card fields. The payer types the card into a page of our vault; you get a token.",
        _METHODS,
        refuses=(CustomerMalformed,),
    ),
    Change(
        "/v1/payment_methods",
        "save_payment_method",
        schemas.SaveMethodRequest,
        MethodBody,
        "Save a payment method. With the consent of its payer, to pay with it again.",
        _METHODS,
        refuses=(NoSuchCustomer, NoSuchPaymentMethod, CustomerMalformed),
    ),
    Change(
        "/v1/payment_methods/{id:str}/detach",
        "detach_payment_method",
        schemas.DetachRequest,
        MethodBody,
        "Detach a payment method. Its card is forgotten for good, and its mandates end.",
        _METHODS,
        "pm",
        (NoSuchPaymentMethod,),
    ),
    Change(
        "/v1/mandates",
        "create_mandate",
        schemas.CreateMandateRequest,
        MandateBody,
        "Create a mandate. The payer's consent to be charged while they are not there, within limits.",
        _MANDATES,
        refuses=(NoSuchPaymentMethod, MethodDetached, CustomerMalformed),
    ),
    Change(
        "/v1/mandates/{id:str}/revoke",
        "revoke_mandate",
        schemas.RevokeRequest,
        MandateBody,
        "End a mandate. Nobody is charged by it from now on.",
        _MANDATES,
        "mdt",
        (NoSuchMandate,),
    ),
)


def customer_routes(customers: Customers) -> list[HTTPRouteHandler]:
    """Customers, payment methods and mandates."""
    return [
        *(_change(customers, change) for change in CHANGES),
        *_lists(customers),
        *_looks(customers),
    ]


def _change(customers: Customers, change: Change) -> HTTPRouteHandler:
    handler = _about_one(customers, change) if change.prefix else _about_none(customers, change)
    handler.__name__ = change.name
    handler.__doc__ = change.says
    handler.__annotations__["data"] = cast(Any, JSONBody)[change.command]
    status = 200 if change.prefix else 201
    return post(
        change.path,
        status_code=status,
        opt={"permission": WRITE, REFUSES: list(change.refuses)},
        tags=[change.tag],
        responses={
            status: ResponseSpec(change.gives, description="As it stands afterwards", generate_examples=False)
        },
    )(handler)


def _about_one(customers: Customers, change: Change) -> Callable[..., Any]:
    async def handler(
        request: AnyRequest, id: Id, data: Any, idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        about = check_id(id, prefix=change.prefix)
        return await _answer(customers, change, request, about=about, command=data, key=idempotency_key)

    return handler


def _about_none(customers: Customers, change: Change) -> Callable[..., Any]:
    async def handler(request: AnyRequest, data: Any, idempotency_key: IdempotencyKey) -> Response[Any]:
        return await _answer(customers, change, request, about="", command=data, key=idempotency_key)

    return handler


async def _answer(
    customers: Customers,
    change: Change,
    request: AnyRequest,
    *,
    about: str,
    command: schemas.Strict,
    key: str,
) -> Response[Any]:
    caller = caller_of(request)
    call = Call(
        caller=caller,
        action=f"customers.{change.name}",
        key=key,
        request=On(about, command),
        command=Asked(merchant_id=caller.owner, about=about, command=command),
    )
    return respond(await customers.answer(call))


def _lists(customers: Customers) -> list[HTTPRouteHandler]:
    @get("/v1/customers", opt={"permission": READ}, tags=[_CUSTOMERS])
    async def list_customers(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None, reference: WithReference = None
    ) -> Page[CustomerBody]:
        """List customers. Newest first."""
        merchant = caller_of(request).owner
        found = await customers.list(merchant, reference=reference, before=cursor, limit=limit + 1)
        return page_of([schemas.customer_body(each) for each in found], limit)

    @get("/v1/payment_methods", opt={"permission": READ}, tags=[_METHODS])
    async def list_payment_methods(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None, customer: OfCustomer = None
    ) -> Page[MethodBody]:
        """List saved payment methods. Newest first, also those that were given up."""
        merchant = caller_of(request).owner
        found = await customers.list_methods(merchant, customer_id=customer, before=cursor, limit=limit + 1)
        return page_of([schemas.method_body(each) for each in found], limit)

    @get("/v1/mandates", opt={"permission": READ}, tags=[_MANDATES])
    async def list_mandates(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None, payment_method: OfMethod = None
    ) -> Page[MandateBody]:
        """List mandates. Newest first, also those that have ended."""
        merchant = caller_of(request).owner
        found = await customers.list_mandates(
            merchant, payment_method_id=payment_method, before=cursor, limit=limit + 1
        )
        return page_of([schemas.mandate_body(each) for each in found], limit)

    return [list_customers, list_payment_methods, list_mandates]


def _looks(customers: Customers) -> list[HTTPRouteHandler]:
    @get("/v1/customers/{id:str}", opt={"permission": READ, REFUSES: [NoSuchCustomer]}, tags=[_CUSTOMERS])
    async def get_customer(request: AnyRequest, id: Id) -> CustomerBody:
        """Get a customer. What tells who they are is masked."""
        found = await customers.get(check_id(id, prefix="cus"), merchant_id=caller_of(request).owner)
        return schemas.customer_body(found)

    @get(
        "/v1/payment_methods/{id:str}",
        opt={"permission": READ, REFUSES: [NoSuchPaymentMethod]},
        tags=[_METHODS],
    )
    async def get_payment_method(request: AnyRequest, id: Id) -> MethodBody:
        """Get a payment method. As it can be shown to its payer."""
        found = await customers.get_method(check_id(id, prefix="pm"), merchant_id=caller_of(request).owner)
        return schemas.method_body(found)

    @get("/v1/mandates/{id:str}", opt={"permission": READ, REFUSES: [NoSuchMandate]}, tags=[_MANDATES])
    async def get_mandate(request: AnyRequest, id: Id) -> MandateBody:
        """Get a mandate. With its limits, and whether it still holds."""
        found = await customers.get_mandate(check_id(id, prefix="mdt"), merchant_id=caller_of(request).owner)
        return schemas.mandate_body(found)

    return [get_customer, get_payment_method, get_mandate]
