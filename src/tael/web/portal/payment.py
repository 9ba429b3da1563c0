"""What became of one payment? Its story, what was said to channels, the books; and giving back, capturing, closing."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.channels.model import ExchangeFilter
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import Principal
from tael.foundation.ids import check_id, new_id
from tael.foundation.money import Money
from tael.payments.api import CreateRefund, PaymentStory, RequestClose, RequestStep
from tael.payments.model import PaymentState, StepKind
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import in_words
from tael.web.portal.behind import Behind
from tael.web.portal.dispute_views import TONES as DISPUTE_TONES
from tael.web.portal.views import STEP_TONES, TONES, lines_of, timeline_of, told_once
from tael.web.portal.within import Sight
from tael.web.ui.acting import call, settled
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

_TURNS = 200
_AT = "/portal/payments/{payment_id:str}"


class GiveBack(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a refund says: an amount as people write it."""

    amount: Annotated[str, Meta(min_length=1, max_length=24)]
    note: Annotated[str, Meta(max_length=128)] = ""


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a capture says."""

    take: Annotated[str, Meta(min_length=1, max_length=24)]


class OnPayment(msgspec.Struct, frozen=True):
    """A form together with the payment that it is about: what a repeat must repeat."""

    payment_id: str
    said: msgspec.Struct | None = None


def payment_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [_show(behind), _refund(behind), _capture(behind), _close(behind)]


def _show(behind: Behind) -> HTTPRouteHandler:
    @page(_AT, permission="payments.read")
    async def show_payment(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        return await _page_of(behind, request, payment_id, Form())

    return show_payment


def _refund(behind: Behind) -> HTTPRouteHandler:
    @action(f"{_AT}/refund", permission="payments.refund")
    async def refund_payment(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            story, owner = await _story(behind, request, payment_id)
            said = form.into(GiveBack)
            command = CreateRefund(
                payment_id=payment_id,
                merchant_id=owner,
                refund_id=new_id("rfd"),
                amount_minor=minor_of(said.amount, story.payment.currency),
                note=said.note,
            )
            asked = call(request, form, "payments.refund", OnPayment(payment_id, said), command)
            settled(await behind.payments.refund(asked))
        except Refusal as refusal:
            return await _page_of(behind, request, payment_id, form.refused(_at(request, refusal, "amount")))
        return done(request, f"/portal/payments/{payment_id}", "refunded")

    return refund_payment


def _capture(behind: Behind) -> HTTPRouteHandler:
    @action(f"{_AT}/capture", permission="payments.write")
    async def capture_payment(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            story, owner = await _story(behind, request, payment_id)
            said = form.into(Take)
            command = RequestStep(
                payment_id=payment_id,
                merchant_id=owner,
                step_id=new_id("cap"),
                kind=StepKind.CAPTURE,
                amount_minor=minor_of(said.take, story.payment.currency, field="take"),
            )
            asked = call(request, form, "payments.capture", OnPayment(payment_id, said), command)
            settled(await behind.payments.take_step(asked))
        except Refusal as refusal:
            return await _page_of(behind, request, payment_id, form.refused(_at(request, refusal, "take")))
        return done(request, f"/portal/payments/{payment_id}", "captured")

    return capture_payment


def _close(behind: Behind) -> HTTPRouteHandler:
    @action(f"{_AT}/close", permission="payments.write")
    async def close_payment(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            _, owner = await _story(behind, request, payment_id)
            command = RequestClose(payment_id=payment_id, merchant_id=owner, closing_as=PaymentState.CANCELED)
            asked = call(request, form, "payments.close", OnPayment(payment_id), command)
            settled(await behind.payments.close(asked))
        except Refusal as refusal:
            return await _page_of(behind, request, payment_id, form.refused(refusal))
        return done(request, f"/portal/payments/{payment_id}", "closed")

    return close_payment


def minor_of(text: str, currency: str, *, field: str = "amount") -> int:
    """An amount as people write it, `12.80`, in minor units; refuses `Malformed`, also nothing and less."""
    minor = Money.parse(text.strip().replace(",", ""), currency, field=field).minor
    if minor < 1:
        raise Malformed("The amount must be more than nothing.", field=field)
    return minor


def _at(request: PageRequest, refusal: Refusal, field: str) -> Refusal:
    """A refusal of an amount, at the field of the page; what cannot be read as one, in words of the portal."""
    if refusal.field == "amount_minor":
        refusal.field = field
    return in_words(request, refusal) if isinstance(refusal, Malformed) else refusal


async def _story(behind: Behind, request: PageRequest, payment_id: str) -> tuple[PaymentStory, str]:
    principal: Principal = request.scope["user"]
    found = await behind.payments.get(
        check_id(payment_id, prefix="pay", field="payment_id"), merchant_id=principal.owner
    )
    await Sight(behind, request).check(found.payment)
    return found, principal.owner


async def _page_of(behind: Behind, request: PageRequest, payment_id: str, form: Form) -> Response[bytes]:
    story, owner = await _story(behind, request, payment_id)
    payment = story.payment
    numbers = [
        *(each.id for each in story.attempts),
        *(each.id for each in story.refunds),
        *(each.id for each in story.steps),
    ]
    async with behind.database.transaction() as tx:
        wanted = ExchangeFilter(numbers=numbers, limit=_TURNS)
        exchanges = told_once(await behind.channels.exchanges(tx, wanted)) if numbers else []
        entries = await behind.ledger.entries_about(tx, [payment.id])
    principal: Principal = request.scope["user"]
    reads_disputes = "disputes.read" in principal.permissions
    lines = lines_of(entries, owner)
    paid = [each for each in story.attempts if each.id == payment.captured_by]
    returned = sum(each.amount.minor for each in lines if each.kind == "payment.promotion_returned")
    promoted = sum(each.taken_off.promoted_minor for each in paid) + returned
    kept = payment.captured_minor - payment.fee_minor + payment.fee_returned_minor + promoted
    return await show(
        behind,
        request,
        "portal/payment.html",
        here="payments",
        form=form,
        payment=payment,
        story=story,
        discounts=[offer for attempt in paid for offer in attempt.taken_off.offers],
        timeline=list(reversed(timeline_of(story))),
        exchanges=exchanges,
        lines=lines,
        disputes=await behind.disputes.of_payments([payment.id]) if reads_disputes else [],
        dispute_tones=DISPUTE_TONES,
        tones=TONES,
        step_tones=STEP_TONES,
        money=lambda minor: Money(minor, payment.currency),
        refundable=Money(payment.refundable_minor, payment.currency),
        capturable=Money(payment.capturable_minor, payment.currency),
        net=Money(kept - payment.refunded_minor, payment.currency),
        closable=not payment.ended and payment.closing_as is None,
    )
