"""Which changes take two people? Those that one *proposes* and another *decides*: four eyes.

A context keeps what it wants to do as the `content` of a proposal, in its own words (JSON, or sealed if it is secret).
When somebody else approves, `decide` gives the proposal back, and the context carries its content out **in the same
transaction**: what is approved is done, once, and what is done was approved.

Nothing here is ever changed or deleted; the line in the audit trail is the caller's, but for `take_back`.
Whoever decides may say the `digest` of what they looked at, and is refused if it is another.
A person is named by who they are (`staff:stf_…`), never by a key: one person may hold several.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction, queries
from tael.foundation.errors import Conflict, Forbidden, Malformed, NotFound
from tael.foundation.ids import new_id
from tael.foundation.printable import LINES

SQL = queries("tael.foundation")

LIFETIME = timedelta(days=7)
"""How long a proposal stays open if nothing else is said."""
LARGEST_CONTENT = 1_000_000
"""In bytes."""
_LONGEST_NOTE = 1_000
_KIND = re.compile(r"[a-z]+(\.[a-z_]+){1,3}")
_NOTE = re.compile(LINES)
_PERSON = re.compile(r"[\x21-\x7e]{1,128}")


class NoSuchProposal(NotFound):
    """There is no proposal of that id, or it is about something else."""

    code = "proposals.no_such_proposal"


class SameEyes(Forbidden):
    """Whoever proposed something may not decide about it."""

    code = "proposals.same_eyes"
    title = "This takes a second person"


class NotYours(Forbidden):
    """Only whoever proposed something takes it back."""

    code = "proposals.not_yours"


class ProposalEnded(Conflict):
    """It was approved, refused or withdrawn before, or nobody decided in time."""

    code = "proposals.ended"


class ProposalDiffers(Conflict):
    """The person who decides looked at something else than what lies here."""

    code = "proposals.differs"


class ProposalMalformed(Malformed):
    """What is proposed, or the words with it, do not have the form that is asked for."""

    code = "proposals.malformed"


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to be done, and what another said."""

    id: str
    kind: str
    """What would be done, with the name of the context: `channels.credentials`."""
    subject: str
    """To what: a channel's name, an id."""
    content: bytes
    """In the words of the context that proposes; sealed if it is secret."""
    digest: str
    """SHA-256 of the content, in hexadecimal digits."""
    note: str
    """Why, in words for whoever decides."""
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    state: ProposalState = ProposalState.OPEN
    ended_by: str | None = None
    """Who decided; of what was withdrawn, who did."""
    ended_at: datetime | None = None
    end_note: str | None = None

    def __repr__(self) -> str:
        return f"Proposal({self.id} {self.kind} {self.subject} {self.state})"


class ProposalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which proposals are wanted, newest first. `None` lets everything through."""

    state: ProposalState | None = None
    kind: str | None = None
    """A kind, or how kinds begin: `channels`."""
    subject: str | None = None
    proposed_by: str | None = None
    before: str | None = None
    """The id of the last proposal of the page before."""
    limit: int = 50


async def propose(
    tx: Transaction,
    *,
    kind: str,
    subject: str,
    content: bytes,
    note: str,
    by: str,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> Proposal:
    """Write down what `by` wants to be done; refuses `ProposalMalformed`."""
    _check_words(kind=kind, subject=subject, content=content, note=note, by=by)
    proposal = Proposal(
        id=new_id("prop"),
        kind=kind,
        subject=subject,
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        note=note.strip(),
        proposed_by=by,
        proposed_at=now,
        expires_at=now + lifetime,
    )
    await tx.run(
        SQL.insert_proposal,
        **{name: getattr(proposal, name) for name in _PROPOSED},
    )
    return proposal


_PROPOSED = "id kind subject content digest note proposed_by proposed_at expires_at".split()


async def decide(
    tx: Transaction,
    id: str,
    *,
    approve: bool,
    by: str,
    note: str = "",
    now: datetime,
    digest: str | None = None,
    kind: str | None = None,
) -> Proposal:
    """Approve or refuse; the caller does what was approved in the same transaction.

    digest   of the content that `by` looked at, if they say so
    kind     what the caller is about to carry out: a proposal of another kind is not found

    Of several who decide at the same moment one gets through, and the others wait to hear it. Refuses
    `NoSuchProposal`, `SameEyes`, `ProposalEnded`, `ProposalDiffers`, `ProposalMalformed`.
    """
    proposal = await get(tx, id, now=now, kind=kind)
    if by.lower() == proposal.proposed_by.lower():
        raise SameEyes(
            f"{by} proposed this and may not decide about it.",
            hint="Ask somebody else with the permission, or withdraw it.",
        )
    if digest is not None and digest != proposal.digest:
        raise ProposalDiffers(
            "The digest is not that of what was proposed.",
            field="digest",
            hint="Read the proposal again and decide about what it says.",
        )
    state = ProposalState.APPROVED if approve else ProposalState.REFUSED
    return await _end(tx, proposal, state, by=by, note=note, now=now)


async def withdraw(tx: Transaction, id: str, *, by: str, note: str = "", now: datetime) -> Proposal:
    """Take back what one proposed oneself; refuses `NoSuchProposal`, `NotYours`, `ProposalEnded`."""
    proposal = await get(tx, id, now=now)
    if by.lower() != proposal.proposed_by.lower():
        raise NotYours(
            f"{proposal.proposed_by} proposed this; only they withdraw it.",
            hint="Refuse it instead.",
        )
    return await _end(tx, proposal, ProposalState.WITHDRAWN, by=by, note=note, now=now)


async def take_back(
    tx: Transaction, id: str, *, area: str, by: str, note: str = "", now: datetime
) -> Proposal:
    """Withdraw a proposal whose kind begins with the word `area`, and leave the trail of it."""
    await get(tx, id, now=now, kind=area)
    ended = await withdraw(tx, id, by=by, note=note, now=now)
    done = f"{area}.withdraw_proposal"
    await audit.record(tx, [AuditEvent(happened_at=now, actor=by, action=done, object_id=id, result="done")])
    return ended


async def get(tx: Transaction, id: str, *, now: datetime, kind: str | None = None) -> Proposal:
    """One proposal as it stands; refuses `NoSuchProposal`, also if it is not of the `kind` that is asked for."""
    found = await tx.row(SQL.find_proposal, Proposal, id=id, now=now)
    if found is None or (kind is not None and not _is_of(found, kind)):
        raise NoSuchProposal(f"There is no such proposal: {id[:40]!r}.", field="id")
    return found


async def list_proposals(tx: Transaction, wanted: ProposalFilter, *, now: datetime) -> Sequence[Proposal]:
    """Proposals, newest first."""
    return await tx.rows(SQL.list_proposals, Proposal, now=now, **msgspec.structs.asdict(wanted))


async def count_by_state(tx: Transaction, kind: str, *, now: datetime) -> Mapping[ProposalState, int]:
    """How many proposals of a kind, or of kinds that begin so, there are in each state; those that are none are left out."""
    return {
        ProposalState(state): count
        for state, count in await tx.tuples(SQL.count_proposals, kind=kind, now=now)
    }


def _is_of(proposal: Proposal, kind: str) -> bool:
    return proposal.kind == kind or proposal.kind.startswith(f"{kind}.")


async def _end(
    tx: Transaction, proposal: Proposal, state: ProposalState, *, by: str, note: str, now: datetime
) -> Proposal:
    if proposal.state is not ProposalState.OPEN:
        raise _ended(proposal)
    if not _PERSON.fullmatch(by) or len(note) > _LONGEST_NOTE or not _NOTE.fullmatch(note):
        raise ProposalMalformed(f"A note has at most {_LONGEST_NOTE} readable characters.", field="note")
    written = await tx.run(
        SQL.end_proposal, id=proposal.id, state=state, ended_by=by, ended_at=now, end_note=note.strip()
    )
    if not written:
        raise _ended(await get(tx, proposal.id, now=now))
    return msgspec.structs.replace(proposal, state=state, ended_by=by, ended_at=now, end_note=note.strip())


def _ended(proposal: Proposal) -> ProposalEnded:
    if proposal.state is ProposalState.EXPIRED:
        how = f"expired at {proposal.expires_at:%Y-%m-%d %H:%M} UTC, before anybody decided"
    else:
        how = f"was {proposal.state} by {proposal.ended_by} before"
    return ProposalEnded(f"This proposal {how}.", hint="If it is still wanted, propose it anew.")


def _check_words(*, kind: str, subject: str, content: bytes, note: str, by: str) -> None:
    if not _KIND.fullmatch(kind) or not 1 <= len(subject) <= 200 or not _PERSON.fullmatch(by):
        raise ProposalMalformed("A proposal has a kind, a subject and somebody who makes it.")
    if not 1 <= len(content) <= LARGEST_CONTENT:
        raise ProposalMalformed(f"What is proposed has 1 to {LARGEST_CONTENT} bytes.", field="content")
    if not 1 <= len(note.strip()) <= _LONGEST_NOTE or not _NOTE.fullmatch(note):
        raise ProposalMalformed(
            f"Say why, in 1 to {_LONGEST_NOTE} readable characters.",
            field="note",
            hint="Whoever decides about it reads this first.",
        )
