"""Which forms are there about a partner? One line for each: on which page it belongs, its fields, and its command.

A form has a page of its own. The words of its fields are `console.field_of.…`, what they mean `console.hint_of.…`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tael.partners import schemas
from tael.partners.model import DocumentKind, ItemResult, Step
from tael.web.console import commands
from tael.web.console.commands import Read, plain, proposing

WAY, PAPERS, DUTIES = "way", "papers", "duties"
"""The pages of one partner to which forms belong."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One field."""

    name: str
    kind: str = "text"
    """`text`, `number`, `date`, `moment`, `area`, `file`, `select`, `tick` or `hidden`."""
    required: bool = True
    words: str = ""
    """The name of its words, if that is not its own."""
    options: Sequence[str] = ()
    options_words: str = ""
    """Where the words of its options stand: `document_kind_of`."""
    unchosen: bool = False
    """Whether nothing is chosen of a `select` until somebody chooses."""
    rows: int = 3

    @property
    def label(self) -> str:
        """The key of its words."""
        return f"console.field_of.{self.words or self.name}"

    @property
    def hint(self) -> str:
        """The key of what it means; there may be no such words."""
        return f"console.hint_of.{self.words or self.name}"


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One form. Its words are `console.ask_of.NAME` and, for its button, `console.do_of.NAME`."""

    page: str
    """To which page of the partner it belongs."""
    read: Read
    entries: Sequence[Entry] = ()
    together: bool = False
    """Whether it only proposes, and another person decides."""
    dangerous: bool = False
    of_record: bool = False
    """Whether it is about something of the partner's that has an id, and not about the partner."""

    @property
    def takes_files(self) -> bool:
        """Whether one of its fields is a file."""
        return any(entry.kind == "file" for entry in self.entries)


_OWNER = Entry(name="owner", kind="select")
_DUE = Entry(name="due_on", kind="date", required=False)
_NOTE = Entry(name="note", kind="area", required=False)
_WHY = Entry(name="note", kind="area", words="why")
_REASON = Entry(name="reason", kind="area")
_GUARD = (
    Entry(name="share"),
    Entry(name="failures"),
    Entry(name="smallest_sample", kind="number"),
)
_HANDED_IN = [kind for kind in DocumentKind if kind is not DocumentKind.ACCEPTANCE_REPORT]
_FROM_TO = (Entry(name="starts_at", kind="moment"), Entry(name="ends_at", kind="moment"))


def _alone(page: str, command: type[schemas.Command[Any]], *entries: Entry, **more: bool) -> Ask:
    """What one person does."""
    moments = [entry.name for entry in entries if entry.kind == "moment"]
    return Ask(page=page, read=plain(command, *moments), entries=entries, **more)


def _together(page: str, read: Read, *entries: Entry, **more: bool) -> Ask:
    """What one person proposes."""
    return Ask(page=page, read=read, entries=(*entries, _WHY), together=True, **more)


OPENING = _alone(WAY, schemas.OpenPartner, Entry(name="title"), _OWNER, _DUE)
"""The form with which a partner begins: it stands on a page of its own."""

ASKS: Mapping[str, Ask] = {
    "advance": _alone(
        WAY, schemas.Advance, Entry(name="owner", kind="select", words="next_owner"), _DUE, _NOTE
    ),
    "go_back": _alone(WAY, schemas.GoBack, _REASON, _OWNER),
    "start_trial": _alone(WAY, schemas.StartTrial, _NOTE),
    "end_trial": _alone(WAY, schemas.EndTrial, _NOTE),
    "assign_step": _alone(WAY, schemas.AssignStep, _OWNER, _DUE),
    "tick_check": _alone(
        WAY,
        schemas.TickCheck,
        Entry(name="step", kind="select", options=list(Step), options_words="state_of"),
        Entry(name="name", kind="hidden"),
        Entry(name="holds", kind="hidden"),
        _NOTE,
    ),
    "record_incident": _alone(WAY, schemas.RecordIncident, Entry(name="what", kind="area")),
    "start_canary": _together(WAY, proposing("start_canary", guard=True), _OWNER, *_GUARD),
    "change_guard": _together(WAY, proposing("change_guard", guard=True), *_GUARD),
    "go_live": _together(WAY, proposing("go_live")),
    "suspend": _together(WAY, proposing("suspend"), _REASON, dangerous=True),
    "resume": _together(WAY, proposing("resume")),
    "retire": _together(WAY, proposing("retire"), _REASON, dangerous=True),
    "upload_document": _alone(
        PAPERS,
        schemas.UploadDocument,
        Entry(name="content", kind="file"),
        Entry(name="kind", kind="select", options=_HANDED_IN, options_words="document_kind_of"),
        Entry(name="name", words="file_name", required=False),
        Entry(name="step", kind="select", options=list(Step), options_words="state_of", required=False),
        Entry(name="valid_from", kind="date", required=False),
        Entry(name="valid_until", kind="date", required=False),
    ),
    "end_document": _alone(
        PAPERS, schemas.EndDocument, Entry(name="ended_on", kind="date"), _REASON, of_record=True
    ),
    "record_acceptance": _alone(
        PAPERS,
        schemas.RecordAcceptance,
        Entry(name="content", kind="file", words="report"),
        Entry(name="name", words="file_name", required=False),
    ),
    "record_certificate": _alone(
        PAPERS,
        schemas.RecordCertificate,
        Entry(name="name", words="certificate_name"),
        Entry(name="pem", kind="area", required=False, rows=6),
        *(
            Entry(name=name, kind="moment", words=words, required=False)
            for name, words in (("starts_at", "certificate_from"), ("ends_at", "certificate_until"))
        ),
        Entry(name="replaces", kind="select", required=False),
    ),
    "replace_certificate": _alone(PAPERS, schemas.ReplaceCertificate, of_record=True),
    "change_fees": _together(PAPERS, commands.change_fees),
    "schedule_window": _alone(DUTIES, schemas.ScheduleWindow, *_FROM_TO, _REASON),
    "cancel_window": _alone(DUTIES, schemas.CancelWindow, of_record=True),
    "record_policy_change": _alone(
        DUTIES,
        schemas.RecordPolicyChange,
        Entry(name="title", words="policy_title"),
        Entry(name="source"),
        Entry(name="announced_on", kind="date"),
        Entry(name="effective_on", kind="date"),
        Entry(name="summary", kind="area", required=False),
    ),
    "review_policy_change": _alone(
        DUTIES,
        schemas.ReviewPolicyChange,
        Entry(name="decision", kind="area"),
        Entry(name="something_to_do", kind="select", options=("true", "false"), options_words="to_do_of"),
        of_record=True,
    ),
    "apply_policy_change": _alone(DUTIES, schemas.ApplyPolicyChange, _NOTE, of_record=True),
    "make_checklist": Ask(
        page=DUTIES,
        read=commands.make_checklist,
        entries=(
            Entry(name="name", words="checklist_name"),
            _OWNER,
            Entry(name="items", kind="area", rows=6),
            Entry(name="every_days", kind="number"),
            Entry(name="first_due_on", kind="date"),
        ),
    ),
    "retire_checklist": _alone(DUTIES, schemas.RetireChecklist, of_record=True),
    "answer_item": _alone(
        DUTIES,
        schemas.AnswerItem,
        Entry(name="item", kind="select"),
        Entry(name="result", kind="select", options=list(ItemResult), options_words="item_result_of"),
        Entry(name="evidence", kind="area"),
        of_record=True,
    ),
    "plan_drill": _alone(
        DUTIES,
        schemas.PlanDrill,
        Entry(name="scenario", kind="area"),
        Entry(name="planned_for", kind="moment"),
    ),
    "record_drill": _alone(
        DUTIES,
        schemas.RecordDrill,
        Entry(name="passed", kind="select", options=("true", "false"), options_words="passed_of"),
        Entry(name="recovery_seconds", kind="number", required=False),
        Entry(name="findings", kind="area"),
        of_record=True,
    ),
    "cancel_drill": _alone(DUTIES, schemas.CancelDrill, of_record=True),
}
"""The forms by their names, which are those of the verbs."""
