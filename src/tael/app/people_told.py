"""Which facts about people and their money are heard, and by whom?"""

from collections.abc import Sequence

from tael.app.copies import when_erased
from tael.app.funding_desk import funding_subscriptions
from tael.app.orders_told import when_orders_change
from tael.app.people import People
from tael.app.purses import subscriptions_of_persons
from tael.foundation.courier import Subscription
from tael.funding.api import Funding
from tael.payments.api import Payments
from tael.payouts.api import Payouts
from tael.wallets.api import Wallets


def heard_of_people(
    people: People, wallets: Wallets, funding: Funding, ways: tuple[Payments, Payouts]
) -> Sequence[Subscription]:
    """All of them. ways: in which money comes and goes."""
    payments, payouts = ways
    return [
        *subscriptions_of_persons(people, wallets),
        *funding_subscriptions(funding, people),
        *when_orders_change(payments, people.messages),
        *when_erased(payouts),
    ]
