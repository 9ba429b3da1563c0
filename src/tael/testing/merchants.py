"""How does a test get a merchant that has come so far? One that applies, with papers, and people who review it."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from tael.foundation.clock import CHINA
from tael.foundation.db import Database
from tael.foundation.sealing import Sealer
from tael.foundation.signing import SigningKey, make_key
from tael.merchants.api import Merchants
from tael.merchants.model import BusinessKind, IdKind, Merchant, MerchantDocumentKind, RiskLevel
from tael.merchants.schemas import (
    AccountSection,
    ApproveApplication,
    BeginReview,
    BusinessSection,
    Change,
    Command,
    ContactSection,
    Decide,
    EditApplication,
    MerchantProposal,
    PersonSection,
    Propose,
    Risk,
    SignAgreement,
    SubmitApplication,
    UploadDocument,
)
from tael.testing.clocks import ManualClock

R = TypeVar("R")

OWNER, ANN, BO, CY = "member:lgn_1", "staff:ann", "staff:bo", "staff:cy"
CREDIT_CODE, ID_NUMBER, ACCOUNT, PHONE = (
    "91110000600037341L",
    "11010519491231002X",
    "6222020200112230",
    "+86 571 8888 0000",
)
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n"
EVERYTHING = EditApplication(
    business=BusinessSection(
        kind=BusinessKind.COMPANY,
        legal_name="蓝茶壶（杭州）有限公司",
        credit_code=CREDIT_CODE,
        address="杭州市西湖区茶壶路 12 号",
        mcc="5499",
        website="https://teapot.example",
        expected_monthly_minor=5_000_000,
    ),
    legal_person=PersonSection(name="李明", id_kind=IdKind.RESIDENT_ID, id_number=ID_NUMBER),
    account=AccountSection(holder="蓝茶壶（杭州）有限公司", number=ACCOUNT, bank_name="工商银行"),
    contact=ContactSection(name="王芳", email="fang@teapot.example", phone=PHONE),
)


class MerchantsDesk:
    """Merchants on a database, under a clock that is moved by hand."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.clock = ManualClock()
        self.key: SigningKey = make_key("ed25519")
        self.sealer = Sealer(folder)
        self.merchants = Merchants(database, self.clock, sealer=self.sealer, signing_key=lambda: self.key)

    async def do(self, about: str, command: Command[R], *, actor: str = OWNER, of: str | None = None) -> R:
        """A command about a merchant, or about something of the merchant `of`."""
        return await self.merchants.do(about, command, actor=actor, merchant_id=of)

    async def applicant(self, name: str = "Blue Teapot") -> Merchant:
        """A merchant with an empty draft."""
        return await self.merchants.apply(name=name, actor=OWNER)

    async def fill_in(self, merchant: Merchant) -> None:
        """All that is asked for, but not submitted."""
        await self.do(merchant.id, EVERYTHING)
        for kind in (
            MerchantDocumentKind.BUSINESS_LICENCE,
            MerchantDocumentKind.LEGAL_PERSON_ID,
            MerchantDocumentKind.BANK_PROOF,
        ):
            await self.do(merchant.id, UploadDocument(kind=kind, name=f"{kind}.pdf", content=PDF))
        await self.do(merchant.id, self.signature())

    def signature(self, language: str = "zh-CN") -> SignAgreement:
        """The command that signs the agreement that holds."""
        [*_, version] = self.merchants.reads.agreement_versions()
        text = self.merchants.reads.agreement_text(version.version, language)
        return SignAgreement(
            version=version.version,
            language=language,
            digest=hashlib.sha256(text.text.encode()).hexdigest(),
            signer_name="李明",
            signer_title="总经理",
        )

    async def under_review(self, name: str = "Blue Teapot") -> Merchant:
        """A merchant whose application Ann looks at."""
        merchant = await self.applicant(name)
        await self.fill_in(merchant)
        await self.do(merchant.id, SubmitApplication())
        await self.do(merchant.id, BeginReview(), actor=ANN)
        return merchant

    async def active(self, name: str = "Blue Teapot") -> Merchant:
        """A merchant that was let in by Ann and Bo."""
        merchant = await self.under_review(name)
        await self.changed(merchant, self.approval())
        return (await self.merchants.find([merchant.id]))[merchant.id]

    def approval(self, fee_basis_points: int = 38) -> ApproveApplication:
        """What is proposed to let somebody in."""
        day = (self.clock.now() + timedelta(days=180)).astimezone(CHINA).date()
        risk = Risk(level=RiskLevel.MEDIUM, reasons="new", review_on=day)
        return ApproveApplication(risk=risk, fee_basis_points=fee_basis_points)

    async def proposed(self, merchant: Merchant, change: Change, *, by: str = ANN) -> MerchantProposal:
        """A change that waits for a second person."""
        return await self.do(merchant.id, Propose(change=change, note="as agreed"), actor=by)  # type: ignore[arg-type]

    async def decided(
        self, proposal: MerchantProposal, *, approve: bool = True, by: str = BO
    ) -> MerchantProposal:
        """What a second person says."""
        return await self.do(
            proposal.id, Decide(approve=approve, digest=proposal.digest, note="seen"), actor=by
        )

    async def changed(self, merchant: Merchant, change: Change) -> MerchantProposal:
        """A change that Ann proposed and Bo approved."""
        return await self.decided(await self.proposed(merchant, change))
