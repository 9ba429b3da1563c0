"""May somebody try now? Each try is counted before anything is compared, and taken back if it was right."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.networks import network_of
from tael.identity import rules, store
from tael.identity.errors import TooManyTries
from tael.identity.model import Visitor
from tael.identity.rules import OF_ADDRESS, OF_LOGIN, OF_PAYMENT_PASSWORD, Limit


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """On what a try is counted."""

    subject: str
    limit: Limit


def at_password(email: str, visitor: Visitor) -> Sequence[Counted]:
    """A try at a password: on the address that was typed, whether anybody has it or not, and on where it came from."""
    return (
        Counted(subject=f"address:{network_of(visitor.address)}", limit=OF_ADDRESS),
        Counted(subject=f"password:{rules.email_as_kept(email)[:254]}", limit=OF_LOGIN),
    )


def at_password_of(about: str, visitor: Visitor) -> Sequence[Counted]:
    """The same where somebody typed something else, of which `about` is all that we are told."""
    return (
        Counted(subject=f"address:{network_of(visitor.address)}", limit=OF_ADDRESS),
        Counted(subject=f"password_of:{about}", limit=OF_LOGIN),
    )


def at_payment_password(login_id: str) -> Sequence[Counted]:
    """A try at a payment password. Not by address: whoever tries has a session."""
    return (Counted(subject=f"payment_password:{login_id}", limit=OF_PAYMENT_PASSWORD),)


def at_code(login_id: str) -> Sequence[Counted]:
    """A try at a second factor: apart from passwords, so that a right password does not begin the count anew."""
    return (Counted(subject=f"code:{login_id}", limit=OF_LOGIN),)


async def count(tx: Transaction, on: Sequence[Counted], *, now: datetime) -> TooManyTries | None:
    """Count a try; the refusal, if nobody may try now. To be committed before anything is compared."""
    for each in on:
        tries = await store.count_try(
            tx, each.subject, now=now, forgotten_before=now - each.limit.forgotten_after
        )
        if tries is None:
            until = await store.locked_until(tx, each.subject) or now
            seconds = max(1, int((until - now).total_seconds()) + 1)
            return TooManyTries(
                "There were too many wrong tries.",
                hint=f"Try again after {seconds} seconds.",
                retry_after_seconds=seconds,
            )
        pause = rules.pause_after(tries, each.limit)
        if pause is not None:
            await store.lock_out(tx, each.subject, until=now + pause)
    return None


async def was_right(tx: Transaction, on: Sequence[Counted]) -> None:
    """Take a counted try back. Of a login all are forgotten; of an address only this one, or somebody who can sign in
    could try the passwords of others for ever.
    """
    for each in on:
        if each.limit is OF_ADDRESS:
            await store.take_try_back(tx, each.subject)
        else:
            await store.forget_tries(tx, each.subject)
