"""What does funding stand on in this process, and which facts does it hear?"""

from collections.abc import Sequence

from tael.app.funding_told import when_money_moves
from tael.app.people import People
from tael.foundation.courier import Subscription, on
from tael.foundation.dated_rules import DatedRules
from tael.foundation.identity_documents import IdentityDocument
from tael.funding.api import Funding, Ground, Person
from tael.ledger.api import Books
from tael.merchants.api import Merchants
from tael.payments.api import Payments
from tael.payments.events import (
    AttemptEnded,
    PaymentCaptured,
    PaymentEnded,
    PaymentReversed,
    RefundFailed,
    RefundSucceeded,
)
from tael.payouts.api import Payouts
from tael.payouts.events import PayoutFailed, PayoutReturned, PayoutSucceeded
from tael.users.api import Users
from tael.users.events import UserClosed, UserErased
from tael.vault.api import VaultClient
from tael.verification.events import CheckEnded
from tael.wallets.api import Wallets


class KnownPersons:
    """Who users are, as users knows it."""

    def __init__(self, users: Users) -> None:
        self._users = users

    async def known(self, user_id: str) -> Person | None:
        """Who a user is; `None` of somebody who has not been verified."""
        found = await self._users.in_clear(user_id)
        if found is None:
            return None
        document = IdentityDocument(
            kind=found.kind,
            number=found.number,
            issued_by=found.issued_by,
            valid_until=found.valid_until,
        )
        return Person(name=found.name, document=document, phone=found.phone)


def make_funding(
    people: People,
    wallets: Wallets,
    ways: tuple[Payments, Payouts],
    within: tuple[Books, DatedRules, Merchants, VaultClient],
) -> Funding:
    """Funding of one house."""
    payments, payouts = ways
    books, rules, merchants, vault = within
    funding = Funding(
        Ground(
            database=books.database,
            clock=books.ledger.clock,
            rules=rules,
            personal=people.personal,
            ledger=books.ledger,
            merchants=merchants,
            wallets=wallets,
            payments=payments,
            payouts=payouts,
            vault=vault,
            verification=people.verification,
            standing=people.standing,
            identity=people.identity,
            messages=people.messages,
            behaviour=people.behaviour,
            persons=KnownPersons(people.users),
        )
    )
    people.users.ask_before_closing(funding.still_open)
    people.users.contribute("funding", funding.all_of)
    return funding


def funding_subscriptions(funding: Funding, people: People) -> Sequence[Subscription]:
    """Fact by fact. Those of refunds and payouts are delivered one by one: each locks and books what its user's other acts lock, too."""
    return [
        on(PaymentCaptured, PaymentEnded, do=funding.hear_payments),
        on(AttemptEnded, do=funding.hear_of_attempts),
        on(RefundSucceeded, RefundFailed, do=funding.hear_refunds, apart=True),
        on(PaymentReversed, do=funding.debts.hear_reversed, apart=True),
        on(PayoutSucceeded, PayoutFailed, PayoutReturned, do=funding.hear_payouts, apart=True),
        on(CheckEnded, do=funding.hear_checks),
        on(UserClosed, UserErased, do=funding.hear_closed),
        *when_money_moves(people.messages),
    ]
