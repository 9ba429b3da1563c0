"""How does a card become a user's own? They say so, its bank is asked, and it counts when the bank agrees beyond doubt.

The number is in our vault from the beginning; what goes to the bank is filled in there. A card whose bank does not answer is
neither bound nor refused: it is asked again until it says (`hear_checks`).
"""

from collections.abc import Sequence

import msgspec
import structlog

from tael.behaviour.model import Act, ActKind, Circumstances
from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.personal import BANK_CARD, PHONE, mask_phone
from tael.foundation.phones import phone_as_kept
from tael.funding import rules, store
from tael.funding.errors import CardBoundAlready, CardInUse, CodeNeeded, NoSuchBankCard, TooManyCards
from tael.funding.events import BankCardBound, BankCardRefused, BankCardUnbound
from tael.funding.model import BankCard, CardState
from tael.funding.usecases.ground import HEAD_START, Ground, Person
from tael.messages.model import Post
from tael.standing.model import Permission
from tael.users.events import UserClosed, UserErased
from tael.vault.errors import NoSuchToken
from tael.vault.model import Token
from tael.verification.events import CheckEnded
from tael.verification.model import Check, Particulars, SourceName, State

log = structlog.get_logger("tael.funding")

PURPOSE = "bind_card"
AT_A_TIME = 100
_GIVEN_UP, _NOT_ASKED = "no_answer", "not_asked"


class BindCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that a user says is theirs."""

    card_id: str
    check_id: str
    """Both chosen beforehand, so that a repeat makes no second one."""
    user_id: str
    token: str
    phone: str
    """That the bank knows for the card; empty: the user's own."""
    code: str
    """What was sent to it, if it is another than the user's own."""
    circumstances: Circumstances


async def look_into(ground: Ground, token: str, *, user_id: str) -> Token:
    """What may be known of a card that a user typed in; refuses `NoSuchBankCard` for anybody else's."""
    found = await ground.vault.describe(token)
    if found.merchant_id != user_id:
        raise NoSuchBankCard("There is no such card.", field="card_token")
    return found


async def send_code(tx: Transaction, ground: Ground, *, card: Token, phone: str) -> None:
    """Send a code to the telephone that the bank knows for a card; refuses `TooManyCodes`.

    Counted on the number and on the card's user: else somebody has us write to one number after another. The code serves
    this user and this card alone.
    """
    kept = phone_as_kept(phone)
    for counted in (card.merchant_id, ground.personal.index_of(PHONE, kept).hex()):
        await ground.identity.count_code(tx, about=counted)
    code = await ground.identity.make_code(tx, about=code_subject(ground, card, kept), purpose=PURPOSE)
    shown = f"{card.first6}******{card.last4}"
    post = Post(template="code_bind_card", to_phone=kept, values={"code": code, "card": shown})
    await ground.messages.post(tx, [post])


async def begin_binding(
    tx: Transaction, ground: Ground, command: BindCard, *, token: Token, person: Person
) -> BankCard:
    """The card, as its bank is about to be asked for it.

    Refuses what standing refuses, `CardBoundAlready`, `TooManyCards`, `CodeNeeded`, `CodeRefused`.
    """
    now = ground.clock.now()
    terms = ground.terms(now)
    await store.lock_user(tx, command.user_id)
    await ground.allow(tx, command.user_id, Permission.BIND_CARD)
    mine = await store.cards_of(tx, command.user_id)
    if any(card.fingerprint == token.fingerprint for card in mine):
        raise CardBoundAlready("You have this card already.", field="card_token")
    if len(mine) >= terms.most_cards:
        raise TooManyCards(f"You have {len(mine)} cards: remove one first.", field="card_token")
    if await store.tried_since(tx, command.user_id, rules.start_of_day(now)) >= terms.tries_day:
        raise TooManyCards("You have tried as many cards today as you may.", hint="Try again tomorrow.")
    phone = phone_as_kept(command.phone) if command.phone else person.phone
    if phone != person.phone:
        await _use_code(tx, ground, token, phone, command.code)
    card = BankCard(
        id=command.card_id,
        user_id=command.user_id,
        token=token.id,
        fingerprint=token.fingerprint,
        brand=token.brand,
        issuer=rules.issuer_of(token.first6),
        first6=token.first6,
        last4=token.last4,
        phone_shown=mask_phone(phone),
        state=CardState.CHECKING,
        check_id=command.check_id,
        reason="",
        is_default=False,
        created_at=now,
        bound_at=None,
        ended_at=None,
    )
    await store.insert_card(tx, card)
    act = Act(
        user_id=command.user_id,
        kind=ActKind.CHANGE,
        counterparty=card.id,
        circumstances=command.circumstances,
        what="bank_card",
    )
    await ground.behaviour.record(tx, [act])
    return card


async def ask_the_bank(ground: Ground, card: BankCard, *, person: Person, phone: str) -> BankCard:
    """Ask whether the card is the user's, and draw the consequences; not in a transaction, and safe to do again."""
    try:
        await ground.vault.keep(card.token, merchant_id=card.user_id)
    except NoSuchToken as refusal:
        return await _refuse(ground, card, reason=refusal.code)
    said = Particulars(
        name=person.name,
        document=person.document,
        phone=phone_as_kept(phone) if phone else person.phone,
        card_token=card.token,
        card_last4=card.last4,
    )
    try:
        check = await ground.verification.check(
            card.user_id, SourceName.BANK_CARD, said, number=card.check_id
        )
    except Refusal as refusal:
        return await _refuse(ground, card, reason=refusal.code)
    return await draw_consequences(ground, check)


async def draw_consequences(ground: Ground, check: Check) -> BankCard:
    """The card after what its bank said."""
    async with ground.database.transaction() as tx:
        return await _after_check(
            tx,
            ground,
            check.id,
            state=check.state,
            reason=check.reason,
            over=check.given_up_at is not None,
        )


async def hear_checks(tx: Transaction, ground: Ground, facts: Sequence[CheckEnded]) -> None:
    """What banks said later, or whoever asked them did not live to hear."""
    for fact in facts:
        if fact.source is SourceName.BANK_CARD and await store.card_of_check(tx, fact.check_id):
            await _after_check(tx, ground, fact.check_id, state=fact.state, reason=fact.reason, over=True)


async def make_default(tx: Transaction, card_id: str, *, user_id: str) -> BankCard:
    """Propose this card first from now on; refuses `NoSuchBankCard`, `CardNotBound`."""
    await store.lock_user(tx, user_id)
    card = await store.get_card(tx, card_id, user_id=user_id)
    refusal = rules.why_card_not_usable(card)
    if refusal is not None:
        raise refusal
    await store.clear_default(tx, user_id)
    card = msgspec.structs.replace(card, is_default=True)
    await store.update_card(tx, card)
    return card


async def unbind(tx: Transaction, ground: Ground, card_id: str, *, user_id: str) -> BankCard:
    """Remove a card; the vault forgets it soon after. Refuses `NoSuchBankCard`, `CardInUse`."""
    now = ground.clock.now()
    await store.lock_user(tx, user_id)
    await ground.allow(tx, user_id, Permission.BIND_CARD)
    card = await store.get_card(tx, card_id, user_id=user_id)
    if card.state not in store.KEPT:
        return card
    if await store.is_awaited(tx, card_id):
        raise CardInUse(
            "Money is on its way to this card.", hint="Remove it when the withdrawal has arrived."
        )
    gone = msgspec.structs.replace(card, state=CardState.UNBOUND, is_default=False, ended_at=now)
    await store.update_card(tx, gone)
    if card.is_default:
        await _choose_default(tx, user_id)
    fact = BankCardUnbound(object_id=card.id, happened_at=now, user_id=user_id, shown=card.shown)
    await outbox.publish(tx, [fact])
    return gone


async def hear_closed(tx: Transaction, ground: Ground, facts: Sequence[UserClosed | UserErased]) -> None:
    """Who has ended the relationship has no cards here any more; who is erased is known by none again."""
    now = ground.clock.now()
    for fact in facts:
        if isinstance(fact, UserErased):
            await store.forget_cards(tx, fact.object_id)
            continue
        await store.lock_user(tx, fact.object_id)
        for card in await store.cards_of(tx, fact.object_id):
            gone = msgspec.structs.replace(card, state=CardState.UNBOUND, is_default=False, ended_at=now)
            await store.update_card(tx, gone)


async def forget_unbound(ground: Ground) -> int:
    """Let the vault forget cards that nobody has any more; gives how many.

    What was refused or removed may have been bound again as it was typed in. So the user stays locked while our vault forgets.
    """
    async with ground.database.transaction() as tx:
        cards = await store.cards_to_forget(tx, limit=AT_A_TIME)
    for card in cards:
        async with ground.database.transaction() as tx:
            await store.lock_user(tx, card.user_id)
            if not await store.is_kept(tx, card.user_id, card.token):
                await ground.vault.forget(card.token, merchant_id=card.user_id)
            await store.note_forgotten(tx, card.id, now=ground.clock.now())
    return len(cards)


async def end_unasked(ground: Ground) -> None:
    """Refuse cards whose bank nobody lived to ask: nobody else knows with which telephone they were claimed."""
    before, after = ground.clock.now() - HEAD_START, ""
    while True:
        async with ground.database.transaction() as tx:
            cards = await store.cards_checking(tx, after=after, before=before, limit=AT_A_TIME)
        asked = await ground.verification.look([card.check_id for card in cards])
        for card in cards:
            if card.check_id not in asked:
                await _refuse(ground, card, reason=_NOT_ASKED)
        if len(cards) < AT_A_TIME:
            return
        after = cards[-1].id


def code_subject(ground: Ground, card: Token, phone: str) -> str:
    """What a code is about: this user's claim of this card with this telephone, however often it is typed in."""
    said = f"{card.merchant_id}\0{card.fingerprint}\0{phone}"
    return ground.personal.index_of(BANK_CARD, said).hex()


async def _use_code(tx: Transaction, ground: Ground, card: Token, phone: str, code: str) -> None:
    if not code:
        raise CodeNeeded(
            "The card's telephone is another than yours.",
            field="code",
            hint="Have a code sent to it, and send the code along.",
        )
    await ground.identity.use_code(tx, about=code_subject(ground, card, phone), purpose=PURPOSE, code=code)


async def _after_check(
    tx: Transaction, ground: Ground, check_id: str, *, state: State, reason: str, over: bool
) -> BankCard:
    if state is State.MATCHED:
        return await _end_checking(tx, ground, check_id, bound=True, reason="")
    if state is State.UNKNOWN and not over:
        found = await store.card_of_check(tx, check_id)
        assert found is not None, "it was written before its bank was asked"  # noqa: S101 - for the reader
        return found
    why = reason or (_GIVEN_UP if state is State.UNKNOWN else str(state))
    return await _end_checking(tx, ground, check_id, bound=False, reason=why)


async def _refuse(ground: Ground, card: BankCard, *, reason: str) -> BankCard:
    async with ground.database.transaction() as tx:
        return await _end_checking(tx, ground, card.check_id, bound=False, reason=reason)


async def _end_checking(
    tx: Transaction, ground: Ground, check_id: str, *, bound: bool, reason: str
) -> BankCard:
    now = ground.clock.now()
    found = await store.card_of_check(tx, check_id)
    assert found is not None, "it was written before its bank was asked"  # noqa: S101 - for the reader
    await store.lock_user(tx, found.user_id)
    card = await store.get_card(tx, found.id, user_id=found.user_id)
    if card.state is not CardState.CHECKING:
        return card
    if not bound:
        card = msgspec.structs.replace(card, state=CardState.REFUSED, reason=reason, ended_at=now)
        await store.update_card(tx, card)
        refused = BankCardRefused(
            object_id=card.id, happened_at=now, user_id=card.user_id, shown=card.shown, reason=reason
        )
        await outbox.publish(tx, [refused])
        return card
    has_default = any(each.is_default for each in await store.cards_of(tx, card.user_id))
    card = msgspec.structs.replace(
        card, state=CardState.BOUND, bound_at=now, is_default=not has_default, reason=""
    )
    await store.update_card(tx, card)
    fact = BankCardBound(object_id=card.id, happened_at=now, user_id=card.user_id, shown=card.shown)
    await outbox.publish(tx, [fact])
    return card


async def _choose_default(tx: Transaction, user_id: str) -> None:
    """Of those that are left, the newest is proposed first."""
    left = await store.cards_of(tx, user_id, states=[CardState.BOUND])
    if left:
        await store.update_card(tx, msgspec.structs.replace(left[0], is_default=True))
