"""What takes several calls? To wait until something has ended, and to fetch a file that is being made.

Polling asks again with growing pauses. A webhook tells sooner, and costs less: see `tael.client.webhooks`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from tael.client.api import checkout, counter, exports, payments
from tael.client.api.checkout import CheckoutSession, CheckoutState
from tael.client.api.counter import Charge, ChargeState
from tael.client.api.exports import Export, ExportState
from tael.client.api.payments import PaymentDetail, PaymentState
from tael.client.bound import M, Resource, several
from tael.client.calls import Call
from tael.client.refusals import TaelError
from tael.client.sending import Pause, Steps
from tael.foundation.clock import monotonic_seconds

T = TypeVar("T")

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 5.0


class StillWaiting(TaelError):
    """It has not ended yet. `last` is how it stood."""

    def __init__(self, last: object) -> None:
        super().__init__(f"It has not ended yet: {last}")
        self.last = last


class ExportFailed(TaelError):
    """The file could not be made, or somebody has given it up."""


def _until(
    resource: Resource[M],
    look: Call[T],
    ended: Callable[[T], bool],
    *,
    seconds: float,
    on_look: Callable[[T], object] | None = None,
) -> Steps[T]:
    """Look again and again until it has ended; raises `StillWaiting`."""
    deadline = monotonic_seconds() + seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        seen = yield from resource.ask(look)
        if on_look is not None:
            on_look(seen)
        if ended(seen):
            return seen
        if monotonic_seconds() + pause >= deadline:
            raise StillWaiting(seen)
        yield Pause(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)


class Payments(payments.Payments[M]):
    """Payments."""

    @several
    def wait(self, payment_id: str, *, seconds: float = 900) -> Steps[PaymentDetail]:
        """The payment as soon as its payer is done: the money is there or held, or never will be."""
        going_on = {PaymentState.CREATED, PaymentState.PROCESSING, PaymentState.REQUIRES_ACTION}
        look = payments.Payments.get.call(payment_id)
        return (yield from _until(self, look, lambda seen: seen.state not in going_on, seconds=seconds))


class CheckoutSessions(checkout.CheckoutSessions[M]):
    """Checkout sessions."""

    @several
    def wait(self, session_id: str, *, seconds: float = 900) -> Steps[CheckoutSession]:
        """The session as soon as it is complete or expired."""
        look = checkout.CheckoutSessions.get.call(session_id)
        return (yield from _until(self, look, lambda seen: seen.state != CheckoutState.OPEN, seconds=seconds))


class Charges(counter.Charges[M]):
    """Charges at the counter."""

    @several
    def wait(self, charge_id: str, *, seconds: float = 120) -> Steps[Charge]:
        """The charge as soon as it has ended, as when the payer has typed the password."""
        going_on = {ChargeState.CONFIRMING, ChargeState.WAITING_FOR_PAYER}
        look = counter.Charges.get.call(charge_id)
        return (yield from _until(self, look, lambda seen: seen.state not in going_on, seconds=seconds))


class Exports(exports.Exports[M]):
    """Exports."""

    @several
    def wait(
        self, export_id: str, *, seconds: float = 900, on_progress: Callable[[Export], object] | None = None
    ) -> Steps[Export]:
        """The export as soon as its file can be fetched; raises `ExportFailed`.

        `on_progress` is called with the export each time we look: `rows_done` of `rows_total`.
        """
        look = exports.Exports.get.call(export_id)
        going_on = {ExportState.QUEUED, ExportState.RUNNING}
        export = yield from _until(
            self, look, lambda seen: seen.state not in going_on, seconds=seconds, on_look=on_progress
        )
        if export.state != ExportState.DONE:
            raise ExportFailed(f"{export.id} is {export.state}: {export.trouble or 'it was given up'}")
        return export

    @several
    def download(self, export_id: str, to: Path | str | BinaryIO) -> Steps[None]:
        """Write the file to a path, or into a file that is open, however large it is."""
        look = exports.Exports.get_file.call(export_id)
        if isinstance(to, (str, Path)):
            with Path(to).open("wb") as file:
                yield from self.ask(msgspec.structs.replace(look, into=file))
        else:
            yield from self.ask(msgspec.structs.replace(look, into=to))
