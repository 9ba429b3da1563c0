"""How do documents, reports of acceptance and certificates come in, and how do they end?"""

import hashlib

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from tael.acceptance.model import Report, Verdict, digest_of, verify_report
from tael.foundation.ids import new_id
from tael.partners import store
from tael.partners.errors import AcceptanceRefused, EndedAlready, NoSuchRecord, PartnerMalformed
from tael.partners.model import Acceptance, Certificate, Document, DocumentKind, Step
from tael.partners.schemas import (
    EndDocument,
    RecordAcceptance,
    RecordCertificate,
    ReplaceCertificate,
    UploadDocument,
)
from tael.partners.schemas.words import LARGEST_DOCUMENT
from tael.partners.store import SQL
from tael.partners.usecases.desk import Doing


async def upload_document(doing: Doing, command: UploadDocument) -> Document:
    """Hand in a file; refuses `PartnerMalformed`. A report of acceptance comes in by `record_acceptance` alone."""
    if command.kind is DocumentKind.ACCEPTANCE_REPORT:
        raise PartnerMalformed(
            "A report of acceptance is read and verified before it is kept.",
            field="kind",
            hint="Send it to /v1/partners/{channel}/acceptances.",
        )
    if command.valid_from and command.valid_until and command.valid_until < command.valid_from:
        raise PartnerMalformed("A document ends after it begins.", field="valid_until")
    if command.kind is DocumentKind.CONTRACT and command.valid_from is None:
        raise PartnerMalformed("A contract says from when on it holds.", field="valid_from")
    return await _keep(doing, command)


async def _keep(doing: Doing, command: UploadDocument) -> Document:
    partner = await doing.partner()
    if not 1 <= len(command.content) <= LARGEST_DOCUMENT:
        raise PartnerMalformed(f"A document has 1 to {LARGEST_DOCUMENT} bytes.", field="content")
    document = Document(
        id=new_id("doc"),
        channel=partner.channel,
        step=command.step,
        kind=command.kind,
        name=command.name,
        size=len(command.content),
        digest=hashlib.sha256(command.content).hexdigest(),
        valid_from=command.valid_from,
        valid_until=command.valid_until,
        uploaded_by=doing.actor,
        uploaded_at=doing.now,
    )
    await store.write(doing.tx, SQL.insert_document, document, content=command.content)
    return document


async def end_document(doing: Doing, command: EndDocument) -> Document:
    """A paper holds no longer than until that day; refuses `NoSuchRecord`, `EndedAlready`."""
    found = await store.find(doing.tx, SQL.find_document, Document, doing.about)
    await store.find_partner(doing.tx, found.channel, lock=True)
    if found.ended_on is not None and found.ended_on <= command.ended_on:
        raise EndedAlready(f"{found.id} ended on {found.ended_on} already.")
    await doing.tx.run(SQL.end_document, id=found.id, ended_on=command.ended_on)
    return msgspec.structs.replace(found, ended_on=command.ended_on)


async def record_acceptance(doing: Doing, command: RecordAcceptance) -> Acceptance:
    """Keep a report of the acceptance kit, passed or not; refuses `ReportRefused`, `AcceptanceRefused`.

    Refused is what cannot be believed and what is about another channel or connector.
    """
    partner = await doing.partner()
    report = verify_report(command.content, trusted=doing.desk.trusted_keys())
    connector = doing.desk.channels.configuration(partner.channel).connector
    if report.channel != partner.channel or report.connector != connector:
        raise AcceptanceRefused(
            f"The report is about {report.connector} as {report.channel},"
            f" not about {connector} as {partner.channel}.",
            field="content",
        )
    document = await _keep(
        doing,
        UploadDocument(
            kind=DocumentKind.ACCEPTANCE_REPORT,
            name=command.name,
            content=command.content,
            step=Step.ACCEPTANCE,
        ),
    )
    acceptance = Acceptance(
        id=new_id("acc"),
        channel=partner.channel,
        document_id=document.id,
        connector=report.connector,
        connector_version=report.connector_version,
        promises=report.promises,
        against=report.against,
        passed=_is_passed(report),
        cases=len(report.cases),
        failed=report.count(Verdict.FAILED),
        finished_at=report.finished_at,
        signed_by=report.key,
        recorded_by=doing.actor,
        recorded_at=doing.now,
    )
    await store.write(doing.tx, SQL.insert_acceptance, acceptance)
    return acceptance


def _is_passed(report: Report) -> bool:
    return report.passed and report.complete and not report.double_effects and not report.guesses


def promises_of(doing: Doing, channel: str) -> tuple[str, str]:
    """The version of a channel's connector, and the digest of what it promises today."""
    channels = doing.desk.channels
    version = doing.desk.connector_version(channels.configuration(channel).connector)
    return version, digest_of(channels.capabilities(channel))


async def record_certificate(doing: Doing, command: RecordCertificate) -> Certificate:
    """Remember when a certificate or key ends; refuses `PartnerMalformed`, `NoSuchRecord`, `EndedAlready`."""
    partner = await doing.partner()
    certificate = _certificate(doing, partner.channel, command)
    if certificate.ends_at <= certificate.starts_at:
        raise PartnerMalformed("A certificate ends after it begins.", field="ends_at")
    if command.replaces is not None:
        replaced = await _no_longer_used(doing, command.replaces)
        if replaced.channel != partner.channel:
            raise NoSuchRecord(f"{partner.channel} has no such certificate.", field="replaces")
    await store.write(doing.tx, SQL.insert_certificate, certificate)
    return certificate


async def replace_certificate(doing: Doing, _command: ReplaceCertificate) -> Certificate:
    """It is used no more: nobody need be reminded. Refuses `NoSuchRecord`, `EndedAlready`."""
    return await _no_longer_used(doing, doing.about)


async def _no_longer_used(doing: Doing, id: str) -> Certificate:
    found = await store.find(doing.tx, SQL.find_certificate, Certificate, id)
    if found.replaced_at is not None:
        raise EndedAlready(f"{found.id} is no longer used since {found.replaced_at:%Y-%m-%d}.")
    await doing.tx.run(SQL.replace_certificate, id=found.id, replaced_at=doing.now)
    return msgspec.structs.replace(found, replaced_at=doing.now)


def _certificate(doing: Doing, channel: str, command: RecordCertificate) -> Certificate:
    recorded = {
        "id": new_id("cert"),
        "channel": channel,
        "name": command.name,
        "recorded_by": doing.actor,
        "recorded_at": doing.now,
    }
    if not command.pem:
        if command.starts_at is None or command.ends_at is None:
            raise PartnerMalformed("Send the certificate, or both of its dates.", field="pem")
        dates = {"starts_at": command.starts_at, "ends_at": command.ends_at}
        return Certificate(subject="", serial="", fingerprint="", **recorded, **dates)  # type: ignore[arg-type]
    if command.starts_at is not None or command.ends_at is not None:
        raise PartnerMalformed("A certificate says its dates itself.", field="starts_at")
    try:
        read = x509.load_pem_x509_certificate(command.pem.encode())
        return Certificate(
            subject=read.subject.rfc4514_string()[:500],
            serial=f"{read.serial_number:x}",
            fingerprint=read.fingerprint(SHA256()).hex(),
            starts_at=read.not_valid_before_utc,
            ends_at=read.not_valid_after_utc,
            **recorded,  # type: ignore[arg-type]
        )
    except (ValueError, x509.InvalidVersion) as error:
        raise PartnerMalformed("This is no certificate in PEM.", field="pem") from error
