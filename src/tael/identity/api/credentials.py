"""How do users sign in, look after what proves who they are, and confirm what they do?"""

from collections.abc import Mapping, Sequence

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.identity import proofs
from tael.identity.model import (
    Confirmation,
    Device,
    Factor,
    Factors,
    Login,
    Present,
    SignedIn,
    SmallAmounts,
    Strength,
    Used,
    Visitor,
)
from tael.identity.usecases import (
    confirmations,
    devices,
    factors,
    lanes,
    one_time_codes,
    passwords,
    payment_passwords,
    sessions,
    step_up,
    user_sign_in,
)
from tael.identity.usecases.desk import Desk
from tael.identity.usecases.factors import Shown
from tael.identity.usecases.step_up import StepUp


class Credentials:
    """What users have, know and confirm."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.step_up: StepUp = step_up.DatedStepUp(desk)
        """Who says how strongly an act must be confirmed; the risk context may take its place."""

    # At the door.

    async def add_login(self, tx: Transaction, *, name: str, password_hash: str, visitor: Visitor) -> Login:
        """A new login without an e-mail address (`hash_of` makes the hash)."""
        return await user_sign_in.add_login(
            self._desk, tx, name=name, password_hash=password_hash, visitor=visitor
        )

    async def sign_in_as(
        self,
        login_id: str | None,
        password: str,
        visitor: Visitor,
        *,
        about: str,
        device_token: str | None = None,
    ) -> SignedIn:
        """A whole session on a device that is trusted, else half of one; refuses `SignInRefused`, `TooManyTries`, `TooBusy`.

        login_id  `None` for somebody who does not exist: the same work, and the same answer
        about     what was typed, in a form that tells nobody, such as the hex of a blind index: tries are counted on it
        """
        return await user_sign_in.sign_in(
            self._desk, login_id, password, visitor, about=about, device_token=device_token
        )

    async def begin_whole(
        self,
        tx: Transaction,
        login_id: str,
        visitor: Visitor,
        *,
        factor: Factor,
        device_token: str | None = None,
        trust: bool = True,
    ) -> SignedIn:
        """A whole session of somebody who has just shown all that it takes, such as a code at their registration."""
        return await user_sign_in.begin_whole(
            self._desk, tx, login_id, visitor, factor=factor, device_token=device_token, trust=trust
        )

    async def make_session_code(self, tx: Transaction, present: Present) -> str:
        """A one-time code that proves this session, half or whole; to be sent to the person. Refuses `TooManyCodes`."""
        return await one_time_codes.make(
            self._desk, tx, about=present.login.id, purpose=user_sign_in.purpose_of(present)
        )

    async def prove_as(
        self,
        token: str,
        factor: Factor,
        proof: str,
        visitor: Visitor,
        *,
        device_token: str | None = None,
        trust: bool = True,
    ) -> SignedIn:
        """A whole session, with a new token, for half of one and one factor more. trust: the device from now on.

        Refuses `SessionEnded`, `FactorRefused`, `CodeRefused`, `PasskeyRefused`, `TooManyTries`.
        """
        return await user_sign_in.prove(
            self._desk, token, factor, proof, visitor, device_token=device_token, trust=trust
        )

    async def prove_again_as(self, present: Present, factor: Factor, proof: str, visitor: Visitor) -> Present:
        """Show a factor for sensitive acts of the next minutes; refuses what `prove_as` does."""
        return await user_sign_in.prove_again(self._desk, present, factor, proof, visitor)

    async def compare_again(self, present: Present, factor: Factor, proof: str, visitor: Visitor) -> Shown:
        """The first half of `prove_again_as`, outside of a transaction; refuses as it does."""
        return await user_sign_in.compare_again(self._desk, present, factor, proof, visitor)

    async def prove_again_in(
        self, tx: Transaction, present: Present, shown: Shown, visitor: Visitor
    ) -> Present:
        """The second half, with what the first gave. If it refuses `WRONG_PROOFS`, `tell_wrong_proof` belongs beside the answer."""
        return await user_sign_in.prove_again_in(self._desk, tx, present, shown, visitor)

    async def tell_wrong_proof(
        self, tx: Transaction, shown: Shown | None, visitor: Visitor, *, action: str
    ) -> None:
        """Let others hear that what `prove_again_in` or `confirm_in` was given is wrong, in a transaction that comes to something."""
        if shown is not None:
            await factors.tell_wrong(self._desk, tx, shown, visitor, action=action)

    async def present_user(self, token: str, *, half: bool = False) -> Present:
        """Which user is behind a session; refuses `SessionEnded`. `half`: whether the password alone is enough.

        Cheap enough for every request, and exact: a session that has ended is refused with the next one.
        """
        found = await lanes.look_up(self._desk, proofs.hash_of_token(token))
        return sessions.let_in(found, now=self._desk.now(), half=half, of_user=True)

    async def reset_password(
        self, tx: Transaction, login_id: str, password_hash: str, visitor: Visitor | None = None
    ) -> None:
        """Another password for somebody who has proved elsewhere who they are; every session ends."""
        await passwords.reset_for(self._desk, tx, login_id, password_hash, visitor=visitor)

    async def prepare_password(
        self, present: Present, old: str, new: str, visitor: Visitor, *, about: Sequence[str] = ()
    ) -> str:
        """Whether they may have this password, and what is kept of it; refuses `PasswordWrong`, `PasswordWeak`, `TooManyTries`.

        about   what others know of the person
        """
        return await passwords.prepare(self._desk, present, old, new, visitor, about=about)

    async def put_password(
        self, tx: Transaction, present: Present, password_hash: str, visitor: Visitor
    ) -> None:
        """Set what `prepare_password` gave; every other session ends."""
        await passwords.put(self._desk, tx, present, password_hash, visitor)

    # Devices and sessions.

    async def devices(self, login_id: str) -> Sequence[Device]:
        """From where somebody came with all factors, the last seen first."""
        return await devices.of_login(self._desk, login_id)

    async def revoke_device(self, tx: Transaction, login_id: str, device_id: str, visitor: Visitor) -> int:
        """Believe a device no longer; gives how many sessions at it have ended. Refuses `NoSuchDevice`."""
        return await devices.revoke(self._desk, tx, login_id, device_id, visitor)

    async def end_session_of(self, tx: Transaction, login_id: str, session_id: str, visitor: Visitor) -> None:
        """End one session of a login; refuses `NoSuchSession`."""
        await sessions.end_one(self._desk, tx, login_id, session_id, because="end_session", visitor=visitor)

    async def end_all_sessions(
        self, tx: Transaction, login_id: str, *, but: str = "", because: str, visitor: Visitor | None = None
    ) -> int:
        """End every session of a login, but one at most; gives how many."""
        return await sessions.end_all(self._desk, tx, login_id, but=but, because=because, visitor=visitor)

    # One-time codes.

    async def make_code(self, tx: Transaction, *, about: str, purpose: str) -> str:
        """Six digits for one purpose, good once, for five minutes; refuses `TooManyCodes`.

        about   whose: never a telephone number itself. One a minute and ten a day, whatever for
        """
        return await one_time_codes.make(self._desk, tx, about=about, purpose=purpose)

    async def count_code(self, tx: Transaction, *, about: str) -> None:
        """Count a code that is made about something else for somebody or something, too; refuses `TooManyCodes`."""
        await one_time_codes.count_made(self._desk, tx, about=about)

    async def use_code(self, tx: Transaction, *, about: str, purpose: str, code: str) -> None:
        """Use a code up; refuses `CodeRefused`, `TooManyTries`. A wrong try counts even if `tx` comes to nothing."""
        await one_time_codes.use(self._desk, tx, about=about, purpose=purpose, code=code)

    # Confirmations.

    def factors_for(self, strength: Strength) -> Factors:
        """What is enough for a strength now."""
        return step_up.factors_for(self._desk, strength)

    async def ask_confirmation(
        self,
        tx: Transaction,
        *,
        login_id: str,
        session_id: str,
        about: bytes,
        factors: Factors,
        words: Mapping[str, str],
    ) -> Confirmation:
        """Ask a person about one act.

        about   SHA-256 of the act's canonical content: what the person saw is what they confirm
        words   what they saw, masked, to be shown again where they confirm
        """
        return await confirmations.ask(
            self._desk,
            tx,
            login_id=login_id,
            session_id=session_id,
            about=about,
            enough=factors,
            words=words,
        )

    async def confirmation(self, present: Present, confirmation_id: str) -> Confirmation:
        """One that was asked in this session; refuses `NoSuchConfirmation`."""
        return await confirmations.find(self._desk, present, confirmation_id)

    async def make_confirmation_code(
        self, tx: Transaction, present: Present, confirmation_id: str
    ) -> tuple[Confirmation, str]:
        """A one-time code for one act, to be sent with the act's words; refuses `TooManyCodes`, and as `confirm` does."""
        return await confirmations.make_code(self._desk, tx, present, confirmation_id)

    async def confirm(
        self, present: Present, confirmation_id: str, factor: Factor, proof: str, visitor: Visitor
    ) -> Confirmation:
        """Show one factor for an act.

        Refuses `NoSuchConfirmation`, `ConfirmationUsed`, `ConfirmationExpired`, `FactorRefused`, `CodeRefused`,
        `PasskeyRefused`, `PaymentPasswordMissing`, `TooManyTries`, `TooBusy`.
        """
        return await confirmations.confirm(
            self._desk, present, confirmation_id, factor, proof, visitor=visitor
        )

    async def compare_for(
        self, present: Present, confirmation_id: str, factor: Factor, proof: str, visitor: Visitor
    ) -> Shown | None:
        """The first half of `confirm`, outside of a transaction; refuses as it does."""
        return await confirmations.compare(
            self._desk, present, confirmation_id, factor, proof, visitor=visitor
        )

    async def confirm_in(
        self,
        tx: Transaction,
        present: Present,
        confirmation_id: str,
        shown: Shown | None,
        visitor: Visitor,
    ) -> Confirmation:
        """The second half, with what the first gave; refuses as `confirm` does."""
        return await confirmations.write(self._desk, tx, present, confirmation_id, shown, visitor=visitor)

    async def use_confirmations(self, tx: Transaction, useds: Sequence[Used]) -> Sequence[Refusal | None]:
        """Use many up in the transaction that does what they confirm, once each; of each, why not.

        `NoSuchConfirmation`, `ConfirmationOfAnotherAct`, `ConfirmationUsed`, `ConfirmationExpired`, `NotConfirmed`.
        """
        return await confirmations.use(self._desk, tx, useds)

    async def judge_confirmations(self, tx: Transaction, useds: Sequence[Used]) -> Sequence[Refusal | None]:
        """Why not, of each, as `use_confirmations`; they are locked, and whoever does the acts uses them up (`use_judged`)."""
        return await confirmations.judge(self._desk, tx, useds)

    async def use_judged(self, tx: Transaction, ids: Sequence[str]) -> None:
        """Use up what was judged in this transaction, and has served its act."""
        await confirmations.use_judged(self._desk, tx, ids)

    # The payment password, and what passes without it.

    async def has_payment_password(self, login_id: str) -> bool:
        """Whether somebody has one."""
        return await payment_passwords.has(self._desk, login_id)

    async def hash_of_payment_password(self, digits: str, *, about: Sequence[str] = ()) -> str:
        """What is kept of one; slow, so not in a transaction. Refuses `PaymentPasswordWeak`, `TooBusy`."""
        return await payment_passwords.hash_of(self._desk, digits, about=about)

    async def prepare_payment_password(
        self,
        present: Present,
        digits: str,
        visitor: Visitor,
        *,
        old: str | None = None,
        password: str | None = None,
        about: Sequence[str] = (),
    ) -> str:
        """Whether they may set this one, and what is kept of it.

        The first takes a fresh proof; another one `old`, or, if that is forgotten, a firm proof and the `password`.
        Refuses `PaymentPasswordWeak`, `CodeRefused`, `ProofTooOld`, `CodeNotEnough`, `TooSoonAfterReset`, `PasswordWrong`,
        `TooManyTries`, `TooBusy`.
        """
        return await payment_passwords.prepare(
            self._desk, present, digits, visitor, old=old, password=password, about=about
        )

    async def set_payment_password(
        self, tx: Transaction, login_id: str, hash: str, *, visitor: Visitor | None = None
    ) -> None:
        """Set one whose hash was made before, by whoever has seen that they may."""
        await payment_passwords.put(self._desk, tx, login_id, hash, visitor=visitor)

    async def small_amounts(self, login_id: str) -> SmallAmounts | None:
        """Up to how much somebody lets pass without a confirmation; `None`: nothing."""
        return await step_up.small_amounts(self._desk, login_id)

    async def agree_to_small_amounts(
        self, tx: Transaction, present: Present, most: Money | None, visitor: Visitor
    ) -> SmallAmounts | None:
        """Let amounts up to `most` pass, or none any longer; gives what is agreed. Refuses as `step_up.agree`."""
        return await step_up.agree(self._desk, tx, present, most, visitor)
