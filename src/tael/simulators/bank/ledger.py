"""What does the bank keep? Entries of one account, transfers, and the messages that it has for its customer."""

import secrets
from datetime import date, datetime, timedelta

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.bank.customer import ACCOUNT, CURRENCY, SLOW
from tael.simulators.bank.messages import (
    Entry,
    write_notification,
    write_return,
    write_statement,
    write_status,
    write_whole_refusal,
)
from tael.simulators.bank.orders import Ordered
from tael.simulators.base import Drawer, Journal

OPENING_MINOR = 1_000_000_000


class Transfer(msgspec.Struct, kw_only=True):
    """A transfer that the customer ordered."""

    ordered: Ordered
    state: str = "taken"
    """`taken`, `done`, `refused` or `returned`."""
    times_sent: int = 0


class Message(msgspec.Struct, kw_only=True):
    """A message that lies in the customer's mailbox."""

    id: int
    type: str
    body: str
    about: list[str]
    """The transfers' names and virtual accounts that it tells of."""
    due_at: datetime
    """When it is put into the mailbox."""


class Ledger:
    """The bank's books."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self.entries: Drawer[Entry] = journal.drawer("entry", Entry)
        self.transfers: Drawer[Transfer] = journal.drawer("transfer", Transfer)
        self.messages: Drawer[Message] = journal.drawer("message", Message)
        self._held: Drawer[Message] = journal.drawer("held", Message)
        """Messages that come late: they get their number when they come."""

    @property
    def balance_minor(self) -> int:
        """What the customer has."""
        return OPENING_MINOR + sum(entry.amount_minor for entry in self.entries.things.values())

    def order(self, ordered: Ordered, *, account_is_empty: bool) -> str:
        """Take a transfer, and carry it out at once unless it goes to `SLOW`; gives the report.

        A message whose name came before is refused and changes nothing.
        """
        now, name = self._clock.now(), ordered.end_to_end_id
        original = ordered.message_id
        if original in self.transfers.things:
            body = write_whole_refusal(self._name("PS"), original, reason="DUPL", at=now)
            return self._put("pain.002.001.10", body, [name])
        reason = self._why_not(ordered, account_is_empty=account_is_empty)
        transfer = Transfer(ordered=ordered, state="refused" if reason else "taken")
        self.transfers.keep(original, transfer)
        status = "RJCT" if reason else "ACSP"
        body = write_status(self._name("PS"), original, name, status, reason=reason, at=now)
        report = self._put("pain.002.001.10", body, [name])
        if ordered.receiver != SLOW:
            self.carry_out(transfer)
        return report

    def carry_out(self, transfer: Transfer) -> bool:
        """Send the money; False if the transfer does not wait for it."""
        if transfer.state != "taken":
            return False
        ordered = transfer.ordered
        transfer.state = "done"
        transfer.times_sent += 1
        self.transfers.keep(ordered.message_id, transfer)
        self._book(_entry_of(ordered, -ordered.amount_minor, self._clock.now()), [ordered.end_to_end_id])
        return True

    def refuse(self, transfer: Transfer, reason: str) -> bool:
        """Refuse a transfer that was taken; False if it is too late."""
        if transfer.state != "taken":
            return False
        transfer.state = "refused"
        ordered = transfer.ordered
        self.transfers.keep(ordered.message_id, transfer)
        name = ordered.end_to_end_id
        body = write_status(
            self._name("PS"), ordered.message_id, name, "RJCT", reason=reason, at=self._clock.now()
        )
        self._put("pain.002.001.10", body, [name])
        return True

    def give_back(self, transfer: Transfer, reason: str) -> bool:
        """Let the receiver's bank send the money back; False if it never got any."""
        if transfer.state != "done":
            return False
        transfer.state = "returned"
        ordered, now = transfer.ordered, self._clock.now()
        self.transfers.keep(ordered.message_id, transfer)
        entry = _entry_of(ordered, ordered.amount_minor, now, why_back=reason)
        self._put("pacs.004.001.09", write_return(self._name("RT"), entry, at=now), [ordered.end_to_end_id])
        self._book(entry, [ordered.end_to_end_id])
        return True

    def receive(
        self, account: str, amount_minor: int, *, payer: str, payer_name: str, twice: bool, late: timedelta
    ) -> None:
        """Money comes for a virtual account."""
        entry = Entry(
            reference=f"CR{secrets.token_hex(7)}",
            amount_minor=amount_minor,
            booked_at=self._clock.now(),
            account=account,
            other=payer,
            other_name=payer_name,
        )
        self._book(entry, [account], twice=twice, late=late)

    def release(self) -> None:
        """Put into the mailbox what comes late and is due."""
        now = self._clock.now()
        for key, message in list(self._held.things.items()):
            if message.id == 0 and message.due_at <= now:
                message.id = self._keep_message(message)
                self._held.keep(key, message)

    def statement(self, day: date) -> str | None:
        """The statement of a day that is over."""
        now = self._clock.now()
        if day >= now.astimezone(CHINA).date():
            return None
        entries = list(self.entries.things.values())
        opening = OPENING_MINOR + sum(one.amount_minor for one in entries if _day(one) < day)
        of_the_day = [one for one in entries if _day(one) == day]
        return write_statement(day.toordinal(), day, of_the_day, opening_minor=opening, at=now)

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        for reference, entry in list(self.entries.things.items()):
            entry.booked_at -= by
            self.entries.keep(reference, entry)
        for key, message in list(self._held.things.items()):
            message.due_at -= by
            self._held.keep(key, message)

    def _why_not(self, ordered: Ordered, *, account_is_empty: bool) -> str:
        if ordered.sender != ACCOUNT:
            return "AC02"
        if ordered.currency != CURRENCY:
            return "AM03"
        return "AM04" if account_is_empty or ordered.amount_minor > self.balance_minor else ""

    def _book(
        self, entry: Entry, about: list[str], *, twice: bool = False, late: timedelta = timedelta()
    ) -> None:
        self.entries.keep(entry.reference, entry)
        for _ in range(2 if twice else 1):
            body = write_notification(self._name("NT"), entry, at=self._clock.now())
            self._put("camt.054.001.08", body, about, late=late)

    def _put(self, kind: str, body: str, about: list[str], *, late: timedelta = timedelta()) -> str:
        message = Message(id=0, type=kind, body=body, about=about, due_at=self._clock.now() + late)
        if late:
            self._held.keep(self._name("HD"), message)
        else:
            self._keep_message(message)
        return body

    def _keep_message(self, message: Message) -> int:
        number = len(self.messages.things) + 1
        self.messages.keep(str(number), msgspec.structs.replace(message, id=number))
        return number

    def _name(self, kind: str) -> str:
        return f"{kind}{self._clock.now():%Y%m%d}{secrets.token_hex(6)}"


def _entry_of(ordered: Ordered, amount_minor: int, at: datetime, *, why_back: str = "") -> Entry:
    return Entry(
        reference=f"{'RT' if why_back else 'DB'}{secrets.token_hex(7)}",
        amount_minor=amount_minor,
        booked_at=at,
        end_to_end_id=ordered.end_to_end_id,
        other=ordered.receiver,
        other_name=ordered.receiver_name,
        words=ordered.words,
        why_back=why_back,
    )


def _day(entry: Entry) -> date:
    return entry.booked_at.astimezone(CHINA).date()
