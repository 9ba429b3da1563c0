"""Does a merchant come in by the door: complete, with genuine papers, looked at by two people, its secrets sealed?"""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg import sql

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.documents import LARGEST_BYTES
from tael.foundation.events import type_of
from tael.foundation.proposals import SameEyes
from tael.merchants.errors import (
    AgreementDiffers,
    ApplicationIncomplete,
    ApplicationMalformed,
    DocumentRefused,
    MerchantChangedMeanwhile,
    NoSuchMerchantRecord,
    NotFromThisState,
)
from tael.merchants.events import MerchantApplied, MerchantApproved
from tael.merchants.model import (
    ApplicationState,
    FieldReason,
    MerchantDocumentKind,
    MerchantState,
    RiskLevel,
)
from tael.merchants.rules import particulars
from tael.merchants.schemas import (
    BeginReview,
    EditApplication,
    RejectApplication,
    RemoveDocument,
    RequestChanges,
    ResumeMerchant,
    SubmitApplication,
    SuspendMerchant,
    TakeApplicationBack,
    UploadDocument,
)
from tael.merchants.usecases.agreement import verify
from tael.testing.merchants import ACCOUNT, ANN, BO, EVERYTHING, ID_NUMBER, PDF, PHONE, MerchantsDesk

LICENCE_UNREADABLE = FieldReason(field="documents.business_licence", reason="Too dark to read.")


@pytest.fixture
async def desk(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[MerchantsDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield MerchantsDesk(database, tmp_path)
    await database.close()


async def facts(urls: DatabaseUrls) -> list[str]:
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        rows = await (await owner.execute("select type from foundation.outbox order by seq")).fetchall()
    return [kind for (kind,) in rows]


async def test_an_application_is_filled_in_reviewed_by_two_and_let_in(
    desk: MerchantsDesk, urls: DatabaseUrls
) -> None:
    merchant = await desk.applicant()
    assert merchant.state is MerchantState.APPLYING
    await desk.fill_in(merchant)
    submitted = await desk.do(merchant.id, SubmitApplication())
    assert submitted.state is ApplicationState.SUBMITTED
    await desk.do(merchant.id, BeginReview(), actor=ANN)
    await desk.changed(merchant, desk.approval(fee_basis_points=38))

    view = await desk.merchants.reads.merchant(merchant.id)
    assert view.live
    assert view.application is not None
    assert view.application.state is ApplicationState.APPROVED
    assert (view.application.reviewer, view.application.decided_by) == (ANN, BO)
    assert view.merchant.risk is RiskLevel.MEDIUM
    assert view.fees.terms.default.rate_millionths == 3_800
    assert view.settlement.account is not None
    assert view.settlement.account.number == "************2230"
    assert view.to_do == []
    told = await facts(urls)
    assert told.count(type_of(MerchantApplied)) == 1
    assert told.count(type_of(MerchantApproved)) == 1
    history = await desk.merchants.reads.history(merchant.id)
    assert [line.what.removeprefix("merchants.") for line in reversed(history)] == [
        "apply",
        "edit_application",
        *["upload_document"] * 3,
        "sign_agreement",
        "submit_application",
        "begin_review",
        "propose",
        "decide",
    ]
    assert (history[0].from_state, history[0].to_state) == (MerchantState.APPLYING, MerchantState.ACTIVE)


async def test_what_is_missing_is_named_and_stops_the_submission(desk: MerchantsDesk) -> None:
    merchant = await desk.applicant()
    with pytest.raises(ApplicationIncomplete) as refused:
        await desk.do(merchant.id, SubmitApplication())
    assert refused.value.facts["missing"] == (
        "business legal_person account contact documents.business_licence documents.legal_person_id"
        " documents.bank_proof agreement"
    )
    await desk.do(merchant.id, EditApplication(business=EVERYTHING.business, contact=EVERYTHING.contact))
    await desk.do(merchant.id, EditApplication(account=EVERYTHING.account))
    missing = (await desk.merchants.reads.application(merchant.id)).missing
    assert missing[0] == "legal_person"
    assert "business" not in missing


async def test_s11_nobody_lets_a_merchant_in_alone(desk: MerchantsDesk) -> None:
    merchant = await desk.under_review()
    proposal = await desk.proposed(merchant, desk.approval())
    with pytest.raises(SameEyes):
        await desk.decided(proposal, by=ANN)
    await desk.decided(proposal, approve=False)
    assert not (await desk.merchants.reads.merchant(merchant.id)).live
    with pytest.raises(NotFromThisState):
        await desk.changed(merchant, ResumeMerchant())
    with pytest.raises(NotFromThisState):
        await desk.do(merchant.id, SuspendMerchant(reason="no"), actor=ANN)


async def test_an_approval_is_refused_if_the_application_has_changed_since_it_was_proposed(
    desk: MerchantsDesk,
) -> None:
    merchant = await desk.under_review()
    proposal = await desk.proposed(merchant, desk.approval())
    given_back = await desk.do(merchant.id, RequestChanges(reasons=(LICENCE_UNREADABLE,)), actor=ANN)
    assert list(given_back.reasons) == [LICENCE_UNREADABLE]
    await desk.do(merchant.id, EVERYTHING)
    again = await desk.do(merchant.id, SubmitApplication())
    assert list(again.reasons) == []
    await desk.do(merchant.id, BeginReview(), actor=ANN)
    with pytest.raises(MerchantChangedMeanwhile):
        await desk.decided(proposal)
    await desk.changed(merchant, desk.approval())


async def test_what_is_under_review_is_not_filled_in(desk: MerchantsDesk) -> None:
    merchant = await desk.applicant()
    await desk.fill_in(merchant)
    await desk.do(merchant.id, SubmitApplication())
    with pytest.raises(NotFromThisState):
        await desk.do(merchant.id, EVERYTHING)
    await desk.do(merchant.id, TakeApplicationBack())
    await desk.do(merchant.id, EVERYTHING)
    await desk.do(merchant.id, SubmitApplication())
    await desk.do(merchant.id, BeginReview(), actor=ANN)
    for command in (TakeApplicationBack(), SubmitApplication(), EVERYTHING):
        with pytest.raises(NotFromThisState):
            await desk.do(merchant.id, command)
    with pytest.raises(NotFromThisState):
        await desk.do(
            merchant.id, UploadDocument(kind=MerchantDocumentKind.OTHER, name="late.pdf", content=PDF)
        )


async def test_a_rejected_merchant_is_closed_and_told_why(desk: MerchantsDesk) -> None:
    merchant = await desk.under_review()
    reason = FieldReason(field="application", reason="We do not serve this business.")
    await desk.changed(merchant, RejectApplication(reasons=(reason,)))
    view = await desk.merchants.reads.merchant(merchant.id)
    assert view.merchant.state is MerchantState.CLOSED
    assert view.application is not None
    assert list(view.application.reasons) == [reason]
    assert "payments.write" not in view.may


async def test_no_secret_of_an_application_is_in_the_database_or_in_an_answer(
    desk: MerchantsDesk, urls: DatabaseUrls
) -> None:
    merchant = await desk.active()
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        tables = await owner.execute(
            "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        )
        everything = "\n".join(
            [
                text
                for schema, table in await tables.fetchall()
                for (text,) in await (
                    await owner.execute(
                        sql.SQL("select t::text from {} t").format(sql.Identifier(schema, table))
                    )
                ).fetchall()
            ]
        )
    shown = msgspec.json.encode(await desk.merchants.reads.merchant(merchant.id)).decode()
    for place in (everything, shown):
        for secret in (ID_NUMBER, ACCOUNT, PHONE):
            assert secret not in place
            assert secret.encode().hex() not in place
        assert "1****************X" in place
    assert PDF.hex() not in everything


async def test_a_document_is_known_by_its_bytes_and_comes_back_as_it_was(desk: MerchantsDesk) -> None:
    merchant, other = await desk.applicant(), await desk.applicant("Green Teapot")
    for bytes_, reason in ((b"<html>", "neither"), (b"", "1 to"), (PDF + b"x" * 4_000_000, "1 to")):
        with pytest.raises(DocumentRefused, match=reason):
            await desk.do(
                merchant.id, UploadDocument(kind=MerchantDocumentKind.OTHER, name="a.pdf", content=bytes_)
            )
    kept = await desk.do(
        merchant.id, UploadDocument(kind=MerchantDocumentKind.OTHER, name="a.png", content=PDF)
    )
    assert (kept.media_type, kept.size) == ("application/pdf", len(PDF))
    assert kept.digest == hashlib.sha256(PDF).hexdigest()
    assert await desk.merchants.reads.document(merchant.id, kept.id) == (kept, PDF)
    with pytest.raises(NoSuchMerchantRecord):
        await desk.merchants.reads.document(other.id, kept.id)
    with pytest.raises(NoSuchMerchantRecord):
        await desk.do(kept.id, RemoveDocument(), of=other.id)
    await desk.do(kept.id, RemoveDocument(), of=merchant.id)
    assert (await desk.merchants.reads.application(merchant.id)).documents == []


async def test_a_field_that_cannot_be_right_is_refused_by_name_and_nothing_is_kept(
    desk: MerchantsDesk,
) -> None:
    merchant = await desk.applicant()
    assert EVERYTHING.business is not None
    wrong = msgspec.structs.replace(EVERYTHING.business, credit_code="91110000600037341M")
    with pytest.raises(ApplicationMalformed) as refused:
        await desk.do(merchant.id, EditApplication(business=wrong, contact=EVERYTHING.contact))
    assert refused.value.field == "business.credit_code"
    assert (await desk.merchants.reads.application(merchant.id)).particulars.contact is None


async def test_two_applications_of_one_company_are_seen(desk: MerchantsDesk) -> None:
    first, second = await desk.applicant(), await desk.applicant("Another Teapot")
    await desk.do(first.id, EVERYTHING)
    await desk.do(second.id, EVERYTHING)
    assert await desk.merchants.reads.same_company(second.id) == [first.id]


# The agreement.


async def test_a_signed_agreement_can_be_kept_and_verified_by_anybody(desk: MerchantsDesk) -> None:
    merchant = await desk.applicant()
    signed = await desk.do(merchant.id, desk.signature("en"))
    kept = await desk.merchants.reads.signed_agreement(merchant.id, signed.statement.id)
    assert kept == signed
    assert kept.statement.merchant_name == merchant.name
    trusted = [desk.key.name]
    assert verify(kept, trusted=trusted) is None
    other = await desk.applicant("Green Teapot")
    with pytest.raises(NoSuchMerchantRecord):
        await desk.merchants.reads.signed_agreement(other.id, signed.statement.id)

    forged = msgspec.structs.replace(kept.statement, signer_name="somebody else")
    rewritten = msgspec.json.encode(forged).decode()
    for wrong in (
        msgspec.structs.replace(kept, statement=forged),
        msgspec.structs.replace(kept, statement=forged, statement_json=rewritten),
        msgspec.structs.replace(kept, text=kept.text + " "),
        msgspec.structs.replace(kept, signature="zz"),
    ):
        assert verify(wrong, trusted=trusted) is not None
    assert verify(kept, trusted=[]) is not None


async def test_only_the_text_that_holds_is_signed(desk: MerchantsDesk) -> None:
    merchant = await desk.applicant()
    right = desk.signature()
    with pytest.raises(AgreementDiffers):
        await desk.do(merchant.id, msgspec.structs.replace(right, digest="0" * 64))
    with pytest.raises(NoSuchMerchantRecord):
        await desk.do(merchant.id, msgspec.structs.replace(right, version="1999-01"))
    assert (await desk.merchants.reads.agreements(merchant.id)).must_sign
    await desk.do(merchant.id, right)
    assert not (await desk.merchants.reads.agreements(merchant.id)).must_sign


async def test_documents_that_were_taken_out_again_count_for_the_room_that_they_take(
    desk: MerchantsDesk,
) -> None:
    """Their bytes are kept: handing in and taking out for ever would fill the disk."""
    merchant = await desk.applicant()
    upload = UploadDocument(kind=MerchantDocumentKind.OTHER, name="paper.pdf", content=PDF)
    for _ in range(particulars.MOST_UPLOADS):
        document = await desk.do(merchant.id, upload)
        await desk.do(document.id, RemoveDocument(), of=merchant.id)
    with pytest.raises(DocumentRefused) as refused:
        await desk.do(merchant.id, upload)
    assert "taken out" in refused.value.message


async def test_all_documents_of_an_application_together_have_so_many_bytes_at_most(
    desk: MerchantsDesk,
) -> None:
    merchant = await desk.applicant()
    large = PDF + bytes(LARGEST_BYTES - len(PDF))
    upload = UploadDocument(kind=MerchantDocumentKind.OTHER, name="scan.pdf", content=large)
    for _ in range(particulars.MOST_BYTES // LARGEST_BYTES):
        document = await desk.do(merchant.id, upload)
        await desk.do(document.id, RemoveDocument(), of=merchant.id)
    with pytest.raises(DocumentRefused, match="bytes"):
        await desk.do(merchant.id, upload)
