"""Where did the money come from? Kept sealed, for channels that give nothing back but what we send ourselves."""

import msgspec

from tael.channels.port import Outcome
from tael.foundation.sealing import Sealer
from tael.payments.model import Attempt


def with_payer(sealer: Sealer, attempt: Attempt, outcome: Outcome) -> Attempt:
    """The attempt with the newest account that its money came from."""
    if not outcome.payer_account or payer_of(sealer, attempt) == outcome.payer_account:
        return attempt
    sealed = sealer.seal(outcome.payer_account.encode(), about=_about(attempt))
    return msgspec.structs.replace(attempt, payer_sealed=sealed)


def payer_of(sealer: Sealer, attempt: Attempt) -> str:
    """The account that the money came from; empty if that is not known. Raises `SealBroken`."""
    if attempt.payer_sealed is None:
        return ""
    return sealer.open(attempt.payer_sealed, about=_about(attempt)).decode()


def _about(attempt: Attempt) -> str:
    return f"the payer of {attempt.id}"
