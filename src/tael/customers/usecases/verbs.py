"""How is each command carried out? In the caller's transaction; what it gives is the body of the answer."""

from typing import Any

import msgspec

from tael.customers import rules, schemas, store
from tael.customers.errors import CustomerMalformed, MethodDetached
from tael.customers.model import Customer, Mandate, Particulars, SavedMethod, TokenSource
from tael.customers.usecases.desk import Doing, KnownCard
from tael.foundation.ids import check_id, new_id


async def create_customer(doing: Doing, wanted: schemas.CreateCustomerRequest) -> schemas.CustomerBody:
    """A new customer; refuses `CustomerExists`."""
    id = new_id("cus")
    particulars = Particulars(name=wanted.name, email=wanted.email, phone=wanted.phone)
    customer = Customer(
        id=id,
        merchant_id=doing.asked.merchant_id,
        reference=wanted.reference,
        name_shown=rules.name_shown(wanted.name),
        email_shown=rules.email_shown(wanted.email),
        phone_shown=rules.phone_shown(wanted.phone),
        created_at=doing.desk.clock.now(),
    )
    sealed = doing.desk.sealer.seal(msgspec.json.encode(particulars), about=f"customer {id}")
    await store.insert_customer(doing.tx, customer, sealed=sealed)
    return schemas.customer_body(customer)


async def save_method(doing: Doing, wanted: schemas.SaveMethodRequest) -> schemas.MethodBody:
    """A payment method with its payer's consent; refuses `NoSuchCustomer`, `NoSuchPaymentMethod`, `CustomerMalformed`.

    The vault keeps the card before we write anything: if we die in between, the caller's repetition finds it kept.
    """
    merchant_id, now = doing.asked.merchant_id, doing.desk.clock.now()
    customer_id = check_id(wanted.customer, prefix="cus", field="customer")
    customer = await store.find_customer(doing.tx, customer_id, merchant_id=merchant_id)
    card = await _kept_card(doing, wanted.card_token)
    if card is None and wanted.channel is None:
        raise CustomerMalformed(
            "Whose token is it?", field="channel", hint="Name the channel that gave it out."
        )
    if card is not None and wanted.channel is not None:
        raise CustomerMalformed("The card lies in our vault, not with a channel.", field="channel")
    method = SavedMethod(
        id=new_id("pm"),
        merchant_id=merchant_id,
        customer_id=customer.id,
        source=TokenSource.CHANNEL if card is None else TokenSource.VAULT,
        channel=wanted.channel,
        token=wanted.card_token,
        brand=wanted.brand if card is None else card.brand,
        first6="" if card is None else card.first6,
        last4=wanted.last4 if card is None else card.last4,
        exp_month=None if card is None else card.exp_month,
        exp_year=None if card is None else card.exp_year,
        consent_text_version=wanted.consent.text_version,
        consent_given_at=wanted.consent.given_at or now,
        consent_address=wanted.consent.address,
        created_at=now,
        detached_at=None,
    )
    await store.insert_method(doing.tx, method)
    return schemas.method_body(method)


async def _kept_card(doing: Doing, token: str) -> KnownCard | None:
    """A card of our vault, which keeps it from now on; `None` for a channel's token."""
    if not doing.desk.is_of_our_vault(token):
        return None
    card = await doing.desk.card_of(token, merchant_id=doing.asked.merchant_id)
    await doing.desk.cards.keep(token, merchant_id=doing.asked.merchant_id)
    return card


async def detach_method(doing: Doing, _: schemas.DetachRequest) -> schemas.MethodBody:
    """Give up a payment method, with its mandates; done twice, it is the same. Refuses `NoSuchPaymentMethod`."""
    merchant_id = doing.asked.merchant_id
    method = await store.find_method(doing.tx, doing.asked.about, merchant_id=merchant_id)
    await store.detach_method(doing.tx, method.id, now=doing.desk.clock.now())
    return schemas.method_body(await store.find_method(doing.tx, method.id, merchant_id=merchant_id))


async def create_mandate(doing: Doing, wanted: schemas.CreateMandateRequest) -> schemas.MandateBody:
    """A mandate; refuses `NoSuchPaymentMethod`, `MethodDetached`, `CustomerMalformed`."""
    merchant_id, now = doing.asked.merchant_id, doing.desk.clock.now()
    method_id = check_id(wanted.payment_method, prefix="pm", field="payment_method")
    method = await store.find_method(doing.tx, method_id, merchant_id=merchant_id)
    if method.detached_at is not None:
        raise MethodDetached("The payment method was given up.", field="payment_method")
    mandate = Mandate(
        id=new_id("mdt"),
        merchant_id=merchant_id,
        payment_method_id=method.id,
        kind=wanted.kind,
        currency=wanted.currency,
        most_per_payment_minor=wanted.most_per_payment_minor,
        most_per_period_minor=wanted.most_per_period_minor,
        period=wanted.period,
        expires_at=wanted.expires_at,
        consent_text_version=wanted.consent.text_version,
        consent_given_at=wanted.consent.given_at or now,
        consent_address=wanted.consent.address,
        created_at=now,
        revoked_at=None,
        revoked_by=None,
    )
    rules.check_mandate(mandate, now=now)
    await store.insert_mandate(doing.tx, mandate)
    return schemas.mandate_body(mandate)


async def revoke_mandate(doing: Doing, wanted: schemas.RevokeRequest) -> schemas.MandateBody:
    """End a mandate at once; ended twice, it is the same. Refuses `NoSuchMandate`."""
    merchant_id = doing.asked.merchant_id
    mandate = await store.find_mandate(doing.tx, doing.asked.about, merchant_id=merchant_id, lock=True)
    await store.revoke_mandate(doing.tx, mandate.id, by=wanted.by, now=doing.desk.clock.now())
    return schemas.mandate_body(await store.find_mandate(doing.tx, mandate.id, merchant_id=merchant_id))


async def open_card_fields(doing: Doing, wanted: schemas.CardFieldsRequest) -> Any:
    """A page with card fields; refuses what the vault refuses of its addresses."""
    if bool(wanted.origin) == bool(wanted.return_url):
        raise CustomerMalformed(
            "A page with card fields is either embedded, or leads back.",
            field="origin",
            hint="Name one of the two.",
        )
    url = doing.desk.cards.fields_address(
        merchant_id=doing.asked.merchant_id, origin=wanted.origin, return_url=wanted.return_url
    )
    return schemas.CardFieldsBody(url=url)
