"""How is the agreement signed, and how does anybody see later that it was? The texts are data of this package."""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from importlib import resources

import msgspec

from tael.foundation.clock import CHINA
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.signing import is_signed
from tael.merchants import store
from tael.merchants.errors import AgreementDiffers, NoSuchMerchantRecord
from tael.merchants.model import (
    AgreementStanding,
    AgreementText,
    AgreementVersion,
    SignedAgreement,
    Statement,
)
from tael.merchants.rules import agreements as rules
from tael.merchants.schemas import SignAgreement
from tael.merchants.store import SQL
from tael.merchants.usecases.desk import Doing

LANGUAGES = ("zh-CN", "en")
_FOLDER = "agreements"


class _Signature(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    statement: str
    signature: str
    key: str


class _Dates(msgspec.Struct, frozen=True):
    effective_from: date
    sign_by: date


@lru_cache(maxsize=1)
def versions() -> Sequence[AgreementVersion]:
    """Every version, the earliest first."""
    index = resources.files("tael.merchants").joinpath(_FOLDER, "index.toml").read_text("utf-8")
    dates: Mapping[str, _Dates] = msgspec.convert(tomllib.loads(index), dict[str, _Dates])
    known = [
        AgreementVersion(
            version=version,
            effective_from=each.effective_from,
            sign_by=each.sign_by,
            digests={language: _digest(text_of(version, language)) for language in LANGUAGES},
        )
        for version, each in dates.items()
    ]
    return sorted(known, key=lambda each: each.effective_from)


@lru_cache(maxsize=64)
def text_of(version: str, language: str) -> str:
    """The text of a version in a language, both of which are known."""
    return resources.files("tael.merchants").joinpath(_FOLDER, f"{version}.{language}.txt").read_text("utf-8")


def agreement_text(version: str, language: str) -> AgreementText:
    """The text as it is signed; refuses `NoSuchMerchantRecord`."""
    known = next((each for each in versions() if each.version == version), None)
    if known is None or language not in known.digests:
        raise NoSuchMerchantRecord(
            "There is no such version in that language.",
            field="version",
            hint=f"Languages: {', '.join(LANGUAGES)}.",
        )
    return AgreementText(
        version=version, language=language, digest=known.digests[language], text=text_of(version, language)
    )


async def sign_agreement(doing: Doing, command: SignAgreement) -> SignedAgreement:
    """Sign the version that holds; refuses `AgreementDiffers`, `NoSuchMerchantRecord`."""
    merchant = await doing.merchant()
    text = agreement_text(command.version, command.language)
    current = rules.version_on(versions(), _day(doing.now))
    if command.version not in {current.version, *rules.announced(versions(), _day(doing.now))}:
        raise AgreementDiffers(f"The version that holds is {current.version}.", field="version")
    if command.digest != text.digest:
        raise AgreementDiffers(
            "The digest is not that of the text.",
            field="digest",
            hint="Read the text again, and sign what it says.",
        )
    statement = Statement(
        id=new_id("sig"),
        merchant_id=merchant.id,
        merchant_name=merchant.name,
        version=command.version,
        language=command.language,
        digest=text.digest,
        signer_name=command.signer_name,
        signer_title=command.signer_title,
        signed_by=doing.actor,
        remote_address=doing.remote_address,
        signed_at=doing.now,
    )
    written = msgspec.json.encode(statement).decode()
    key = doing.desk.signing_key()
    signature = _Signature(
        id=statement.id, statement=written, signature=key.sign(written.encode()).hex(), key=key.name
    )
    await store.write(
        doing.tx,
        SQL.insert_signature,
        signature,
        merchant_id=merchant.id,
        version=statement.version,
        signed_at=doing.now,
    )
    return _signed(signature)


async def signed_agreement(tx: Transaction, merchant_id: str, id: str) -> SignedAgreement:
    """A signed agreement with its text; refuses `NoSuchMerchantRecord`."""
    return _signed(await store.find(tx, SQL.find_signature, _Signature, id, merchant_id=merchant_id))


async def standing(tx: Transaction, merchant_id: str, *, now: datetime) -> AgreementStanding:
    """Which version holds for a merchant, and what it has to sign."""
    kept = await tx.rows(SQL.signatures_of, _Signature, merchant_id=merchant_id)
    signed = [msgspec.json.decode(each.statement, type=Statement) for each in kept]
    return rules.standing(versions(), signed, today=_day(now))


def verify(agreement: SignedAgreement, *, trusted: Sequence[str]) -> str | None:
    """What is wrong with a signed agreement; `None`: it is genuine.

    trusted   public keys that are believed to be ours
    """
    if agreement.key not in trusted:
        return f"It is signed by {agreement.key[:24]}…, which is none of the trusted keys."
    try:
        signature = bytes.fromhex(agreement.signature)
    except ValueError:
        return "The signature is not written in hexadecimal digits."
    if not is_signed(agreement.statement_json.encode(), signature, by=agreement.key):
        return "The signature is not that of the statement."
    if msgspec.json.decode(agreement.statement_json, type=Statement) != agreement.statement:
        return "The statement is not the one that was signed."
    if _digest(agreement.text) != agreement.statement.digest:
        return "The text is not the one that was signed."
    return None


def _signed(kept: _Signature) -> SignedAgreement:
    statement = msgspec.json.decode(kept.statement, type=Statement)
    return SignedAgreement(
        statement=statement,
        text=text_of(statement.version, statement.language),
        statement_json=kept.statement,
        signature=kept.signature,
        key=kept.key,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _day(now: datetime) -> date:
    return now.astimezone(CHINA).date()
