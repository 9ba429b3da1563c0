"""How does somebody get a passkey, show it, and forget it?

What a passkey signs is made of what it is asked for: the session in which it is made, the session that it makes whole, the
act that it confirms. So nothing has to be kept until it answers. Only where nobody is known yet, at the door, the question is
random: it goes out sealed, comes back with the answer, and is remembered as spent once a key has answered it.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.sealing import SealBroken
from tael.identity.errors import NoSuchPasskey, TooManyPasskeys
from tael.identity.events import Change
from tael.identity.model import Passkey, PasskeyQuestion, Present, Visitor, actor_of
from tael.identity.proofs import passkeys as proofs
from tael.identity.proofs.passkeys import Known
from tael.identity.rules import passkeys as rules
from tael.identity.store import passkeys as store
from tael.identity.usecases.desk import Desk

_AT_THE_DOOR = "the question to a passkey at the door"
_LONGEST_QUESTION = 400


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    challenge: bytes
    expires_at: datetime


async def offer(desk: Desk, present: Present, *, name: str) -> PasskeyQuestion:
    """What a browser is told to make a new key, which shows the `name` of its holder."""
    options = proofs.creation_options(
        desk.site,
        challenge=_of_new_key(present),
        login_id=present.login.id,
        name=name,
        known=await _known(desk, present.login.id),
    )
    return PasskeyQuestion(question="", options=options)


async def keep(
    desk: Desk, tx: Transaction, present: Present, answer: str, *, name: str, visitor: Visitor
) -> Passkey:
    """Keep the key that a browser made; refuses `PasskeyRefused`, `PasskeyMalformed`, `TooManyPasskeys`."""
    name = rules.name_as_kept(name)
    made = proofs.made_key(answer, challenge=_of_new_key(present), site=desk.site)
    passkey = Passkey(
        id=new_id("psk"),
        login_id=present.login.id,
        name=name,
        is_synced=made.is_synced,
        created_at=desk.now(),
    )
    if not await store.insert(
        tx,
        passkey,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=made.transports,
        most=rules.MOST_PASSKEYS,
    ):
        if await store.find(tx, made.credential_id) is not None:
            raise proofs.refused()
        raise TooManyPasskeys(
            f"There are {rules.MOST_PASSKEYS} passkeys already.", hint="Forget one of them first."
        )
    await desk.allow_and_tell(
        tx, present.login.id, Change.PASSKEY_ADDED, visitor=visitor, called=passkey.name
    )
    await desk.audit(
        tx,
        actor=actor_of(present.login.id),
        action="add_passkey",
        object_id=passkey.id,
        visitor=visitor,
    )
    return passkey


async def ask_for(desk: Desk, login_id: str, *, challenge: bytes) -> PasskeyQuestion:
    """What a browser is told to use a key of somebody who is known."""
    known = await _known(desk, login_id)
    return PasskeyQuestion(
        question="", options=proofs.request_options(desk.site, challenge=challenge, known=known)
    )


def ask_anybody(desk: Desk) -> PasskeyQuestion:
    """What a browser is told at the door, where nobody is known: any key that it has for this site."""
    asked = _Question(challenge=secrets.token_bytes(32), expires_at=desk.now() + rules.QUESTION_LIFETIME)
    sealed = desk.sealer.seal(msgspec.json.encode(asked), about=_AT_THE_DOOR)
    return PasskeyQuestion(
        question=sealed.hex(), options=proofs.request_options(desk.site, challenge=asked.challenge, known=())
    )


async def answer_at_door(desk: Desk, tx: Transaction, question: str, answer: str) -> str:
    """Whose key answered a question at the door: the id of the login. Refuses `PasskeyRefused`."""
    asked = _opened(desk, question)
    if desk.now() >= asked.expires_at:
        raise proofs.refused()
    kept = await store.find(tx, proofs.credential_of(answer))
    if kept is None:
        raise proofs.refused()
    await use(desk, tx, answer, challenge=asked.challenge, login_id=kept.login_id)
    spent = hashlib.sha256(asked.challenge).digest()
    if not await store.spend_question(tx, spent, expires_at=asked.expires_at + timedelta(minutes=1)):
        raise proofs.refused()
    return kept.login_id


async def use(desk: Desk, tx: Transaction, answer: str, *, challenge: bytes, login_id: str) -> dict[str, Any]:
    """A key's signature over what it was asked; refuses `PasskeyRefused`."""
    kept = await store.find(tx, proofs.credential_of(answer))
    if kept is None or kept.login_id != login_id:
        raise proofs.refused()
    count = proofs.sign_count_of(
        answer,
        challenge=challenge,
        site=desk.site,
        public_key=kept.public_key,
        sign_count=kept.sign_count,
    )
    if not await store.use(tx, kept.id, sign_count=count, now=desk.now()):
        raise proofs.refused()
    return {"passkey": kept.id, **proofs.signature_in(answer)}


async def of_login(desk: Desk, login_id: str) -> Sequence[Passkey]:
    """Somebody's passkeys, the oldest first."""
    async with desk.database.transaction() as tx:
        return await store.of_login(tx, login_id)


async def rename(tx: Transaction, login_id: str, passkey_id: str, name: str) -> None:
    """Call one something else; refuses `NoSuchPasskey`, `PasskeyMalformed`."""
    if not await store.rename(tx, passkey_id, login_id=login_id, name=rules.name_as_kept(name)):
        raise _no_such(passkey_id)


async def forget(desk: Desk, tx: Transaction, login_id: str, passkey_id: str, visitor: Visitor) -> None:
    """Believe one no longer; refuses `NoSuchPasskey`."""
    called = await store.forget(tx, passkey_id, login_id=login_id, now=desk.now())
    if called is None:
        raise _no_such(passkey_id)
    await desk.allow_and_tell(tx, login_id, Change.PASSKEY_REMOVED, visitor=visitor, called=called)
    await desk.audit(
        tx, actor=actor_of(login_id), action="forget_passkey", object_id=passkey_id, visitor=visitor
    )


def of_session(present: Present) -> bytes:
    """What a passkey signs to prove a session: this one, and once, as each proof changes when it was proven last."""
    session = present.session
    return _digest("prove", session.id, session.proven_at.isoformat() if session.proven_at else "half")


def _of_new_key(present: Present) -> bytes:
    return _digest("make", present.session.id, present.login.id)


def _digest(*words: str) -> bytes:
    return hashlib.sha256("\0".join(("tael passkey", *words)).encode()).digest()


def _opened(desk: Desk, question: str) -> _Question:
    if len(question) > _LONGEST_QUESTION:
        raise proofs.refused()
    try:
        plain = desk.sealer.open(bytes.fromhex(question), about=_AT_THE_DOOR)
    except (ValueError, SealBroken) as error:
        raise proofs.refused() from error
    return msgspec.json.decode(plain, type=_Question)


async def _known(desk: Desk, login_id: str) -> Sequence[Known]:
    async with desk.database.transaction() as tx:
        found = await store.descriptors(tx, login_id)
    return [Known(each.credential_id, each.transports) for each in found]


def _no_such(passkey_id: str) -> NoSuchPasskey:
    return NoSuchPasskey(f"There is no passkey {passkey_id[:40]!r}.", field="passkey_id")
