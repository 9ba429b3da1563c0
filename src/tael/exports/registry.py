"""What can be searched, and what can be exported? A line each."""

from collections.abc import Mapping, Sequence

import msgspec

from tael.customers.api import Customers
from tael.customers.errors import NoSuchCustomer
from tael.customers.model import Customer
from tael.disputes.api import DisputeFilter, Disputes
from tael.disputes.model import Dispute
from tael.exports.model import (
    Exportable,
    Findable,
    Hit,
    MovementFilter,
    MovementLine,
    Question,
    Scope,
)
from tael.exports.rules import filter_of, local
from tael.foundation.money import Money
from tael.ledger.api import AccountFilter, AccountStanding, Books, LineFilter, Movement
from tael.payments.api import PaymentFilter, Payments, RefundFilter, Sought
from tael.payments.model import Payment, Refund


def findables(payments: Payments, disputes: Disputes, customers: Customers) -> Mapping[str, Findable]:
    """What can be searched, by name."""

    async def find_payments(question: Question) -> Sequence[Hit]:
        return [_payment(each) for each in await payments.lists.find_payments(_sought(question))]

    async def find_refunds(question: Question) -> Sequence[Hit]:
        return [_refund(each) for each in await payments.lists.find_refunds(_sought(question))]

    async def find_disputes(question: Question) -> Sequence[Hit]:
        found = await disputes.search(
            question.merchant_id,
            question.text,
            amounts_minor=question.amounts_minor,
            limit=question.limit,
        )
        return [_dispute(each) for each in found]

    async def find_customers(question: Question) -> Sequence[Hit]:
        return [_customer(each) for each in await _customers(customers, question)]

    return {
        "payments": Findable(permission="payments.read", find=find_payments),
        "refunds": Findable(permission="payments.read", find=find_refunds),
        "disputes": Findable(permission="disputes.read", find=find_disputes),
        "customers": Findable(permission="customers.read", find=find_customers),
    }


def _payment(payment: Payment) -> Hit:
    return Hit(
        type="payment",
        id=payment.id,
        payment_id=payment.id,
        state=payment.state,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        reference=payment.reference,
        created_at=payment.created_at,
    )


def _refund(refund: Refund) -> Hit:
    return Hit(
        type="refund",
        id=refund.id,
        payment_id=refund.payment_id,
        state=refund.state,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        created_at=refund.created_at,
    )


def _dispute(dispute: Dispute) -> Hit:
    return Hit(
        type="dispute",
        id=dispute.id,
        payment_id=dispute.payment_id,
        state=dispute.state,
        amount_minor=dispute.amount_minor,
        currency=dispute.currency,
        created_at=dispute.opened_at,
    )


def _customer(customer: Customer) -> Hit:
    return Hit(type="customer", id=customer.id, reference=customer.reference, created_at=customer.created_at)


async def _customers(customers: Customers, question: Question) -> Sequence[Customer]:
    """By id, or by the merchant's own name for them; what tells who they are is sealed and cannot be searched."""
    if not question.text.startswith("cus_"):
        return await customers.list(question.merchant_id, reference=question.text, limit=question.limit)
    try:
        return [await customers.get(question.text, merchant_id=question.merchant_id)]
    except NoSuchCustomer:
        return []


def _sought(question: Question) -> Sought:
    return Sought(
        merchant_id=question.merchant_id,
        text=question.text,
        amounts_minor=question.amounts_minor,
        limit=question.limit,
    )


def exportables(payments: Payments, disputes: Disputes, books: Books) -> Mapping[str, Exportable]:
    """What can be exported, by name."""
    return {
        "payments": _payments(payments),
        "refunds": _refunds(payments),
        "disputes": _disputes(disputes),
        "movements": _movements(books),
    }


def _payments(payments: Payments) -> Exportable:
    def wanted(scope: Scope, **more: object) -> PaymentFilter:
        return filter_of(PaymentFilter, scope, begun="created_before", **more)

    async def page(scope: Scope, after: str | None, limit: int) -> Sequence[Payment]:
        return await payments.lists.payments(wanted(scope, before=after, limit=limit))

    async def count(scope: Scope) -> int | None:
        return await payments.lists.count_payments(wanted(scope))

    return Exportable(
        permission="payments.read",
        columns={
            "id": lambda each, _: each.id,
            "created_at": lambda each, zone: local(each.created_at, zone),
            "state": lambda each, _: str(each.state),
            "currency": lambda each, _: each.currency,
            "amount": lambda each, _: Money(each.amount_minor, each.currency),
            "captured": lambda each, _: Money(each.captured_minor, each.currency),
            "discount": lambda each, _: Money(each.discount_minor, each.currency),
            "refunded": lambda each, _: Money(each.refunded_minor, each.currency),
            "refunding": lambda each, _: Money(each.refunding_minor, each.currency),
            "disputed": lambda each, _: Money(each.disputed_minor, each.currency),
            "fee": lambda each, _: Money(each.fee_minor, each.currency),
            "fee_returned": lambda each, _: Money(each.fee_returned_minor, each.currency),
            "reference": lambda each, _: each.reference,
            "description": lambda each, _: each.description,
            "source": lambda each, _: each.source,
            "metadata": lambda each, _: msgspec.json.encode(each.metadata).decode() if each.metadata else "",
            "ended_at": lambda each, zone: local(each.ended_at, zone),
        },
        moments=frozenset({"created_at", "ended_at"}),
        check=lambda scope: _checked(wanted(scope)),
        page=page,
        count=count,
        id_of=lambda each: str(each.id),
    )


def _refunds(payments: Payments) -> Exportable:
    def wanted(scope: Scope, **more: object) -> RefundFilter:
        return filter_of(RefundFilter, scope, begun="created_before", **more)

    async def page(scope: Scope, after: str | None, limit: int) -> Sequence[Refund]:
        return await payments.lists.refunds(wanted(scope, before=after, limit=limit))

    async def count(scope: Scope) -> int | None:
        return await payments.lists.count_refunds(wanted(scope))

    return Exportable(
        permission="payments.read",
        columns={
            "id": lambda each, _: each.id,
            "created_at": lambda each, zone: local(each.created_at, zone),
            "payment_id": lambda each, _: each.payment_id,
            "state": lambda each, _: str(each.state),
            "reason": lambda each, _: str(each.reason),
            "currency": lambda each, _: each.currency,
            "amount": lambda each, _: Money(each.amount_minor, each.currency),
            "fee_returned": lambda each, _: Money(each.fee_returned_minor, each.currency),
            "note": lambda each, _: each.note,
            "ended_at": lambda each, zone: local(each.ended_at, zone),
        },
        moments=frozenset({"created_at", "ended_at"}),
        check=lambda scope: _checked(wanted(scope)),
        page=page,
        count=count,
        id_of=lambda each: str(each.id),
    )


def _disputes(disputes: Disputes) -> Exportable:
    def wanted(scope: Scope, **more: object) -> DisputeFilter:
        return filter_of(DisputeFilter, scope, begun="opened_before", **more)

    async def page(scope: Scope, after: str | None, limit: int) -> Sequence[Dispute]:
        return await disputes.list(wanted(scope, before=after, limit=limit))

    async def count(_: Scope) -> int | None:
        return None

    return Exportable(
        permission="disputes.read",
        columns={
            "id": lambda each, _: each.id,
            "opened_at": lambda each, zone: local(each.opened_at, zone),
            "payment_id": lambda each, _: each.payment_id,
            "state": lambda each, _: str(each.state),
            "warning": lambda each, _: "yes" if each.warning else "no",
            "reason": lambda each, _: each.reason,
            "currency": lambda each, _: each.currency,
            "amount": lambda each, _: Money(each.amount_minor, each.currency),
            "money": lambda each, _: str(each.money),
            "respond_by": lambda each, zone: local(each.respond_by, zone),
            "answered_at": lambda each, zone: local(each.answered_at, zone),
            "ended_at": lambda each, zone: local(each.ended_at, zone),
        },
        moments=frozenset({"opened_at", "respond_by", "answered_at", "ended_at"}),
        check=lambda scope: _checked(wanted(scope)),
        page=page,
        count=count,
        id_of=lambda each: str(each.id),
    )


def _movements(books: Books) -> Exportable:
    def wanted(scope: Scope, **more: object) -> MovementFilter:
        return filter_of(MovementFilter, scope, begun="booked_before", **more)

    async def page(scope: Scope, after: str | None, limit: int) -> Sequence[MovementLine]:
        return await _movements_of(books, wanted(scope, before=after, limit=limit))

    async def count(_: Scope) -> int | None:
        return None

    return Exportable(
        permission="payments.read",
        columns={
            "booked_at": lambda each, zone: local(each.booked_at, zone),
            "account": lambda each, _: each.account,
            "currency": lambda each, _: each.currency,
            "amount": lambda each, _: Money(each.amount_minor, each.currency),
            "balance": lambda each, _: (
                None if each.balance_minor is None else Money(each.balance_minor, each.currency)
            ),
            "kind": lambda each, _: each.kind,
            "reference": lambda each, _: each.reference,
        },
        moments=frozenset({"booked_at"}),
        check=lambda scope: _checked(wanted(scope)),
        page=page,
        count=count,
        id_of=lambda each: str(each.id),
    )


async def _movements_of(books: Books, wanted: MovementFilter) -> Sequence[MovementLine]:
    """Account after account, in the order of their codes; a merchant has a handful."""
    accounts = await books.lists.accounts(
        AccountFilter(
            prefix=f"merchant:{wanted.merchant_id}:", currency=wanted.currency, limit=_MOST_ACCOUNTS
        )
    )
    begun = [int(part) for part in wanted.before.split(":")] if wanted.before else None
    found: list[MovementLine] = []
    for each in accounts:
        passed = begun is not None and each.account.no != begun[0]
        if passed or len(found) >= wanted.limit:
            continue
        lines = LineFilter(
            account_no=each.account.no,
            booked_from=wanted.booked_from,
            booked_before=wanted.booked_before,
            limit=wanted.limit - len(found),
        )
        if begun is not None:
            lines = msgspec.structs.replace(lines, before=(begun[1], begun[2]))
        begun = None
        found += [_line(each, movement) for movement in await books.lists.postings(lines)]
    return found


_MOST_ACCOUNTS = 200


def _line(standing: AccountStanding, movement: Movement) -> MovementLine:
    account = standing.account
    sign, balance = account.account_class.normal_sign, movement.balance_after_minor
    return MovementLine(
        id=f"{account.no}:{movement.entry_no}:{movement.position}",
        account=account.code.rpartition(":")[2],
        currency=account.currency,
        booked_at=movement.booked_at,
        kind=movement.kind,
        reference=movement.reference,
        amount_minor=sign * movement.amount_minor,
        balance_minor=None if balance is None else sign * balance,
    )


def _checked(_: object) -> None:
    """Whatever could be made of the filters is a filter."""
