"""Is this what you want? How a person is asked about an act, shows what it takes, and how the act uses that up, once."""

import secrets
from collections.abc import Mapping, Sequence

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.identity.model import (
    Confirmation,
    Factor,
    Factors,
    PasskeyQuestion,
    Present,
    Used,
    Visitor,
    actor_of,
)
from tael.identity.rules import confirmations as rules
from tael.identity.store import confirmations as store
from tael.identity.usecases import doubts, factors, one_time_codes, passkeys
from tael.identity.usecases.desk import Desk
from tael.identity.usecases.factors import Shown

_ACTION = "confirm"


async def ask(
    desk: Desk,
    tx: Transaction,
    *,
    login_id: str,
    session_id: str,
    about: bytes,
    enough: Factors,
    words: Mapping[str, str],
) -> Confirmation:
    """A new question about one act."""
    rules.check_act(about)
    now = desk.now()
    confirmation = Confirmation(
        id=new_id("cfm"),
        login_id=login_id,
        session_id=session_id,
        about=about,
        strength=enough.strength,
        sets=enough.sets,
        words=words,
        nonce=secrets.token_bytes(16),
        made_at=now,
        expires_at=now + rules.CONFIRMATION_LIFETIME,
    )
    await store.insert(tx, confirmation)
    return confirmation


async def find(desk: Desk, present: Present, confirmation_id: str) -> Confirmation:
    """One that was asked in this session; refuses `NoSuchConfirmation`."""
    async with desk.database.transaction() as tx:
        return await _mine(tx, present, confirmation_id)


async def make_code(
    desk: Desk, tx: Transaction, present: Present, confirmation_id: str
) -> tuple[Confirmation, str]:
    """A one-time code for an act, and the act; refuses `NoSuchConfirmation`, `FactorRefused`, `TooManyCodes` and whatever `confirm` does."""
    confirmation = await _mine(tx, present, confirmation_id)
    rules.check_open(confirmation, session_id=present.session.id, now=desk.now())
    rules.check_factor(confirmation, Factor.CODE)
    code = await one_time_codes.make(desk, tx, about=present.login.id, purpose=_purpose_of(confirmation))
    return confirmation, code


async def ask_passkey(desk: Desk, present: Present, confirmation_id: str) -> PasskeyQuestion:
    """What a browser is told so that a passkey signs the act; refuses as `make_code` does."""
    confirmation = await find(desk, present, confirmation_id)
    rules.check_open(confirmation, session_id=present.session.id, now=desk.now())
    rules.check_factor(confirmation, Factor.PASSKEY)
    return await passkeys.ask_for(desk, present.login.id, challenge=rules.challenge_of(confirmation))


async def confirm(
    desk: Desk, present: Present, confirmation_id: str, factor: Factor, proof: str, *, visitor: Visitor
) -> Confirmation:
    """Show one factor for an act. Said again once it is confirmed, nothing happens.

    Refuses `NoSuchConfirmation`, `ConfirmationUsed`, `ConfirmationExpired`, `FactorRefused`, and what the factor refuses.
    """
    shown = await compare(desk, present, confirmation_id, factor, proof, visitor=visitor)
    try:
        async with desk.database.transaction() as tx:
            return await write(desk, tx, present, confirmation_id, shown, visitor=visitor)
    except Refusal as refusal:
        if shown is not None:
            await factors.write_down(
                desk, shown, visitor, action=_ACTION, object_id=confirmation_id, refusal=refusal
            )
        raise


async def compare(
    desk: Desk, present: Present, confirmation_id: str, factor: Factor, proof: str, *, visitor: Visitor
) -> Shown | None:
    """What can be refused before the transaction of `write`; `None` if nothing has to be shown any more."""
    before = await find(desk, present, confirmation_id)
    rules.check_open(before, session_id=present.session.id, now=desk.now())
    if before.confirmed_at is not None:
        return None
    rules.check_factor(before, factor)
    shown = Shown(
        login_id=present.login.id,
        factor=factor,
        proof=proof,
        purpose=_purpose_of(before),
        challenge=rules.challenge_of(before),
        act=before.words.get("kind", ""),
    )
    async with factors.written_down(desk, shown, visitor, action=_ACTION, object_id=confirmation_id):
        await factors.compare(desk, shown)
    return shown


async def write(
    desk: Desk,
    tx: Transaction,
    present: Present,
    confirmation_id: str,
    shown: Shown | None,
    *,
    visitor: Visitor,
) -> Confirmation:
    """Use what is shown up, and write it down; refuses as `confirm` does."""
    kept = await _mine(tx, present, confirmation_id, lock=True)
    rules.check_open(kept, session_id=present.session.id, now=desk.now())
    if shown is None or kept.confirmed_at is not None:
        return kept
    signature = await factors.use(desk, tx, shown)
    if signature is not None:
        await doubts.check_passkey(desk, tx, str(signature["passkey"]))
    told = tuple(dict.fromkeys((*kept.shown, shown.factor)))
    done = desk.now() if rules.is_confirmed(kept, told) else None
    await store.show(tx, kept.id, shown=told, confirmed_at=done, signature=signature)
    await desk.audit(tx, actor=actor_of(present.login.id), action=_ACTION, object_id=kept.id, visitor=visitor)
    return await _mine(tx, present, confirmation_id)


async def use(desk: Desk, tx: Transaction, useds: Sequence[Used]) -> Sequence[Refusal | None]:
    """Use many up in the transaction of what they confirm: why not, of each; each serves one act, the first that fits."""
    answers = await judge(desk, tx, useds)
    fitting = [used.id for used, refusal in zip(useds, answers, strict=True) if refusal is None]
    await use_judged(desk, tx, fitting)
    return answers


async def judge(desk: Desk, tx: Transaction, useds: Sequence[Used]) -> Sequence[Refusal | None]:
    """The same, and nothing is used up yet: they are locked until the transaction ends."""
    now, answers = desk.now(), []
    kept = {each.id: each for each in await store.lock_many(tx, [used.id for used in useds])}
    serving: set[str] = set()
    for used in useds:
        refusal = rules.why_not(kept.get(used.id), used, now=now)
        if refusal is None and used.id in serving:
            refusal = rules.used_up()
        if refusal is None:
            serving.add(used.id)
        answers.append(refusal)
    return answers


async def use_judged(desk: Desk, tx: Transaction, ids: Sequence[str]) -> None:
    """Use those up that were judged in this transaction and have served."""
    await store.use_many(tx, sorted(ids), now=desk.now())


async def _mine(
    tx: Transaction, present: Present, confirmation_id: str, *, lock: bool = False
) -> Confirmation:
    found = await store.find(tx, confirmation_id, login_id=present.login.id, lock=lock)
    if found is None or found.session_id != present.session.id:
        raise rules.no_such_confirmation()
    return found


def _purpose_of(confirmation: Confirmation) -> str:
    return f"confirmation {confirmation.id}"
