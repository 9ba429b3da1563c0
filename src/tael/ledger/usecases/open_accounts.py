"""Open accounts, many at a time; one that is open already, in the same way, is left as it is."""

from collections.abc import Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import EXPONENTS
from tael.ledger import rules, store
from tael.ledger.errors import AccountDiffers
from tael.ledger.model import Account, AccountSpec


async def open_accounts(
    tx: Transaction, specs: Sequence[AccountSpec], *, cache: store.AccountCache, now: datetime
) -> list[Account | Refusal]:
    """Each account as it is open now, or why it is not: `AccountMalformed`, `AccountDiffers`."""
    refusals: dict[int, Refusal] = {
        place: refusal
        for place, spec in enumerate(specs)
        if (refusal := rules.why_account_malformed(spec)) is not None
    }
    good = [spec for place, spec in enumerate(specs) if place not in refusals]
    found = await cache.find(tx, [spec.name for spec in good])
    missing = [spec for spec in good if spec.name not in found]
    if missing:
        refusals |= await _open(tx, specs, missing, now)
        found |= await cache.find(tx, [spec.name for spec in missing])
    return [
        refusals[place] if place in refusals else _same_or_refusal(spec, found[spec.name])
        for place, spec in enumerate(specs)
    ]


async def _open(
    tx: Transaction, specs: Sequence[AccountSpec], missing: Sequence[AccountSpec], now: datetime
) -> dict[int, Refusal]:
    """Open what is missing; the refusals of those whose currency is known with other decimals, by place in `specs`."""
    wanted = {spec.currency: exponent_of(spec) for spec in missing}
    known = await store.insert_currencies(tx, wanted)
    refusals: dict[int, Refusal] = {}
    for place, spec in enumerate(specs):
        if spec.exponent is not None and known.get(spec.currency, spec.exponent) != spec.exponent:
            refusals[place] = AccountDiffers(
                f"{spec.currency} has {known[spec.currency]} decimals in these books.", field="exponent"
            )
    first: dict[store.AccountName, AccountSpec] = {}
    for spec in missing:
        if spec.exponent in (None, known[spec.currency]):
            first.setdefault(spec.name, spec)
    await store.insert_accounts(tx, list(first.values()), opened_at=now)
    return refusals


def exponent_of(spec: AccountSpec) -> int:
    """Decimals of the account's currency: what is said, or what ISO 4217 says."""
    return EXPONENTS[spec.currency] if spec.exponent is None else spec.exponent


def _same_or_refusal(spec: AccountSpec, account: Account) -> Account | AccountDiffers:
    field = rules.same_terms(spec, account)
    if field is None:
        return account
    return AccountDiffers(f"{spec.code} is open in {spec.currency} with another {field}.", field=field)
