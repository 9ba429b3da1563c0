"""What is a payer told whose money may not leave, now or later? The same words, whoever finds it out."""

from tael.foundation.money import Money
from tael.wallets.errors import NotEnough, PayeeCannotReceive, QuizOwed, WalletFrozen


def cannot_receive() -> PayeeCannotReceive:
    """Of a payee who may receive nothing; why is not the payer's business."""
    return PayeeCannotReceive("The payee cannot receive money at present.", field="payee")


def not_enough(amount: Money) -> NotEnough:
    """There is less."""
    return NotEnough(
        f"The balance is not enough for {amount}.", field="amount_minor", hint="Top up, or pay less."
    )


def partly_frozen() -> WalletFrozen:
    """It is there, and may not be touched."""
    return WalletFrozen("A part of the balance is frozen, and the rest is not enough.", field="amount_minor")


def quiz_first() -> QuizOwed:
    """So much leaves no wallet whose owner owes a quiz."""
    return QuizOwed(
        "After something unusual you were asked a quiz: pass it first.",
        field="amount_minor",
        hint="GET /v1/me/quizzes?open=true",
    )
