"""What do users have that proves who they are? Passkeys, an authenticator, and how firmly they prove themselves with either."""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.identity.model import Factor, Passkey, PasskeyQuestion, Present, SignedIn, Visitor
from tael.identity.usecases import (
    confirmations,
    firm_proofs,
    passkeys,
    second_factors,
    user_sign_in,
)
from tael.identity.usecases.desk import AboutHolder, Desk


class Keys:
    """What somebody has."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask_about_holders(self, about_holder: AboutHolder) -> None:
        """Who knows how well somebody is known, and when they last showed their face."""
        self._desk.about_holder = about_holder

    async def is_firm(self, tx: Transaction, present: Present) -> bool:
        """Whether what somebody has shown in the last minutes is enough to set up and give up what confirms payments."""
        return await firm_proofs.is_enough(self._desk, tx, present)

    async def check_firm(self, present: Present) -> None:
        """Refuses `ProofTooOld`, `CodeNotEnough`: nothing but a code that was sent speaks for them."""
        async with self._desk.database.transaction() as tx:
            await firm_proofs.check(self._desk, tx, present)

    # Passkeys.

    async def offer_passkey(self, present: Present, *, name: str) -> PasskeyQuestion:
        """What a browser is told to make one; refuses `ProofTooOld`, `CodeNotEnough`.

        name   of the person, as the device shows it
        """
        await self.check_firm(present)
        return await passkeys.offer(self._desk, present, name=name)

    async def confirm_passkey(
        self, tx: Transaction, present: Present, answer: str, *, name: str, visitor: Visitor
    ) -> Passkey:
        """Keep the one that a browser made.

        Refuses `ProofTooOld`, `CodeNotEnough`, `PasskeyRefused`, `PasskeyMalformed`, `TooManyPasskeys`.
        """
        await firm_proofs.check(self._desk, tx, present)
        made = await passkeys.keep(self._desk, tx, present, answer, name=name, visitor=visitor)
        await firm_proofs.has_shown(self._desk, tx, present, Factor.PASSKEY)
        return made

    async def ask_passkey(
        self, present: Present | None = None, *, confirmation_id: str | None = None
    ) -> PasskeyQuestion:
        """What a browser is told to show one: for a session, for an act of it, or at the door, where nobody is known."""
        if present is None:
            return passkeys.ask_anybody(self._desk)
        if confirmation_id is not None:
            return await confirmations.ask_passkey(self._desk, present, confirmation_id)
        return await passkeys.ask_for(self._desk, present.login.id, challenge=passkeys.of_session(present))

    async def show_passkey(
        self,
        question: str,
        answer: str,
        visitor: Visitor,
        *,
        device_token: str | None = None,
        trust: bool = True,
    ) -> SignedIn:
        """A whole session for the answer to a question at the door; refuses `PasskeyRefused`."""
        return await user_sign_in.sign_in_by_passkey(
            self._desk, question, answer, visitor, device_token=device_token, trust=trust
        )

    async def passkeys(self, login_id: str) -> Sequence[Passkey]:
        """Somebody's passkeys, the oldest first."""
        return await passkeys.of_login(self._desk, login_id)

    async def rename_passkey(self, tx: Transaction, login_id: str, passkey_id: str, name: str) -> None:
        """Call one something else; refuses `NoSuchPasskey`, `PasskeyMalformed`."""
        await passkeys.rename(tx, login_id, passkey_id, name)

    async def forget_passkey(
        self, tx: Transaction, present: Present, passkey_id: str, visitor: Visitor
    ) -> None:
        """Believe one no longer; refuses `ProofTooOld`, `CodeNotEnough`, `NoSuchPasskey`."""
        await firm_proofs.check(self._desk, tx, present)
        await passkeys.forget(self._desk, tx, present.login.id, passkey_id, visitor)

    # The authenticator of a user: `offer_second_factor` offers it, and these go with a transaction of the caller's.

    async def count_authenticator_try(self, present: Present) -> None:
        """To be called before `set_authenticator`; refuses `ProofTooOld`, `CodeNotEnough`, `TooManyTries`."""
        await self.check_firm(present)
        await second_factors.prepare(self._desk, present)

    async def set_authenticator(
        self, tx: Transaction, present: Present, code: str, visitor: Visitor
    ) -> Sequence[str]:
        """Make what was offered theirs, and every other session end; gives recovery codes. Refuses `CodeNotEnough`, `CodeRefused`."""
        await firm_proofs.check(self._desk, tx, present)
        codes = await second_factors.make_theirs(self._desk, tx, present.session, code, visitor)
        await firm_proofs.has_shown(self._desk, tx, present, Factor.AUTHENTICATOR)
        return codes

    async def take_authenticator_away(self, tx: Transaction, present: Present, visitor: Visitor) -> None:
        """Have none any more, and no recovery codes; refuses `ProofTooOld`, `CodeNotEnough`."""
        await firm_proofs.check(self._desk, tx, present)
        await second_factors.take_away(self._desk, tx, present, visitor)

    async def make_recovery_codes(self, tx: Transaction, present: Present, visitor: Visitor) -> Sequence[str]:
        """New recovery codes, shown this one time; refuses `ProofTooOld`, `CodeNotEnough`."""
        await firm_proofs.check(self._desk, tx, present)
        return await second_factors.renew(self._desk, tx, present, visitor)
