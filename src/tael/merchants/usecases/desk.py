"""What does every verb about merchants have at hand? The transaction, the hour, who asks, keys that seal and sign."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from tael.foundation import outbox
from tael.foundation.clock import Clock
from tael.foundation.db import Transaction
from tael.foundation.events import Event
from tael.foundation.sealing import Sealer
from tael.foundation.signing import SigningKey
from tael.merchants import store
from tael.merchants.events import MerchantChanged
from tael.merchants.model import Application, MerchantState, SettlementSettings, Standing
from tael.merchants.store import SQL

V = TypeVar("V")


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What merchants need to know of the world."""

    clock: Clock
    sealer: Sealer
    signing_key: Callable[[], SigningKey]
    """The key of this platform that signs agreements."""


class KeptApplication(Application, frozen=True, kw_only=True):
    """An application as it lies here, with what is sealed."""

    sealed: bytes


class KeptSettings(SettlementSettings, frozen=True, kw_only=True):
    """Settlement settings as they lie here, with the account in full."""

    account_sealed: bytes | None


class Doing:
    """One command being done."""

    def __init__(
        self,
        desk: Desk,
        tx: Transaction,
        *,
        merchant_id: str,
        about: str,
        actor: str,
        remote_address: str = "",
    ) -> None:
        self.desk = desk
        self.tx = tx
        self.merchant_id = merchant_id
        """Whose affair it is; of a decision known once the proposal is read."""
        self.about = about
        """The id of what it is about: the merchant, or something of it."""
        self.actor = actor
        self.remote_address = remote_address
        self.now = desk.clock.now()
        self.moved: tuple[MerchantState, MerchantState] | None = None

    async def merchant(self) -> Standing:
        """The merchant, locked: its affairs go one after the other."""
        return await store.standing_of(self.tx, self.merchant_id, lock=True)

    async def application(self) -> KeptApplication:
        """The merchant's application; refuses `NoSuchMerchantRecord`. Lock the merchant before."""
        return await store.application_of(self.tx, self.merchant_id, KeptApplication)

    async def write(self, before: Standing, after: Standing) -> None:
        """Write a merchant as it is now, and remember where it came from."""
        await store.write(self.tx, SQL.update_standing, after)
        if after.state is not before.state:
            self.moved = before.state, after.state

    async def tell(self, *events: Event) -> None:
        """Tell others. The merchant is locked, so that its facts are told in their order."""
        await outbox.publish(self.tx, events)

    async def tell_change(self, what: str) -> None:
        """Tell others that something about the merchant is different."""
        await self.tell(MerchantChanged(object_id=self.merchant_id, happened_at=self.now, what=what))

    async def remember(self, what: str, *, note: str = "", object_id: str | None = None) -> None:
        """Write a line of the merchant's history, with the move if there was one."""
        from_state, to_state = self.moved or (None, None)
        await self.tx.run(
            SQL.insert_history,
            merchant_id=self.merchant_id,
            happened_at=self.now,
            actor=self.actor,
            what=what,
            from_state=from_state,
            to_state=to_state,
            note=note,
            object_id=object_id,
        )

    def seal(self, value: msgspec.Struct, *, about: str) -> bytes:
        """Something for nobody to read without our key."""
        return self.desk.sealer.seal(msgspec.json.encode(value), about=about)

    def open(self, sealed: bytes, of: type[V], *, about: str) -> V:
        """What was sealed."""
        return msgspec.json.decode(self.desk.sealer.open(sealed, about=about), type=of)


def about_particulars(merchant_id: str) -> str:
    """To what the particulars of an application are bound."""
    return f"merchants.application:{merchant_id}"


def about_account(merchant_id: str) -> str:
    """To what a settlement account is bound."""
    return f"merchants.account:{merchant_id}"


def about_document(document_id: str) -> str:
    """To what a document's bytes are bound."""
    return f"merchants.document:{document_id}"


def plain(kept: msgspec.Struct, of: type[V]) -> V:
    """What lies here without what is sealed."""
    return msgspec.convert(kept, of, from_attributes=True)
