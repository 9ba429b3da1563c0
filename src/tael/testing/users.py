"""How does a test get a user? Written straight into the house: registered, named, verified, with money, signed in.

What a registration and a verification do over HTTP has tests of its own; whoever needs users for something else takes these.
"""

import itertools
from collections.abc import Sequence

import msgspec

from tael.app.house import House
from tael.foundation.db import Transaction
from tael.foundation.identity_documents import DocumentKind, check_character
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.foundation.personal import IDENTITY_DOCUMENT, NAME, PHONE, mask_payee
from tael.identity.api import USER_TOKEN
from tael.identity.model import Factor, Visitor
from tael.identity.store import payment_passwords
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.standing.model import Presence
from tael.users import store as users_store
from tael.users.model import Person, PersonState, User, UserState
from tael.users.rules import name_as_indexed
from tael.users.usecases.agreements import versions
from tael.users.usecases.people import document_about, name_about, phone_about
from tael.wallets import postings

CASH = AccountSpec("test:cash", "CNY", AccountClass.ASSET)
"""Where the money comes from that tests give away."""
SMALL = Money(20_000, "CNY")
"""What users let pass without a confirmation."""
SOURCES = ("identity_database", "mobile_operator", "document_face")
"""Who confirmed who they are: enough for class II."""
VISITOR = Visitor(device="test", address="127.0.0.1")

_SEQUENCES = itertools.count(17)


class KnownUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user of a test."""

    user_id: str
    login_id: str
    name: str
    phone: str
    """As it is kept: `+8613800000017`."""
    number: str
    """Of their resident identity card."""


async def verified_user(
    tx: Transaction,
    house: House,
    *,
    name: str = "张三",
    phone: str | None = None,
    language: str = "en",
    password_hash: str = "none",  # noqa: S107 - no password has this hash
    small: Money | None = SMALL,
    sources: Sequence[str] = SOURCES,
) -> KnownUser:
    """Somebody else each time, who has accepted every agreement, and whom `sources` have confirmed; not verified without any.

    password_hash   what `identity.hash_of` made, for a user who signs in by hand
    small           what they let pass without a confirmation, if anything
    """
    sequence = next(_SEQUENCES)
    digits = f"11010119{90 - sequence // 1000 % 60:02}0307{sequence % 1000:03}"
    phone = phone or f"+86138{sequence:08}"
    people, now = house.people, house.clock.now()
    login = await people.identity.add_login(tx, name=name, password_hash=password_hash, visitor=VISITOR)
    known = KnownUser(
        user_id=new_id("usr"),
        login_id=login.id,
        name=name,
        phone=phone,
        number=digits + check_character(digits),
    )
    user = User(
        id=known.user_id,
        login_id=login.id,
        state=UserState.ACTIVE,
        language=language,
        phone_shown=f"{phone[3:6]}****{phone[-4:]}",
        agreed=tuple(f"{agreement}@{each[-1].version}" for agreement, each in versions().items()),
        registered_at=now,
    )
    sealed = people.personal.seal(phone, about=phone_about(user.id))
    index = people.personal.index_of(PHONE, phone)
    await users_store.insert_user(tx, user, sealed=sealed, index=index)
    await people.standing.open(tx, user.id, now)
    await people.messages.address(tx, user.id, phone=phone, language=language)
    await _name(tx, house, known)
    if sources:
        await users_store.set_person_state(tx, user.id, PersonState.VERIFIED, now=now)
    for source in sources:
        await people.standing.record_evidence(tx, user.id, source, Presence.REMOTE, now)
    if small is not None:
        await payment_passwords.agree(tx, login.id, small, now=now)
    return known


async def _name(tx: Transaction, house: House, user: KnownUser) -> None:
    """They have said who they are."""
    personal, name, number = house.people.personal, user.name, user.number
    document = f"{DocumentKind.RESIDENT_IDENTITY_CARD} CHN {number}"
    person = Person(
        user_id=user.user_id,
        person=f"person {number}",
        state=PersonState.CLAIMED,
        name_shown=name[0] + "*" * (len(name) - 1),
        payee_shown=mask_payee(name),
        kind=DocumentKind.RESIDENT_IDENTITY_CARD,
        issued_by="CHN",
        number_shown=f"{number[:3]}***********{number[-4:]}",
        valid_until=None,
        first=True,
        claimed_at=house.clock.now(),
    )
    await users_store.write_person(
        tx,
        person,
        name_sealed=personal.seal(name, about=name_about(user.user_id)),
        name_index=personal.index_of(NAME, name_as_indexed(name)),
        number_sealed=personal.seal(document, about=document_about(user.user_id)),
        number_index=personal.index_of(IDENTITY_DOCUMENT, document),
    )


async def signed_in(tx: Transaction, house: House, user: KnownUser) -> str:
    """The token of a whole session of a user, as `Authorization: Bearer` takes it."""
    begun = await house.people.identity.begin_whole(tx, user.login_id, VISITOR, factor=Factor.CODE)
    return f"{USER_TOKEN}{begun.session.token}"


async def give(tx: Transaction, house: House, user_ids: Sequence[str], amount: Money) -> None:
    """Put money into wallets, as a top-up would; it comes out of `CASH`."""
    cash = msgspec.structs.replace(CASH, currency=amount.currency)
    wallets = [postings.wallet(user_id, amount.currency) for user_id in user_ids]
    await house.ledger.open_accounts(tx, [cash, *wallets])
    await house.ledger.post(
        tx,
        [
            JournalEntry(
                id=new_id("top"),
                kind="wallet.top_up",
                reference=wallet.code,
                postings=(debit(cash, amount), credit(wallet, amount)),
            )
            for wallet in wallets
        ],
    )
