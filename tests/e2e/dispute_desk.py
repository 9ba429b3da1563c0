"""How does a test get a dispute without a payer's bank? It is heard of, and a file lies in its draft."""

from typing import Any

from tael.channels.port import DisputeState as Said
from tael.disputes import store
from tael.disputes.model import EvidenceFile, News
from tael.disputes.usecases.record_news import Heard, record_news
from tael.foundation.ids import new_id
from tael.testing.platform import Platform

PDF = b"%PDF-1.7 a receipt"


async def a_dispute(shop: Platform, payment: Any) -> tuple[str, str]:
    """A question about a captured payment: the ids of the dispute, and of a file in its draft."""
    house, attempt = shop.house, payment["attempts"][0]
    now = house.clock.now()
    news = News(
        state=Said.NEEDS_RESPONSE,
        warning=True,
        amount_minor=payment["amount_minor"],
        currency=payment["currency"],
        reason="general",
        respond_by=None,
    )
    heard = Heard(
        channel=attempt["channel"],
        number=new_id("dp"),
        news=news,
        source="test",
        payment_id=payment["id"],
        attempt_id=attempt["id"],
    )
    async with house.database.transaction() as tx:
        dispute = await record_news(tx, heard, money=house.payments.disputed_money, now=now)
        file = EvidenceFile(
            id=new_id("file"),
            dispute_id=dispute.id,
            field="receipt",
            name="receipt.pdf",
            media_type="application/pdf",
            size=len(PDF),
            digest="",
            uploaded_by="test",
            uploaded_at=now,
        )
        sealed = house.sealer.seal(PDF, about=f"disputes.file:{file.id}")
        await store.insert_file(tx, file, sealed=sealed)
    return dispute.id, file.id
