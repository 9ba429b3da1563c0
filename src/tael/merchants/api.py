"""The verbs of merchants: apply, do a command, answer a call, give fee terms. Those of their keys are `MerchantKeys`."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, cast

import msgspec

from tael.foundation import audit
from tael.foundation.api_keys import CACHE_SECONDS
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Malformed
from tael.foundation.ids import new_id
from tael.foundation.memory import Memory
from tael.foundation.sealing import Sealer
from tael.foundation.signing import SigningKey
from tael.merchants import rules, schemas, store
from tael.merchants.errors import NoSuchMerchant
from tael.merchants.keys import KeyHolder, MerchantKeys
from tael.merchants.model import FeeTerms, Merchant, MerchantDocument, MerchantState, Seller, Volume
from tael.merchants.model.keys import (
    ApiKey,
    ChangeKey,
    KeyCommand,
    NewApiKey,
    RevokeKey,
    RevokeSigningKey,
    WantedKey,
)
from tael.merchants.rules.keys import PRESETS, check_within
from tael.merchants.rules.standing import in_test_mode, permissions_left, why_not_selling
from tael.merchants.schemas import Command
from tael.merchants.schemas.words import check_days
from tael.merchants.store import SQL
from tael.merchants.usecases import agreement, application, fees, four_eyes, settlement, standing, stores
from tael.merchants.usecases.agreement import verify as verify_agreement
from tael.merchants.usecases.desk import Desk, Doing
from tael.merchants.usecases.fees import Captured, Pricing
from tael.merchants.usecases.four_eyes import proposal_body
from tael.merchants.usecases.reads import FeesView, MerchantView, Reads
from tael.merchants.usecases.team import DoInTeam, Team, permissions_of

__all__ = [
    "PRESETS",
    "VERBS",
    "ApiKey",
    "Asked",
    "ChangeKey",
    "DoInTeam",
    "FeesView",
    "KeyCommand",
    "KeyHolder",
    "MerchantKeys",
    "MerchantView",
    "Merchants",
    "NewApiKey",
    "RevokeKey",
    "RevokeSigningKey",
    "StillOpen",
    "Team",
    "WantedKey",
    "action_of",
    "check_within",
    "in_test_mode",
    "permissions_left",
    "permissions_of",
    "proposal_body",
    "verify_agreement",
    "why_not_selling",
]

R = TypeVar("R")
Verb = Callable[[Doing, Any], Awaitable[Any]]
StillOpen = Callable[[str], Awaitable[bool]]
"""Whether anything of a merchant is still open: payments, refunds, disputes, money that it is owed."""

FIRST_FEE_BASIS_POINTS = 60
"""Of a merchant that applies, until it is approved."""
_NOTES = ("note", "reason", "name")
"""The field of a command that says why, for the history."""

VERBS: Mapping[type[Command[Any]], Verb] = {
    schemas.EditApplication: application.edit_application,
    schemas.SubmitApplication: application.submit_application,
    schemas.TakeApplicationBack: application.take_application_back,
    schemas.UploadDocument: application.upload_document,
    schemas.RemoveDocument: application.remove_document,
    schemas.SignAgreement: agreement.sign_agreement,
    schemas.ChangeSettlement: settlement.change_settlement,
    schemas.ProposeAccount: four_eyes.propose_account,
    schemas.CreateStore: stores.create_store,
    schemas.EditStore: stores.edit_store,
    schemas.CloseStore: stores.close_store,
    schemas.CreateTerminal: stores.create_terminal,
    schemas.EditTerminal: stores.edit_terminal,
    schemas.CloseTerminal: stores.close_terminal,
    schemas.GiveNotice: standing.give_notice,
    schemas.BeginReview: application.begin_review,
    schemas.RequestChanges: application.request_changes,
    schemas.SetRisk: standing.set_risk,
    schemas.SuspendMerchant: standing.suspend,
    schemas.Propose: four_eyes.propose,
    schemas.Decide: four_eyes.decide,
    schemas.Withdraw: four_eyes.withdraw,
}
"""Which verb does which command."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A command from outside: whose affair it is, what it is about, and who asks."""

    merchant_id: str
    """Empty for a proposal, which says it itself."""
    about: str
    """The id of what it is about; the merchant's own if it is about nothing smaller."""
    command: Command[Any]
    actor: str
    remote_address: str = ""


class Merchants:
    """Merchants in one database."""

    def __init__(
        self, database: Database, clock: Clock, *, sealer: Sealer, signing_key: Callable[[], SigningKey]
    ) -> None:
        """`signing_key` signs agreements for this platform."""
        self._database = database
        self._clock = clock
        self._desk = Desk(clock=clock, sealer=sealer, signing_key=signing_key)
        self._clerk = Clerk(database, clock)
        self._short: Memory[str, Merchant] = Memory(clock, seconds=CACHE_SECONDS)
        self._pricing = Pricing(database, clock)
        self.reads = Reads(database, clock, sealer)

    # How merchants come.

    async def register(self, *, name: str, fee_basis_points: int, actor: str) -> Merchant:
        """A new, active merchant that is known already; refuses `MerchantMalformed`."""
        async with self._database.transaction() as tx:
            return await self._begin(
                tx, name, MerchantState.ACTIVE, fee_basis_points, actor=actor, what="merchants.register"
            )

    async def apply(self, *, name: str, actor: str) -> Merchant:
        """A new merchant that applies, with an empty draft; refuses `MerchantMalformed`."""
        async with self._database.transaction() as tx:
            return await self.apply_within(tx, name=name, actor=actor)

    async def apply_within(self, tx: Transaction, *, name: str, actor: str) -> Merchant:
        """The same, together with what else is founded; refuses `MerchantMalformed`."""
        return await self._begin(
            tx, name, MerchantState.APPLYING, FIRST_FEE_BASIS_POINTS, actor=actor, what="merchants.apply"
        )

    async def _begin(
        self,
        tx: Transaction,
        name: str,
        state: MerchantState,
        fee_basis_points: int,
        *,
        actor: str,
        what: str,
    ) -> Merchant:
        refusal = rules.why_malformed(name, fee_basis_points)
        if refusal is not None:
            raise refusal
        merchant = Merchant(
            id=new_id("mer"),
            name=name.strip(),
            state=state,
            fee_basis_points=fee_basis_points,
            created_at=self._clock.now(),
        )
        await store.insert_merchant(tx, merchant)
        doing = Doing(self._desk, tx, merchant_id=merchant.id, about=merchant.id, actor=actor)
        if state is MerchantState.APPLYING:
            await application.open_application(doing, merchant)
        await doing.remember(what)
        await doing.tell_change(what)
        await self._audit(tx, actor, what, merchant.id)
        return merchant

    async def set_state(
        self,
        merchant_id: str,
        state: Literal[MerchantState.ACTIVE, MerchantState.SUSPENDED],
        *,
        actor: str,
    ) -> None:
        """Suspend a merchant, or let it act again: for whoever sits at the machine. Said twice, it is the same.

        Refuses `NoSuchMerchant`, `NotFromThisState`.
        """
        async with self._database.transaction() as tx:
            doing = Doing(self._desk, tx, merchant_id=merchant_id, about=merchant_id, actor=actor)
            merchant = await doing.merchant()
            if merchant.state is state:
                return
            if state is MerchantState.ACTIVE:
                await standing.resume(doing, merchant)
            else:
                await standing.suspend(doing, schemas.SuspendMerchant(reason=f"by {actor}"))
            what = f"merchants.set_state_{state}"
            await doing.remember(what)
            await self._audit(tx, actor, what, merchant_id)
        self._pricing.forget()

    async def close_due(self, still_open: StillOpen) -> None:
        """Close merchants whose notice has ended and of whom nothing is open."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            due = [id for (id,) in await tx.tuples(SQL.merchants_to_close, now=now, limit=200)]
        for merchant_id in due:
            if await still_open(merchant_id):
                continue
            async with self._database.transaction() as tx:
                doing = Doing(
                    self._desk, tx, merchant_id=merchant_id, about=merchant_id, actor="tael:close_due"
                )
                if await standing.close(doing) is not None:
                    await doing.remember("merchants.close")
                    await self._audit(tx, doing.actor, "merchants.close", merchant_id)

    # Commands.

    async def do(self, about: str, command: Command[R], *, actor: str, merchant_id: str | None = None) -> R:
        """Do a command about a merchant, or about the thing with that id of the merchant `merchant_id`.

        Raises what its verb refuses. Of a decision `about` is the proposal.
        """
        owner = merchant_id or ("" if isinstance(command, _ABOUT_PROPOSALS) else about)
        asked = Asked(merchant_id=owner, about=about, command=command, actor=actor)
        async with self._database.transaction() as tx:
            result = await self._do(tx, asked)
            await self._audit(tx, actor, action_of(type(command)), _id_of(result, about))
        self._pricing.forget()
        return cast(R, result)

    async def answer(self, call: Call[Asked]) -> Answer:
        """Do a command under an Idempotency-Key, and give the answer as it goes out."""

        def shown(result: Any) -> tuple[str, Any]:
            return _id_of(result, call.command.about), result

        answer = await self._clerk.answer(call, self._do, shown=shown, status=200)
        self._pricing.forget()
        return answer

    async def _do(self, tx: Transaction, asked: Asked) -> Any:
        command = _checked(asked.command)
        check_days(command)
        doing = Doing(
            self._desk,
            tx,
            merchant_id=asked.merchant_id,
            about=asked.about,
            actor=asked.actor,
            remote_address=asked.remote_address,
        )
        result = await VERBS[type(command)](doing, command)
        await doing.remember(
            action_of(type(command)), note=_note_of(command, result), object_id=_id_of(result, asked.about)
        )
        return result

    async def open_document(self, merchant_id: str, id: str, *, actor: str) -> tuple[MerchantDocument, bytes]:
        """A document with its bytes, for somebody whom the audit trail names; refuses `NoSuchMerchantRecord`."""
        document, content = await self.reads.document(merchant_id, id)
        async with self._database.transaction() as tx:
            await self._audit(tx, actor, "merchants.open_document", id)
        return document, content

    # Who they are.

    async def find(self, ids: Sequence[str]) -> dict[str, Merchant]:
        """The merchants among `ids`."""
        async with self._database.transaction() as tx:
            return await store.find_merchants(tx, ids)

    async def get(self, merchant_id: str) -> Seller:
        """One merchant as it was at most `CACHE_SECONDS` ago, with its fee terms of now; refuses `NoSuchMerchant`."""
        merchant = await self._short.get(merchant_id, lambda: self._find_one(merchant_id))
        fee_terms_id, _ = await self.terms_of(merchant_id, self._clock.now())
        fields = {name: getattr(merchant, name) for name in Merchant.__struct_fields__}
        return Seller(**fields, fee_terms_id=fee_terms_id)

    async def everybody(self, *, after: str | None = None, limit: int = 200) -> Sequence[Merchant]:
        """Merchants, oldest first, after the one with the id `after`."""
        async with self._database.transaction() as tx:
            return await store.list_merchants(tx, after=after, limit=limit)

    async def place_of(
        self, tx: Transaction, merchant_id: str, *, store_id: str | None, terminal_id: str | None = None
    ) -> str | None:
        """The store where something is to happen, if a store or a terminal is named.

        Refuses `NoSuchMerchantRecord`, also for another merchant's, and `NotFromThisState`.
        """
        return await stores.place_of(tx, merchant_id, store_id=store_id, terminal_id=terminal_id)

    async def terminals_in(self, tx: Transaction, merchant_id: str, places: Collection[str]) -> Sequence[str]:
        """The terminals that are or were in these stores."""
        found = await tx.tuples(SQL.terminals_in, merchant_id=merchant_id, stores=sorted(places))
        return [id for (id,) in found]

    # Fees.

    async def terms_of(self, merchant_id: str, at: datetime) -> tuple[str, FeeTerms]:
        """The fee terms that apply to a merchant at a moment, with their name; refuses `NoSuchMerchant`.

        Cheap to ask. Terms that nobody has asked for before are written down here, so that `fee_terms` knows every
        name that was ever given out.
        """
        return await self._pricing.terms_of(merchant_id, at)

    async def fee_terms(self, ids: Sequence[str]) -> Mapping[str, FeeTerms]:
        """The fee terms of these names, remembered for ever: they never change. Refuses `NoSuchFeeTerms`."""
        return await self._pricing.fee_terms(ids)

    async def count_captured(self, tx: Transaction, facts: Sequence[Captured]) -> None:
        """Add what was captured to its merchants' months: these decide about the tiers of the next."""
        await fees.count_captured(tx, facts)

    async def volumes(self, merchant_id: str, *, limit: int = 24) -> Sequence[Volume]:
        """What a merchant captured by month and currency, the latest month first."""
        async with self._database.transaction() as tx:
            return await tx.rows(SQL.volumes_of, Volume, merchant_id=merchant_id, limit=limit)

    async def mirror(self, merchant: Merchant, terms: FeeTerms) -> None:
        """Have this merchant here as it is elsewhere, with the fee terms that apply there. Said twice, it is the same.

        For the house of test mode, which has no affairs of its own: `in_test_mode` says how it stands there.
        """
        async with self._database.transaction() as tx:
            await fees.mirror(tx, merchant, terms, now=self._clock.now())
        self._pricing.forget()

    async def _find_one(self, merchant_id: str) -> Merchant:
        found = (await self.find([merchant_id])).get(merchant_id)
        if found is None:
            raise NoSuchMerchant(f"There is no merchant {merchant_id}.", field="merchant_id")
        return found

    async def _audit(self, tx: Transaction, actor: str, action: str, object_id: str) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(), actor=actor, action=action, object_id=object_id, result="done"
        )
        await audit.record(tx, [event])


_ABOUT_PROPOSALS = (schemas.Decide, schemas.Withdraw)


def action_of(command: type[Command[Any]]) -> str:
    """The verb in words, for audit trail and history: `merchants.submit_application`."""
    return "merchants." + re.sub(r"(?<!^)(?=[A-Z])", "_", command.__name__).lower()


def _note_of(command: Command[Any], result: object) -> str:
    """Why, in the words of the command; of a proposal also what would change: `approve_application approved: fine`."""
    said = str(next((text for name in _NOTES if (text := getattr(command, name, ""))), ""))
    if not isinstance(result, schemas.MerchantProposal):
        return said
    what = f"{result.change.__struct_config__.tag} {result.state}"
    return f"{what}: {said}" if said else what


def _id_of(result: object, otherwise: str) -> str:
    return str(getattr(getattr(result, "statement", result), "id", otherwise))


def _checked(command: Command[R]) -> Command[R]:
    """The same command if it keeps its own limits, as one that comes over the wire has to; refuses `Malformed`."""
    try:
        return msgspec.convert(msgspec.to_builtins(command), type(command))
    except msgspec.ValidationError as error:
        raise Malformed(f"{error}.") from error
