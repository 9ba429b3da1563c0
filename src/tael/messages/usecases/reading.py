"""What does somebody find in their list, and what have they read?"""

from collections.abc import Sequence

import msgspec
import structlog

from tael.foundation.db import Transaction
from tael.foundation.sealing import SealBroken
from tael.messages.errors import MessageMalformed
from tael.messages.model import Language, Message
from tael.messages.rules.templates import Rendered, rendered, template_of
from tael.messages.store import messages
from tael.messages.store.messages import KeptMessage
from tael.messages.usecases.desk import Desk

log = structlog.get_logger("tael.messages")


class MarkRead(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has read these, or all up to one."""

    user_id: str
    ids: Sequence[str] = ()
    up_to: str | None = None


async def mark_read(tx: Transaction, wanted: MarkRead, desk: Desk) -> MarkRead:
    """Write down what was read, and when first."""
    await messages.mark_read(tx, wanted.user_id, ids=wanted.ids, up_to=wanted.up_to, now=desk.now())
    return wanted


def shown(desk: Desk, kept: KeptMessage, language: Language) -> Message:
    """A message in the language in which its reader reads now."""
    said = _said(desk, kept, language)
    return Message(
        id=kept.id,
        template=kept.template,
        urgency=kept.urgency,
        title=said.title,
        text=said.text,
        created_at=kept.created_at,
        read_at=kept.read_at,
    )


def _said(desk: Desk, kept: KeptMessage, language: Language) -> Rendered:
    try:
        template = template_of(kept.template)
        values = desk.open_values(kept.id, kept.values_sealed or b"", template)
    except (SealBroken, MessageMalformed, KeyError, msgspec.MsgspecError) as error:
        log.warning("message_not_opened", message=kept.id, reason=type(error).__name__)
        return Rendered(title=kept.template, text="", short="")
    return rendered(template, values, language)
