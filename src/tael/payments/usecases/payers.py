"""Who paid, and to whom does money go back? Kept sealed, for channels that give nothing back but what we send ourselves."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.channels.port import Outcome
from tael.foundation.sealing import Sealer
from tael.payments.model import Attempt, Refund


def with_payer(sealer: Sealer, attempt: Attempt, outcome: Outcome) -> Attempt:
    """The attempt with the account of who paid it, as far as that is plain.

    Once more than one has sent money it is the one of whom the channel says so, or who had sent enough before the others.
    News of less than what has arrived is old, or of money taken back: it does not say who paid.
    """
    known = attempt.payer_sealed
    if outcome.payers_differ and not outcome.payer_account:
        plain_before = attempt.payers_differ or attempt.received_minor >= attempt.amount_minor
        return msgspec.structs.replace(
            attempt, payers_differ=True, payer_sealed=known if plain_before else None
        )
    less = outcome.received is not None and outcome.received.minor < attempt.received_minor
    if not outcome.payer_account or less:
        return attempt
    if payer_of(sealer, attempt) != outcome.payer_account:
        known = sealer.seal(outcome.payer_account.encode(), about=_about(attempt.id))
    return msgspec.structs.replace(
        attempt, payers_differ=attempt.payers_differ or outcome.payers_differ, payer_sealed=known
    )


def to_be_asked(attempt: Attempt, outcome: Outcome, *, now: datetime) -> Attempt:
    """The attempt, due to be asked about if several have paid and the channel told so by itself.

    It does not always know then what was asked for; asked about the order, it says which of them alone has sent enough.
    """
    plain = attempt.payer_sealed is not None or not outcome.payers_differ
    if plain or attempt.live:
        return attempt
    return msgspec.structs.replace(attempt, next_inquiry_at=now)


def payer_of(sealer: Sealer, attempt: Attempt) -> str:
    """The account of who paid; empty if that is not known. Raises `SealBroken`."""
    return _opened(sealer, attempt.payer_sealed, attempt.id)


def payee_of(sealer: Sealer, refund: Refund) -> str:
    """The account that a refund goes to; empty if it was not known to whom when it was made. Raises `SealBroken`."""
    return _opened(sealer, refund.payee_sealed, refund.attempt_id)


def with_owner(attempt: Attempt, earlier: Sequence[Refund]) -> Attempt:
    """The attempt with the account of whose a surplus is. `earlier` are the refunds of that surplus so far.

    Once more than one has sent money, it is only known if it was plain when the surplus was first to go back.
    """
    if not attempt.payers_differ:
        return attempt
    plain_before = earlier[0].payee_sealed if earlier else None
    return msgspec.structs.replace(attempt, payer_sealed=plain_before)


def _opened(sealer: Sealer, sealed: bytes | None, attempt_id: str) -> str:
    return "" if sealed is None else sealer.open(sealed, about=_about(attempt_id)).decode()


def _about(attempt_id: str) -> str:
    return f"the payer of {attempt_id}"
