"""Files of evidence: put one into the draft, take one out, open one. They are sealed, and change no more once handed in."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.channels.port import EvidenceFile as FileSent
from tael.disputes import rules, store
from tael.disputes.errors import NoSuchFile
from tael.disputes.model import EvidenceFile
from tael.disputes.rules import DisputeEvent
from tael.disputes.usecases.answer import Desk, locked_dispute
from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id


class AddFile(msgspec.Struct, frozen=True, kw_only=True):
    """Put a file into the draft; it takes the place of the one in the same field."""

    dispute_id: str
    merchant_id: str
    field: str
    name: str
    content: bytes
    actor: str

    def __repr__(self) -> str:
        """Without the bytes."""
        return f"AddFile({self.dispute_id}, {self.field}, {len(self.content)} bytes)"


class RemoveFile(msgspec.Struct, frozen=True, kw_only=True):
    """Take a file out of the draft. It is kept, and not handed in."""

    dispute_id: str
    merchant_id: str
    file_id: str


async def add_file(tx: Transaction, command: AddFile, *, desk: Desk, now: datetime) -> EvidenceFile:
    """The file, sealed; raises why not."""
    dispute = await locked_dispute(tx, command.dispute_id, command.merchant_id)
    refusal = rules.why_not(dispute, DisputeEvent.SAVE, now)
    if refusal is not None:
        raise refusal
    before = await store.files_of(tx, dispute.id, removed=True)
    seen = rules.look_at_file(
        command.content, field=command.field, fields=desk.file_fields(dispute.channel), before=before
    )
    file = EvidenceFile(
        id=new_id("file"),
        dispute_id=dispute.id,
        field=command.field,
        name=command.name,
        media_type=seen.media_type,
        size=seen.size,
        digest=seen.digest,
        uploaded_by=command.actor,
        uploaded_at=now,
    )
    replaced = [each.id for each in before if each.removed_at is None and each.field == file.field]
    await store.remove_files(tx, replaced, now=now)
    await store.insert_file(tx, file, sealed=desk.sealer.seal(command.content, about=_about(file.id)))
    return file


async def remove_file(tx: Transaction, command: RemoveFile, *, now: datetime) -> EvidenceFile:
    """The file that is out of the draft; raises why not."""
    dispute = await locked_dispute(tx, command.dispute_id, command.merchant_id)
    file = await _found(tx, dispute.id, command.file_id)
    refusal = rules.why_not(dispute, DisputeEvent.SAVE, now)
    if refusal is not None:
        raise refusal
    await store.remove_files(tx, [file.id], now=now)
    return msgspec.structs.replace(file, removed_at=file.removed_at or now)


async def open_file(
    tx: Transaction, dispute_id: str, file_id: str, *, desk: Desk, actor: str, now: datetime
) -> tuple[EvidenceFile, bytes]:
    """A file with its bytes; whoever opens it is in the audit trail. Raises `NoSuchFile`."""
    file = await _found(tx, dispute_id, file_id)
    trail = AuditEvent(
        happened_at=now, actor=actor, action="disputes.open_file", object_id=file.id, result="opened"
    )
    await audit.record(tx, [trail])
    sealed = await store.file_content(tx, file.id)
    return file, desk.sealer.open(sealed, about=_about(file.id))


async def files_to_send(
    tx: Transaction, files: Sequence[EvidenceFile], *, desk: Desk
) -> Mapping[str, FileSent]:
    """Files as their channel takes them, by field."""
    return {
        file.field: FileSent(
            media_type=file.media_type,
            digest=file.digest,
            content=desk.sealer.open(await store.file_content(tx, file.id), about=_about(file.id)),
        )
        for file in files
    }


async def _found(tx: Transaction, dispute_id: str, file_id: str) -> EvidenceFile:
    for file in await store.files_of(tx, dispute_id, removed=True):
        if file.id == file_id:
            return file
    raise NoSuchFile(f"There is no file {file_id[:40]!r} in this dispute.", field="file_id")


def _about(file_id: str) -> str:
    return f"disputes.file:{file_id}"
