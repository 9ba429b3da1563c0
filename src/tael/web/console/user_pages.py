"""What stands on each of the pages about one user? Who they are, standing, access, behaviour, money, messages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from tael.behaviour.api import masked_address
from tael.behaviour.model import ActWarning, Habits, RecordedAct
from tael.foundation.proposals import ProposalState
from tael.identity.model import Device
from tael.messages.api import DeliveryFilter
from tael.messages.model import Quiz
from tael.standing.api import RestrictionFilter, as_shown
from tael.standing.model import Restriction
from tael.users.api import Access
from tael.users.model import Known, ReviewFilter, ReviewState
from tael.web.console import standing_views as of_standing
from tael.web.console.behind import Behind
from tael.web.console.bills import bills_section
from tael.web.console.cells import (
    NOTHING,
    Cell,
    Fact,
    Press,
    Section,
    at,
    link,
    sum_of,
    text,
    word,
    words_for,
)
from tael.web.console.letters import DELIVERY_COLUMNS, delivery_row
from tael.web.console.listing import Reader, cursor_of
from tael.web.console.person_views import (
    CONSENT_COLUMNS,
    REVIEW_COLUMNS,
    UNMASKING_COLUMNS,
    VERIFICATION_COLUMNS,
    consent_rows,
    identity_facts,
    review_row,
    unmasking_row,
    verification_rows,
)
from tael.web.console.purses import money_sections
from tael.web.ui.formats import device_text
from tael.web.ui.pages import PageRequest

TABS: Mapping[str, str] = {
    "overview": "users.read",
    "standing": "users.read",
    "access": "users.read",
    "behaviour": "users.read",
    "money": "wallets.read",
    "messages": "messages.read",
}
"""The pages of a user, and what it takes to open each."""
SOME, MANY = 10, 50
_USER = "user"
Draw = Callable[[Known], Awaitable["Drawn"]]


def of_one(section: Section) -> Section:
    """The same without the column that says whose it is."""
    if _USER not in section.columns:
        return section
    place = list(section.columns).index(_USER)
    return msgspec.structs.replace(
        section,
        columns=[*section.columns[:place], *section.columns[place + 1 :]],
        rows=[[*row[:place], *row[place + 1 :]] for row in section.rows],
    )


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What is on a page."""

    sections: Sequence[Section]
    notes: Sequence[tuple[str, str]] = ()
    presses: Sequence[Press] = ()


def pages_of(behind: Behind, who: Reader, request: PageRequest) -> Mapping[str, Draw]:
    """How each page is drawn."""
    drawer = _Drawer(behind, who, request)
    return {
        "overview": drawer.overview,
        "standing": drawer.standing,
        "access": drawer.access,
        "behaviour": drawer.behaviour,
        "money": drawer.money,
        "messages": drawer.messages,
    }


class _Drawer:
    """Reads what a page shows, for whoever looks at it."""

    def __init__(self, behind: Behind, who: Reader, request: PageRequest) -> None:
        self._behind = behind
        self._who = who
        self._request = request

    async def overview(self, known: Known) -> Drawn:
        """Who they are, what waits, what they may do."""
        user_id, users = known.user.id, self._behind.users.reads
        view = await self._behind.standing.reads.view(user_id)
        waiting = await users.reviews(ReviewFilter(state=ReviewState.OPEN, user_id=user_id, limit=SOME))
        checks = await users.verifications(user_id, before=None, limit=SOME)
        unmaskings = await users.unmaskings(user_id=user_id, before=None, limit=SOME)
        return Drawn(
            notes=await self._notes(user_id),
            sections=[
                Section(name="identity", facts=identity_facts(known)),
                Section(
                    name="reviews",
                    columns=REVIEW_COLUMNS,
                    rows=[review_row(each, self._who) for each in waiting],
                    more=f"/console/reviews?user={user_id}&state=",
                ),
                Section(name="class_and_limits", facts=of_standing.standing_facts(view)),
                Section(
                    name="permissions",
                    columns=of_standing.PERMISSION_COLUMNS,
                    rows=of_standing.permission_rows(view),
                ),
                Section(
                    name="evidence",
                    columns=of_standing.EVIDENCE_COLUMNS,
                    rows=of_standing.evidence_rows(view),
                ),
                Section(
                    name="verifications",
                    columns=VERIFICATION_COLUMNS,
                    rows=verification_rows(checks),
                    more=f"/console/checks?user={user_id}",
                ),
                Section(
                    name="consents",
                    columns=CONSENT_COLUMNS,
                    rows=consent_rows((await users.consents(user_id))[:SOME]),
                ),
                Section(
                    name="unmaskings",
                    columns=UNMASKING_COLUMNS,
                    rows=[unmasking_row(each, self._who) for each in unmaskings],
                    more=f"/console/unmaskings?user={user_id}",
                ),
            ],
        )

    async def _notes(self, user_id: str) -> list[tuple[str, str]]:
        """What waits for a second person."""
        found = await self._behind.standing.reads.proposals(state=ProposalState.OPEN, before=None, limit=200)
        restrictions = await self._restrictions(user_id)
        ours = {each.id for each in restrictions}
        notes = {**dict.fromkeys(ours, "lift_proposed"), user_id: "raise_proposed"}
        return [
            (notes[each.subject], f"/console/proposals/users/{each.id}")
            for each in found
            if each.subject in notes
        ]

    async def _restrictions(self, user_id: str) -> Sequence[Restriction]:
        in_full = "users.approve" in self._who.permissions
        wanted = RestrictionFilter(user_id=user_id, in_full=in_full, limit=MANY)
        found = await self._behind.standing.reads.restrictions(wanted)
        return [as_shown(each, in_full=in_full) for each in found]

    async def standing(self, known: Known) -> Drawn:
        """Restrictions, requests, objections and, for those who decide, the history."""
        user_id, reads = known.user.id, self._behind.standing.reads
        requests = await reads.own_requests(user_id, before=None, limit=MANY)
        objections = await reads.own_objections(user_id, before=None, limit=MANY)
        sections = [
            Section(
                name="restrictions",
                columns=of_standing.RESTRICTION_COLUMNS,
                rows=[
                    of_standing.restriction_row(each, self._who) for each in await self._restrictions(user_id)
                ],
                more=f"/console/restrictions?user={user_id}&now=",
            ),
            Section(
                name="requests",
                columns=of_standing.REQUEST_COLUMNS,
                rows=[of_standing.request_row(each, self._who) for each in requests],
            ),
            Section(
                name="objections",
                columns=of_standing.OBJECTION_COLUMNS,
                rows=[of_standing.objection_row(each, self._who) for each in objections],
            ),
        ]
        if "users.approve" in self._who.permissions:
            lines = await reads.history(user_id, before=None, limit=MANY)
            rows = of_standing.history_rows(lines, self._who)
            sections.append(Section(name="history", columns=of_standing.HISTORY_COLUMNS, rows=rows))
        return Drawn(sections=sections, notes=await self._notes(user_id))

    async def access(self, known: Known) -> Drawn:
        """With what they come in, and what ends it."""
        access, home = await self._behind.users.reads.access(known.user.id), f"/console/users/{known.user.id}"
        may_end = "users.restrict" in self._who.permissions
        end = Press(name="end_sessions", address=f"{home}/sessions/end", dangerous=True)
        return Drawn(
            presses=[end] if access.sessions else [],
            sections=[
                Section(name="credentials", facts=_credentials(access)),
                Section(name="sessions", columns=SESSION_COLUMNS, rows=self._sessions(access)),
                Section(
                    name="devices",
                    columns=DEVICE_COLUMNS if may_end else DEVICE_COLUMNS[:-1],
                    rows=[self._device(each, home, may_end=may_end) for each in access.devices],
                ),
            ],
        )

    def _sessions(self, access: Access) -> list[Sequence[Cell]]:
        return [
            (
                _device_name(each.device),
                word("session_kind_of", each.kind),
                text(masked_address(each.address)),
                at(each.created_at),
                at(each.last_seen_at),
            )
            for each in access.sessions
        ]

    def _device(self, device: Device, home: str, *, may_end: bool) -> Sequence[Cell]:
        revoke = Press(
            name="revoke_device",
            address=f"{home}/devices/revoke",
            hidden={"device_id": device.id},
            label=device.name,
        )
        cells = (
            _device_name(device.name),
            word("yes_no_of", "yes" if device.trusted_at else "no"),
            at(device.first_seen_at),
            at(device.last_seen_at),
        )
        return (*cells, Cell(press=revoke)) if may_end else cells

    async def behaviour(self, known: Known) -> Drawn:
        """Warnings, habits, and what was done."""
        user_id, behaviour = known.user.id, self._behind.behaviour
        cursor = cursor_of(self._request)
        acts = await behaviour.acts(user_id, before=cursor, limit=MANY + 1)
        warnings = await behaviour.warnings(user_id=user_id, limit=SOME)
        habits = await behaviour.habits(user_id)
        older = f"/console/users/{user_id}/behaviour?cursor={acts[MANY - 1].id}" if len(acts) > MANY else ""
        return Drawn(
            sections=[
                Section(
                    name="warnings", columns=WARNING_COLUMNS, rows=[warning_row(each) for each in warnings]
                ),
                Section(name="habits", facts=_habits(habits)),
                Section(
                    name="acts",
                    columns=ACT_COLUMNS,
                    rows=[_act_row(each) for each in acts[:MANY]],
                    more=older,
                ),
            ]
        )

    async def money(self, known: Known) -> Drawn:
        """What is in the wallet, what may be spent, cards, and what came and went."""
        bills = await bills_section(self._behind, known.user.id, cursor_of(self._request))
        return Drawn(sections=[*await money_sections(self._behind, known.user.id), bills])

    async def messages(self, known: Known) -> Drawn:
        """What reached them, and how their quizzes went."""
        messages, user_id = self._behind.messages, known.user.id
        log = await messages.list_deliveries(DeliveryFilter(user_id=user_id, limit=MANY))
        quizzes = await messages.quizzes(user_id, limit=MANY)
        reached = await messages.reached(user_id)
        preferences = await messages.preferences(user_id)
        facts: list[Fact] = [
            *((f"reached_by_{way}", text(masked)) for way, masked in reached.items()),
            ("language", word("language_of", preferences.language.replace("-", "_").lower())),
            ("unread", text(await messages.unread(user_id))),
        ]
        return Drawn(
            sections=[
                Section(name="reached", facts=facts),
                Section(
                    name="deliveries",
                    columns=DELIVERY_COLUMNS,
                    rows=[delivery_row(each, self._who) for each in log],
                    more=f"/console/messages?user={user_id}",
                ),
                Section(name="quizzes", columns=QUIZ_COLUMNS, rows=[_quiz_row(each) for each in quizzes]),
            ]
        )


SESSION_COLUMNS = ("device", "session_kind", "network", "since", "last_seen")
DEVICE_COLUMNS = ("device", "trusted", "since", "last_seen", "do")
ACT_COLUMNS = ("when", "what", "result", "amount", "counterparty", "place", "network", "device")
WARNING_COLUMNS = ("warning", "score", "follows", "when", "answer")
QUIZ_COLUMNS = ("because", "when", "required", "tries", "passed")


def _device_name(user_agent: str) -> Cell:
    return text(device_text(user_agent))


def _credentials(access: Access) -> list[Fact]:
    def there(is_there: object) -> Cell:
        return word("yes_no_of", "yes" if is_there else "no")

    return [
        ("payment_password", there(access.has_payment_password)),
        ("authenticator", there(access.has_authenticator)),
        ("passkeys", text(len(access.passkeys))),
        ("recovery_codes", text(access.recovery_codes_left)),
    ]


def warning_row(warning: ActWarning) -> Sequence[Cell]:
    """An act that was not like its user."""
    answer = {None: "none", True: "mine", False: "not_mine"}[warning.mine]
    return (
        words_for("warning_reason_of", warning.reasons),
        text(warning.score),
        word(
            "follows_of",
            warning.follows,
            {"restrict": "danger", "ask_more": "warning"}.get(warning.follows, "neutral"),
        ),
        at(warning.made_at),
        word("warning_answer_of", answer, "danger" if warning.mine is False else ""),
    )


def _act_row(act: RecordedAct) -> Sequence[Cell]:
    kind = word("act_kind_of", act.kind)
    failed = act.result == "failed"
    return (
        at(act.at),
        Cell(several=[kind, text(act.what, code=True)]) if act.what else kind,
        word("act_result_of", act.result, "danger" if failed else ""),
        sum_of(act.amount_minor, act.currency),
        _counterparty(act.counterparty),
        text(act.place),
        text(masked_address(act.address)),
        text(" ".join(filter(None, (act.browser, act.system)))),
    )


def _counterparty(id: str | None) -> Cell:
    if id is not None and id.startswith("usr_"):
        return link(id, f"/console/users/{id}", code=True)
    return text(id, code=True) if id else NOTHING


def _habits(habits: Habits | None) -> list[Fact]:
    if habits is None:
        return []
    return [
        ("counted", at(habits.as_of)),
        ("acts", text(habits.acts)),
        ("places", text(", ".join(habits.places))),
        ("devices", text(len(habits.devices))),
        ("payees", text(habits.payee_count)),
        ("last_sign_in", at(habits.last_sign_in_at)),
        *(("usual_amount", sum_of(each.high_minor, currency)) for currency, each in habits.amounts.items()),
    ]


def _quiz_row(quiz: Quiz) -> Sequence[Cell]:
    return (
        word("quiz_because_of", quiz.because),
        at(quiz.assigned_at),
        word("yes_no_of", "yes" if quiz.required else "no"),
        text(quiz.tries),
        at(quiz.passed_at),
    )
