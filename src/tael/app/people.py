"""Which parts of a process know persons: who they are, what they may do, what they did, what they are told?"""

from collections.abc import Sequence

import msgspec

from tael.app.copies import contribute_to_copies
from tael.app.credentials import when_credentials_change
from tael.app.post_office import with_post_office
from tael.app.standing_confirmations import StandingConfirmations
from tael.app.standing_told import when_standing_changes
from tael.app.verifying import make_verification, wires_to_sources
from tael.app.warned import about_holder_of, caution_of, may_change_of, sessions_of, when_unusual
from tael.behaviour.api import Behaviour
from tael.channels.transport import Transport
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.courier import Subscription, on
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database
from tael.foundation.personal import Personal
from tael.foundation.resealing import Resealing, SealedColumn
from tael.foundation.sealing import Sealer
from tael.identity import api as identity_api
from tael.identity.api import Identity
from tael.messages import api as messages_api
from tael.messages.api import Messages
from tael.payouts import api as payouts_api
from tael.standing.api import Standing
from tael.users import api as users_api
from tael.users.api import Users
from tael.verification import api as verification_api
from tael.verification.api import Verification
from tael.verification.events import CheckEnded

SEALED: Sequence[SealedColumn] = (
    *identity_api.SEALED,
    *payouts_api.SEALED,
    *verification_api.SEALED,
    *messages_api.SEALED,
    *users_api.SEALED,
)
"""Every column with personal data: of each context its `SEALED`. `tael keys rotate` seals them anew."""


class People(msgspec.Struct, frozen=True, kw_only=True):
    """These parts."""

    personal: Personal
    resealing: Resealing
    identity: Identity
    verification: Verification
    standing: Standing
    behaviour: Behaviour
    messages: Messages
    users: Users
    wires: Transport
    """To those who are asked about people."""


def make_people(
    settings: Settings, database: Database, clock: Clock, sealer: Sealer, rules: DatedRules
) -> People:
    """All of them, not connected yet."""
    personal = Personal(sealer, settings.keys_folder)
    wires = wires_to_sources(settings, clock)
    identity = Identity(
        database,
        clock,
        sealer,
        rules,
        public_url=settings.public_url,
        breached_passwords=settings.breached_passwords_file,
    )
    confirmations = StandingConfirmations(database, identity)
    verification = make_verification(settings, database, clock, personal, rules, wires=wires)
    standing = Standing(database, clock, rules, groups=verification.groups, confirms=confirmations.use)
    behaviour = Behaviour(database, clock, rules)
    messages = Messages(database, clock, sealer, with_post_office(settings))
    users = Users(
        database,
        clock,
        sealer=sealer,
        personal=personal,
        dated=rules,
        identity=identity,
        verification=verification,
        standing=standing,
        messages=messages,
        behaviour=behaviour,
    )
    identity.ask_more_of(caution_of(users, behaviour))
    identity.ask_before_changes(may_change_of(users, standing))
    identity.ask_about_holders(about_holder_of(users, standing, verification))
    contribute_to_copies(users, database, clock, (verification, standing, behaviour, messages))
    return People(
        personal=personal,
        resealing=Resealing(database, sealer, personal, SEALED),
        identity=identity,
        verification=verification,
        standing=standing,
        behaviour=behaviour,
        messages=messages,
        users=users,
        wires=wires,
    )


def people_subscriptions(people: People) -> Sequence[Subscription]:
    """Which facts about persons make which verb run?"""
    end_sessions = sessions_of(people.users, people.identity)
    return [
        on(CheckEnded, do=people.users.hear_checks, apart=True),
        *when_credentials_change(people.users, people.messages, people.behaviour),
        *when_standing_changes(people.messages),
        *when_unusual(people.messages, people.standing, end_sessions),
    ]
