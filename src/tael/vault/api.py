"""The verbs of the vault: inside of its own process (`Vault`), and for the platform's other processes (`VaultClient`).

What other processes hear of a card is a `Token`. There is no verb that gives a number out.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec

from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Unavailable
from tael.foundation.ids import new_id
from tael.foundation.vouching import HEADER, NotVouchedFor, Voucher
from tael.foundation.wire import SEAL_FOR
from tael.vault import rules, schemas, store
from tael.vault.errors import NoSuchToken, TicketRefused
from tael.vault.keyring import Keyring
from tael.vault.model import (
    AuditLine,
    Card,
    Destination,
    FieldsTicket,
    Forwarded,
    Forwarding,
    MasterKey,
    Progress,
    Secret,
    Token,
    VaultState,
)
from tael.vault.transport import Sender
from tael.vault.usecases.cards import Cards
from tael.vault.usecases.forwarding import Forwarder
from tael.vault.usecases.rotation import Rotation
from tael.vault.usecases.safe import Safe
from tael.vault.usecases.security_codes import SecurityCodes

T = TypeVar("T")

FIELDS_LIFETIME = timedelta(minutes=30)
"""How long a page with card fields can be used."""
FIELDS_MODULE = "card-fields.js"
"""The name of the script that embeds such a page in another."""
_FIELDS = "card fields"
_CLIENT_SECONDS = 5.0


class Vault:
    """The vault, in its own process."""

    def __init__(self, database: Database, clock: Clock, *, keys_folder: Path, voucher: Voucher) -> None:
        self._database = database
        self._clock = clock
        self._voucher = voucher
        self._keyring = Keyring(keys_folder)
        self._sender = Sender()
        safe, codes = Safe(self._keyring), SecurityCodes()
        self._cards = Cards(database, clock, safe, codes)
        self._forwarder = Forwarder(database, clock, safe, codes, self._sender)
        self.rotation = Rotation(database, clock, safe)

    async def start(self) -> None:
        """Have in hand the keys that lie in files."""
        await self.rotation.start()

    async def close(self) -> None:
        """Close the connections to channels."""
        await self._sender.close()

    # Cards.

    def read_ticket(self, text: str) -> FieldsTicket:
        """What a page with card fields was opened for; refuses `TicketRefused`."""
        try:
            content = self._voucher.read_ticket(text[:4_000], _FIELDS)
            ticket = msgspec.json.decode(content, type=FieldsTicket)
        except (NotVouchedFor, msgspec.MsgspecError):
            raise TicketRefused("This page was not opened by a shop of ours.", field="ticket") from None
        if ticket.ends_at <= self._clock.now():
            raise TicketRefused("This page is too old.", field="ticket", hint="Open it anew from the shop.")
        return ticket

    async def tokenise(self, card: Card, ticket: FieldsTicket) -> Token:
        """A token for a card; refuses `CardRefused`, `TooManyCards`, `VaultSealed`."""
        return await self._cards.tokenise(card, ticket)

    async def take_network_token(self, secret: Secret, card: Card, *, merchant_id: str, actor: str) -> Token:
        """A token for what a card's network gave out in place of its number."""
        return await self._cards.take_network_token(secret, card, merchant_id=merchant_id, actor=actor)

    async def describe(self, token: str) -> Token:
        """What may be known of a card; refuses `NoSuchToken`."""
        return await self._cards.describe(token)

    async def keep(self, token: str, *, merchant_id: str) -> None:
        """Keep a card until it is forgotten; refuses `NoSuchToken`."""
        await self._cards.keep(token, merchant_id=merchant_id)

    async def forget(self, token: str, *, merchant_id: str) -> None:
        """Forget a card for good."""
        await self._cards.forget(token, merchant_id=merchant_id)

    async def forget_expired(self) -> int:
        """Forget cards that nobody kept, and security codes whose time is over."""
        return await self._cards.forget_expired()

    async def forward(self, wanted: Forwarding, *, actor: str) -> Forwarded:
        """Send a message with a card in it; refuses `DestinationRefused`, `NoSuchToken`, `VaultSealed`, `MessageRefused`."""
        if wanted.request.url == SEAL_FOR:
            return await self._forwarder.seal_for(wanted, actor=actor)
        return await self._forwarder.forward(wanted, actor=actor)

    # Where cards may go, and where they went.

    async def allow(self, channel: str, url: str, *, actor: str) -> Destination:
        """Let a channel's cards go to an address; refuses `DestinationRefused` for one that is not safe."""
        return await self._allow(channel, rules.origin_of(url), actor=actor)

    async def allow_key(self, channel: str, pem: bytes, *, actor: str) -> Destination:
        """Let numbers of a channel's cards be encrypted for a public key; refuses `DestinationRefused`.

        Whoever has the private key reads them: it must be the channel's own.
        """
        return await self._allow(channel, rules.name_of_key(rules.read_key(pem)), actor=actor)

    async def _allow(self, channel: str, origin: str, *, actor: str) -> Destination:
        destination = Destination(channel=channel, origin=origin, added_at=self._clock.now(), added_by=actor)
        async with self._database.transaction() as tx:
            await store.insert_destination(tx, destination)
            await self._record(tx, actor, "allow", channel, destination.origin)
        return destination

    async def disallow(self, channel: str, url: str, *, actor: str) -> bool:
        """Let them not go there any more, an address or a key by its name; false if they might not before."""
        origin = rules.destination_named(url)
        async with self._database.transaction() as tx:
            was_there = await store.delete_destination(tx, channel, origin)
            await self._record(tx, actor, "disallow", channel, origin)
        return was_there

    async def destinations(self) -> Sequence[Destination]:
        """Where cards may go."""
        async with self._database.transaction() as tx:
            return await store.list_destinations(tx)

    async def trail(self, *, token: str | None = None, limit: int = 100) -> Sequence[AuditLine]:
        """Who did what with which card, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_audit(tx, token=token, limit=limit)

    async def is_open(self) -> bool:
        """Whether cards can be taken: all keys are in hand, and there is a channel to which cards may go."""
        async with self._database.transaction() as tx:
            masters, destinations = await store.list_masters(tx), await store.list_destinations(tx)
        return self._holds_all(masters) and bool(destinations)

    async def state(self) -> VaultState:
        """How the vault stands."""
        async with self._database.transaction() as tx:
            masters = await store.list_masters(tx)
            data_keys, cards = await store.count_data_keys(tx), await store.count_cards(tx)
            newest = masters[-1]
            resealing = await store.count_keys_of_other_masters(tx, newest.number)
        return VaultState(
            unlocked=self._holds_all(masters),
            master=newest.number,
            kind=newest.kind,
            threshold=newest.threshold,
            shares=newest.shares,
            shares_given=self._keyring.shares_given(),
            data_keys=data_keys,
            cards=cards,
            resealing=resealing,
            handover=self.rotation.handover is not None,
        )

    async def ping(self) -> None:
        """Whether the database answers."""
        await self._database.ping()

    def _holds_all(self, masters: Sequence[MasterKey]) -> bool:
        return all(self._keyring.holds(master.number) for master in masters)

    async def _record(self, tx: Transaction, actor: str, action: str, channel: str, origin: str) -> None:
        line = AuditLine(
            at=self._clock.now(), actor=actor, action=action, channel=channel, destination=origin
        )
        await store.record(tx, line)


def key_name(pem: bytes) -> str:
    """How a public key stands among the destinations; refuses `DestinationRefused`."""
    return rules.name_of_key(rules.read_key(pem))


is_of_this_machine = rules.is_of_this_machine
"""Whether an address can be reached from this machine alone."""
BRANDS = rules.BRANDS
"""Whose cards there are, and how they look."""
page_origin = rules.check_page
"""The origin of a page; refuses `PageRefused`."""


class VaultClient:
    """What the platform's other processes ask of the vault, which is another process.

    door_url     where it answers us
    public_url   where payers reach its pages
    """

    def __init__(self, voucher: Voucher, clock: Clock, *, door_url: str, public_url: str) -> None:
        self._voucher = voucher
        self._clock = clock
        self._door_url = door_url
        self._public_url = public_url
        self._session: aiohttp.ClientSession | None = None

    @property
    def module_address(self) -> str:
        """The address of the script that embeds the pages with card fields."""
        return f"{self._public_url}/{FIELDS_MODULE}"

    def fields_address(
        self, *, merchant_id: str, origin: str = "", return_url: str = "", binds: bool = False
    ) -> str:
        """The address of a page with card fields, good for half an hour.

        origin       the page that embeds it in a frame and hears of the token (`https://shop.example`)
        return_url   where a page that is not embedded leads back to, with `card_token` in the query
        binds        whether a user binds a card of their own: the page says so, and speaks of no shop

        Refuses `PageRefused` for what is no address of a page.
        """
        for field, address in (("origin", origin), ("return_url", return_url)):
            if address:
                rules.check_page(address, field=field)
        ticket = FieldsTicket(
            session=new_id("crd"),
            merchant_id=merchant_id,
            origin=origin,
            return_url=return_url,
            ends_at=self._clock.now() + FIELDS_LIFETIME,
            binds=binds,
        )
        text = self._voucher.ticket(_FIELDS, msgspec.json.encode(ticket))
        return f"{self._public_url}/card?{urlencode({'ticket': text})}"

    async def describe(self, token: str) -> Token:
        """What may be known of a card; refuses `NoSuchToken`, `Unavailable`."""
        return await self._ask("/describe", schemas.AboutToken(token=token), Token)

    async def keep(self, token: str, *, merchant_id: str) -> None:
        """Keep a card: its payer has agreed; refuses `NoSuchToken`, `Unavailable`."""
        await self._ask("/keep", schemas.AboutToken(token=token, merchant_id=merchant_id), schemas.Done)

    async def forget(self, token: str, *, merchant_id: str) -> None:
        """Forget a card for good; refuses `Unavailable`."""
        await self._ask("/forget", schemas.AboutToken(token=token, merchant_id=merchant_id), schemas.Done)

    async def is_open(self) -> bool:
        """Whether it takes cards now; refuses `Unavailable`."""
        return (await self._ask("/open", schemas.Nothing(), schemas.Opened)).is_open

    async def state(self) -> VaultState:
        """How the vault stands; refuses `Unavailable`."""
        return await self._ask("/state", schemas.Nothing(), VaultState)

    async def unlock(self, words: str, *, actor: str) -> int | None:
        """A custodian's share; the number of the master key that it completed, if so."""
        share = schemas.Share(words=words, actor=actor)
        return (await self._ask("/unlock", share, schemas.Unlocked)).master

    async def begin_master(
        self, *, threshold: int, shares: int, again: bool = False, actor: str
    ) -> Sequence[str]:
        """A new master key; gives the words for its custodians, of whom there may be none."""
        wanted = schemas.NewMaster(threshold=threshold, shares=shares, again=again, actor=actor)
        return (await self._ask("/master/begin", wanted, schemas.Shares)).words

    async def confirm_master(self, *, actor: str) -> int:
        """Use the new master key from now on; gives its number."""
        return (await self._ask("/master/confirm", schemas.By(actor=actor), schemas.Done)).number

    async def reseal_data_keys(self, *, actor: str) -> Progress:
        """Seal some data keys by the newest master key."""
        return await self._ask("/master/reseal", schemas.By(actor=actor), Progress)

    async def new_data_key(self, *, actor: str) -> Progress:
        """Seal new cards by a new data key."""
        return await self._ask("/data/begin", schemas.By(actor=actor), Progress)

    async def reseal_cards(self, *, actor: str) -> Progress:
        """Seal some cards by the newest data key."""
        return await self._ask("/data/reseal", schemas.By(actor=actor), Progress)

    async def _ask(self, path: str, body: msgspec.Struct, of: type[T]) -> T:
        """One question through the vault's door; its refusals are raised as they came, if we know them."""
        content = msgspec.json.encode(body)
        asked = self._voucher.vouch(path, content)
        headers = {HEADER: str(asked), "content-type": "application/json"}
        try:
            async with self._open().post(self._door_url + path, data=content, headers=headers) as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable("The vault does not answer.", retry_after_seconds=1) from error
        if response.status != 200:
            raise _refusal(answer)
        self._voucher.check_answer(asked, response.headers.get(HEADER, ""), path, answer)
        return msgspec.json.decode(answer, type=of)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CLIENT_SECONDS))
        return self._session


def _refusal(answer: bytes) -> Unavailable | NoSuchToken:
    try:
        problem = msgspec.json.decode(answer, type=schemas.Problem)
    except msgspec.MsgspecError:
        return Unavailable("The vault stumbled.")
    if problem.code == NoSuchToken.code:
        return NoSuchToken(problem.detail, field="token")
    return Unavailable(f"The vault refuses: {problem.detail}", hint=problem.hint)
