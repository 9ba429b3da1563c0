"""What do wallets stand on in this process, and which facts do they hear and tell?"""

import secrets
from collections.abc import Sequence

from tael.app.people import People, people_subscriptions
from tael.foundation.config import Settings
from tael.foundation.courier import Subscription
from tael.foundation.dated_rules import DatedRules
from tael.ledger.api import Books
from tael.wallets.api import Ground, Wallets


def make_wallets(settings: Settings, books: Books, rules: DatedRules, people: People) -> Wallets:
    """The wallets of one house, not started yet."""
    ground = Ground(
        database=books.database,
        ledger=books.ledger,
        lists=books.lists,
        clock=books.ledger.clock,
        rules=rules,
        identity=people.identity,
        standing=people.standing,
        behaviour=people.behaviour,
        public_url=settings.public_url,
        dice=secrets.randbelow,
    )
    return Wallets(ground, settings)


def subscriptions_of_persons(people: People, wallets: Wallets) -> Sequence[Subscription]:
    """What is heard of persons, and what their wallets hear: what may not be spent any more."""
    return [*people_subscriptions(people), *_heard_by(wallets)]


def _heard_by(wallets: Wallets) -> Sequence[Subscription]:
    del wallets
    return []
