"""Does every change of a partner leave its trace, and can nobody wipe a trace away?"""

from collections.abc import AsyncIterator

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.partners.model import DocumentKind, State
from tael.partners.schemas import RecordIncident, Retire
from tael.testing.partners import ANN, BO, PartnersDesk


@pytest.fixture
async def desk(urls: DatabaseUrls) -> AsyncIterator[PartnersDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield PartnersDesk(database)
    await database.close()


async def test_s17_every_change_of_a_partner_leaves_one_line_in_the_audit_trail(
    desk: PartnersDesk, urls: DatabaseUrls
) -> None:
    await desk.open()
    await desk.partners.do("alpha", RecordIncident(what="bills came late"), actor=BO)
    document = await desk.upload("alpha", DocumentKind.LICENCE)
    proposal = await desk.agree("alpha", Retire(reason="too dear"))
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        lines = await (
            await owner.execute("select actor, action, object_id, result from foundation.audit order by seq")
        ).fetchall()
    assert lines == [
        (ANN, "partners.open_partner", "alpha", "done"),
        (BO, "partners.record_incident", "alpha", "done"),
        (ANN, "partners.upload_document", document, "done"),
        (ANN, "partners.propose", proposal.id, "done"),
        (BO, "partners.decide", proposal.id, "done"),
    ]
    history = await desk.partners.reads.history("alpha")
    assert [(line.actor, line.what, line.note) for line in reversed(history)] == [
        (ANN, "partners.open_partner", ""),
        (BO, "partners.record_incident", "bills came late"),
        (ANN, "partners.upload_document", ""),
        (ANN, "partners.propose", "retire open: as agreed"),
        (BO, "partners.decide", "retire approved"),
    ]


async def test_s4_the_application_may_not_rewrite_what_happened(
    desk: PartnersDesk, urls: DatabaseUrls
) -> None:
    await desk.walk("alpha", State.CANARY)
    async with await psycopg.AsyncConnection.connect(urls.application, autocommit=True) as connection:
        await connection.execute("set role tael_app")
        for forbidden in (
            "update partners.history set note = ''",
            "delete from partners.history",
            "update partners.ticks set ticked_by = 'x'",
            "update partners.documents set content = 'x'",
            "delete from partners.documents",
            "update partners.acceptances set passed = true",
            "update partners.fee_tables set lines = '[]'",
            "delete from partners.fee_tables",
            "update partners.answers set result = 'fine'",
            "delete from partners.partners",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(forbidden)
