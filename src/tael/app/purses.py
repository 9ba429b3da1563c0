"""What do wallets stand on in this process, and which facts do they hear and tell?"""

import secrets
from collections.abc import Sequence

from tael.app.people import People, people_subscriptions
from tael.app.wallet_told import when_wallets_move
from tael.foundation.config import Settings
from tael.foundation.courier import Subscription, on
from tael.foundation.dated_rules import DatedRules
from tael.foundation.sealing import Sealer
from tael.ledger.api import Books
from tael.standing.events import RestrictionLifted, RestrictionSet
from tael.users.events import UserErased
from tael.wallets.api import Ground, Wallets


def make_wallets(
    settings: Settings, books: Books, sealer: Sealer, rules: DatedRules, people: People
) -> Wallets:
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
        users=people.users,
        messages=people.messages,
        sealer=sealer,
        public_url=settings.public_url,
        print_key=people.personal.print_key,
        dice=secrets.randbelow,
    )
    wallets = Wallets(ground, settings)
    people.users.ask_before_closing(wallets.bills.still_open)
    people.users.contribute("wallets", wallets.bills.all_of)
    return wallets


def subscriptions_of_persons(people: People, wallets: Wallets) -> Sequence[Subscription]:
    """What is heard of persons, and what their wallets hear: what may not be spent any more."""
    return [
        *people_subscriptions(people),
        *_heard_by(wallets),
        *when_wallets_move(people.messages, people.users, people.standing),
    ]


def _heard_by(wallets: Wallets) -> Sequence[Subscription]:
    return [
        on(RestrictionSet, RestrictionLifted, do=wallets.freezes.hear),
        on(UserErased, do=wallets.statements.hear_erased),
    ]
