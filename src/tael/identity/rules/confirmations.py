"""How strongly must an act be confirmed, is it, and by whom may it be used? No input, no output, no clock, no dice."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.identity.errors import (
    AmountTooLarge,
    ConfirmationExpired,
    ConfirmationOfAnotherAct,
    ConfirmationUsed,
    FactorRefused,
    NoSuchConfirmation,
    NotConfirmed,
)
from tael.identity.model import Confirmation, Factor, Factors, StepUpQuestion, StepUpRule, Strength, Used

CONFIRMATION_LIFETIME = timedelta(minutes=5)
"""From the question to the act."""
_DIGEST_BYTES = 32


def strength_of(
    question: StepUpQuestion, rule: StepUpRule, *, small: Money | None, wary: bool = False
) -> Strength:
    """The least that is enough.

    small   up to which amount the person lets acts pass without being asked
    wary    whether it may be somebody else: then the rule says what is asked in its place
    """
    plain = _plain_strength(question, rule, small=small)
    return rule.in_doubt(plain) if wary else plain


def _plain_strength(question: StepUpQuestion, rule: StepUpRule, *, small: Money | None) -> Strength:
    day = rule.days.get(question.amount.currency)
    if day is None:
        return Strength.SIGNED
    minor = question.amount.minor
    if question.weak_today_minor + minor <= day.weak_minor and _within(question, day.unsigned_minor):
        agreed = small is not None and small.currency == question.amount.currency
        most = min(small.minor, day.small_minor) if small is not None and agreed else 0
        return Strength.NONE if minor <= most else Strength.ONE
    return Strength.TWO if _within(question, day.unsigned_minor) else Strength.SIGNED


def _within(question: StepUpQuestion, most_minor: int) -> bool:
    return max(question.unsigned_today_minor, question.weak_today_minor) + question.amount.minor <= most_minor


def factors_for(strength: Strength, rule: StepUpRule) -> Factors:
    """What is enough for a strength; nothing has to be shown for none."""
    return Factors(strength=strength, sets=rule.sets.get(strength, ()))


def check_small(most: Money, rule: StepUpRule) -> None:
    """Refuses `AmountTooLarge`: more than the rule lets anybody agree to."""
    day = rule.days.get(most.currency)
    allowed = day.small_minor if day is not None else 0
    if not 0 < most.minor <= allowed:
        raise AmountTooLarge(
            "So much is not let pass without a confirmation.",
            field="most_minor",
            hint=f"At most {allowed} in minor units of {most.currency}.",
            allowed_minor=allowed,
        )


def challenge_of(confirmation: Confirmation) -> bytes:
    """What a passkey signs: the act, in this confirmation and no other."""
    told = (b"tael confirmation", confirmation.id.encode(), confirmation.nonce, confirmation.about)
    return hashlib.sha256(b"\0".join(told)).digest()


def check_act(about: bytes) -> None:
    """What is confirmed is named by its digest, and by nothing shorter: a mistake of ours otherwise."""
    if len(about) != _DIGEST_BYTES:
        raise ValueError("an act is named by its SHA-256")


def is_confirmed(confirmation: Confirmation, shown: Collection[Factor]) -> bool:
    """Whether what was shown is enough."""
    return any(set(one) <= set(shown) for one in confirmation.sets)


def check_open(confirmation: Confirmation, *, session_id: str, now: datetime) -> None:
    """Refuses `NoSuchConfirmation`, `ConfirmationUsed`, `ConfirmationExpired`: whether something may still be shown for it."""
    if confirmation.session_id != session_id:
        raise no_such_confirmation()
    if confirmation.used_at is not None:
        raise used_up()
    if now >= confirmation.expires_at:
        raise expired()


def check_factor(confirmation: Confirmation, factor: Factor) -> None:
    """Refuses `FactorRefused`: a factor that is in no set."""
    if not any(factor in one for one in confirmation.sets):
        asked = sorted({str(each) for one in confirmation.sets for each in one})
        raise FactorRefused(
            "This does not confirm the act.", field="factor", hint=f"What does: {', '.join(asked)}."
        )


def why_not(confirmation: Confirmation | None, used: Used, *, now: datetime) -> Refusal | None:
    """Why a confirmation does not serve an act; none if it does. In this order."""
    if confirmation is None or confirmation.login_id != used.login_id:
        return no_such_confirmation()
    if confirmation.about != used.about:
        return ConfirmationOfAnotherAct(
            "What was confirmed is not what is to be done.",
            field="confirmation",
            hint="Ask for a confirmation of this act.",
        )
    if confirmation.used_at is not None:
        return used_up()
    if now >= confirmation.expires_at:
        return expired()
    if confirmation.confirmed_at is None or not confirmation.strength.reaches(used.strength):
        return NotConfirmed(
            "This has not been confirmed as strongly as it must be.",
            field="confirmation",
            hint="Show one of the sets of factors that the confirmation asks for.",
        )
    return None


def no_such_confirmation() -> NoSuchConfirmation:
    """The same for one that never was and for somebody else's."""
    return NoSuchConfirmation("There is no such confirmation.", field="confirmation")


def used_up() -> ConfirmationUsed:
    """Once each."""
    return ConfirmationUsed(
        "This confirmation has served its act.", field="confirmation", hint="Ask for another one."
    )


def expired() -> ConfirmationExpired:
    """Minutes only."""
    return ConfirmationExpired(
        "The time to confirm this is over.", field="confirmation", hint="Ask for another one."
    )
