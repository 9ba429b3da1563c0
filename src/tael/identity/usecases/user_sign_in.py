"""How does a user come in? By the password, and on a device that is not known, by one factor more.

Who they are when they type a telephone number, other contexts know: they hand in the login, or none, and the same work is
done for both. A device that was trusted is something that one has, so with the password it is enough; everywhere else the
password opens half a session, and a code, a passkey or an authenticator makes it whole.
"""

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.identity import store
from tael.identity.model import (
    Factor,
    Login,
    Present,
    SessionKind,
    SignedIn,
    Visitor,
    actor_of,
)
from tael.identity.usecases import devices, factors, passkeys, sessions, tries
from tael.identity.usecases.desk import Desk
from tael.identity.usecases.factors import Shown
from tael.identity.usecases.sign_in import password_shown, whose_password

_PROVE = "prove"


async def add_login(desk: Desk, tx: Transaction, *, name: str, password_hash: str, visitor: Visitor) -> Login:
    """A new login without an e-mail address: by what it signs in, whoever asks for it knows."""
    now = desk.now()
    login = Login(
        id=new_id("lgn"),
        email="",
        name=name,
        has_second_factor=False,
        password_changed_at=now,
        created_at=now,
    )
    await store.insert_login(tx, login, password_hash=password_hash)
    await desk.audit(tx, actor=actor_of(login.id), action="register", object_id=login.id, visitor=visitor)
    return login


async def sign_in(
    desk: Desk,
    login_id: str | None,
    password: str,
    visitor: Visitor,
    *,
    about: str,
    device_token: str | None,
) -> SignedIn:
    """A whole session on a device that is trusted, else half of one; refuses `SignInRefused`, `TooManyTries`, `TooBusy`."""
    counted = tries.at_password_of(about, visitor)
    kept = await whose_password(desk, password, visitor, counted, login_id=login_id)
    async with desk.database.transaction() as tx:
        await tries.was_right(tx, counted)
        await password_shown(desk, tx, kept.id, visitor)
        device = await devices.known(tx, kept.id, device_token)
        if device is not None and device.trusted_at is not None:
            return await begin_whole(
                desk, tx, kept.id, visitor, factor=Factor.DEVICE, device_token=device_token, trust=True
            )
        half = await sessions.begin(desk, tx, kept.id, visitor, proven=False, kind=SessionKind.VISIT)
        left = await factors.of_login(tx, kept.id, has_authenticator=kept.has_second_factor)
    return SignedIn(session=half, is_whole=False, factors=left, is_new_device=device is None)


async def begin_whole(
    desk: Desk,
    tx: Transaction,
    login_id: str,
    visitor: Visitor,
    *,
    factor: Factor,
    device_token: str | None,
    trust: bool,
) -> SignedIn:
    """A whole session of somebody who has shown everything, at a device that is known from now on."""
    arrived = await devices.arrive(desk, tx, login_id, visitor, token=device_token, trust=trust)
    own = arrived.device.trusted_at is not None
    begun = await sessions.begin(
        desk,
        tx,
        login_id,
        visitor,
        proven=True,
        kind=SessionKind.OWN if own else SessionKind.VISIT,
        device_id=arrived.device.id,
        proven_with=factor,
    )
    await desk.audit(
        tx, actor=actor_of(login_id), action="sign_in", object_id=begun.session.id, visitor=visitor
    )
    return SignedIn(
        session=begun,
        is_whole=True,
        device=arrived.device,
        device_token=arrived.token,
        is_new_device=arrived.token is not None,
    )


async def prove(
    desk: Desk,
    token: str,
    factor: Factor,
    proof: str,
    visitor: Visitor,
    *,
    device_token: str | None,
    trust: bool,
) -> SignedIn:
    """A whole session for half of one and one factor more, with a new token.

    Refuses `SessionEnded`, `FactorRefused`, `CodeRefused`, `PasskeyRefused`, `TooManyTries`.
    """
    async with desk.database.transaction() as tx:
        present = await sessions.find(desk, tx, token, half=True, of_user=True)
    shown = shown_for_session(present, factor, proof)
    async with factors.written_down(desk, shown, visitor, action="sign_in", object_id=present.session.id):
        await factors.compare(desk, shown)
        async with desk.database.transaction() as tx:
            await factors.use(desk, tx, shown)
            if not await store.end_session(
                tx, present.session.id, login_id=present.login.id, because="proven", now=desk.now()
            ):
                raise sessions.ended()
            return await begin_whole(
                desk,
                tx,
                present.login.id,
                visitor,
                factor=factor,
                device_token=device_token,
                trust=trust,
            )


async def prove_again(desk: Desk, present: Present, factor: Factor, proof: str, visitor: Visitor) -> Present:
    """Show a factor for a sensitive act. Refuses `FactorRefused`, `CodeRefused`, `PasskeyRefused`, `TooManyTries`."""
    shown = await compare_again(desk, present, factor, proof, visitor)
    async with (
        factors.written_down(desk, shown, visitor, action=_PROVE, object_id=present.session.id),
        desk.database.transaction() as tx,
    ):
        return await prove_again_in(desk, tx, present, shown, visitor)


async def compare_again(desk: Desk, present: Present, factor: Factor, proof: str, visitor: Visitor) -> Shown:
    """What can be refused of a factor before the transaction of `prove_again_in`."""
    if factor is Factor.PAYMENT_PASSWORD:
        await sessions.check_fresh(desk, present)
    shown = shown_for_session(present, factor, proof)
    async with factors.written_down(desk, shown, visitor, action=_PROVE, object_id=present.session.id):
        await factors.compare(desk, shown)
    return shown


async def prove_again_in(
    desk: Desk, tx: Transaction, present: Present, shown: Shown, visitor: Visitor
) -> Present:
    """Use what is shown up; the session is fresh for some minutes.

    A payment password makes what was shown before it firm, and no more: it is nothing that somebody has.
    """
    await factors.use(desk, tx, shown)
    now = desk.now()
    proven_at = present.session.proven_at if shown.factor is Factor.PAYMENT_PASSWORD else now
    await store.prove_session(
        tx, present.session.id, factor=shown.factor, proven_at=proven_at or now, now=now
    )
    await desk.audit(
        tx,
        actor=actor_of(present.login.id),
        action=_PROVE,
        object_id=present.session.id,
        visitor=visitor,
    )
    return await sessions.again(tx, present)


async def sign_in_by_passkey(
    desk: Desk, question: str, answer: str, visitor: Visitor, *, device_token: str | None, trust: bool
) -> SignedIn:
    """A whole session for a passkey's answer alone: it is something that one has, behind a finger or a PIN.

    Refuses `PasskeyRefused`.
    """
    async with desk.database.transaction() as tx:
        login_id = await passkeys.answer_at_door(desk, tx, question, answer)
        return await begin_whole(
            desk,
            tx,
            login_id,
            visitor,
            factor=Factor.PASSKEY,
            device_token=device_token,
            trust=trust,
        )


def purpose_of(present: Present) -> str:
    """What a one-time code is made for that proves this session."""
    return f"session {present.session.id}"


def shown_for_session(present: Present, factor: Factor, proof: str) -> Shown:
    """What somebody shows to prove their session; refuses `FactorRefused`."""
    known_too = factor is Factor.PAYMENT_PASSWORD and present.session.proven_at is not None
    if factor not in factors.FOR_SIGNING_IN and not known_too:
        raise factors.no_help(factor)
    return Shown(
        login_id=present.login.id,
        factor=factor,
        proof=proof,
        purpose=purpose_of(present),
        challenge=passkeys.of_session(present),
    )
