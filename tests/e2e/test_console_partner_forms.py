"""Do the forms about partners let in whoever may, say what is wrong where it is wrong, and act once?"""

import io
import re

import aiohttp
import pytest

from tael.foundation.proposals import ProposalState
from tael.partners.model import PolicyState, State
from tael.partners.schemas import RecordPolicyChange, Retire
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e import partner_desk
from tests.e2e.console_desk import FROM_US, Seat, Seen, seat_of

WINDOW = {"starts_at": "2027-03-01T02:00", "ends_at": "2027-03-01T04:00", "reason": "moves house"}


async def seat_with(shop: Platform, channel: str, name: str, role: Role = Role.OPERATIONS) -> Seat:
    """Somebody at the console, and a partner in research."""
    seat = await seat_of(shop, name, role)
    await partner_desk.open_partner(shop.house, channel, f"{channel.title()} Ltd.", by=seat.actor)
    return seat


async def fill(seat: Seat, channel: str, name: str, query: str = "", /, **fields: str) -> Seen:
    """Open the page of a form and send it."""
    path = f"/partners/{channel}/do/{name}"
    return await seat.fill(path + query, f"{path}{query}", **fields)


def wrong(seen: Seen) -> list[str]:
    """The fields at which the page says that something is wrong."""
    return re.findall(r'aria-describedby="f-([\w.]+)-note" aria-invalid="true"', seen.text)


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [
        (Role.OPERATIONS, 200, 200),
        (Role.COMPLIANCE, 200, 200),
        (Role.FINANCE, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.ADMINISTRATOR, 403, 403),
    ],
)
async def test_each_role_sees_and_changes_what_the_api_would_let_it(
    shop: Platform, role: Role, sees: int, changes: int
) -> None:
    channel = f"for_{role}"
    await partner_desk.open_partner(shop.house, channel)
    seat = await seat_of(shop, f"R{role}", role)
    for page in ("", "/papers", "/duties", "/history"):
        assert (await seat.look(f"/partners/{channel}{page}")).status == sees
    shown = await seat.look(f"/partners/{channel}")
    assert ("/do/advance" in shown.text) == (changes == 200), "no button that leads to a refusal"
    assert (await seat.look(f"/partners/{channel}/do/advance")).status == changes
    if changes == 403:
        ann = await seat_of(shop, f"A{role}", Role.OPERATIONS)
        _, hidden = (await ann.look(f"/partners/{channel}/do/advance")).form("/advance")
        as_program = FROM_US | {"Accept": "application/json"}
        refused = await seat.send(f"/partners/{channel}/do/advance", hidden, as_program)
        assert (refused.status, '"code":"forbidden"' in refused.text) == (403, True), refused.text
    assert (await seat.look("/deadlines.csv")).status == sees


async def test_a_form_that_is_sent_twice_acts_once(shop: Platform) -> None:
    ann = await seat_with(shop, "twice", "Ann")
    path = "/partners/twice/do/schedule_window"
    _, hidden = (await ann.look(path)).form("/schedule_window")
    for _ in range(2):
        assert (await ann.send(path, hidden | WINDOW)).status == 303
    [window] = await shop.house.partners.reads.windows(channel="twice")
    assert f"{window.starts_at:%Y-%m-%dT%H:%M%z}" == "2027-02-28T18:00+0000", "two o'clock in China"
    assert window.scheduled_by == ann.actor
    other = await ann.send(path, hidden | WINDOW | {"reason": "another"})
    assert other.status == 409, "the same form says something else"


@pytest.mark.parametrize(
    ("name", "fields", "status", "field"),
    [
        ("schedule_window", WINDOW | {"ends_at": "2027-03-01T01:00"}, 400, "ends_at"),
        ("schedule_window", WINDOW | {"reason": "x" * 1_001}, 400, "reason"),
        ("schedule_window", WINDOW | {"starts_at": "tomorrow"}, 400, "starts_at"),
        ("schedule_window", WINDOW | {"starts_at": "1927-03-01T02:00"}, 400, "starts_at"),
        ("assign_step", {"owner": "ann", "due_on": "2026-13-01"}, 400, "due_on"),
        (
            "start_canary",
            {"owner": "ann", "share": "150", "failures": "3", "smallest_sample": "1", "note": "x"},
            400,
            "share",
        ),
        (
            "start_canary",
            {"owner": "ann", "share": "5", "failures": "3%%", "smallest_sample": "1", "note": "x"},
            400,
            "failures",
        ),
        (
            "make_checklist",
            {"name": "n", "items": "a\nb", "every_days": "0", "first_due_on": "2027-01-01"},
            400,
            "every_days",
        ),
        ("advance", {"owner": "ann"}, 409, None),
        ("go_back", {"reason": "why not", "owner": "ann"}, 409, None),
        ("no_such_form", {}, 404, None),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    shop: Platform, name: str, fields: dict[str, str], status: int, field: str | None
) -> None:
    channel = f"w{abs(hash((name, *fields.values()))) % 10**9}"
    ann = await seat_with(shop, channel, f"W{channel}")
    _, hidden = (await ann.look(f"/partners/{channel}/do/schedule_window")).form("/schedule_window")
    seen = await ann.send(f"/partners/{channel}/do/{name}", hidden | fields)
    assert seen.status == status, seen.text[:3000]
    if status == 404:
        return
    assert wrong(seen) == ([field] if field else [])
    assert 'role="alert"' in seen.text
    if len(fields.get("reason", "")) < 100:
        assert all(text in seen.text for text in fields.values() if text.isalnum())
    assert await shop.house.partners.reads.windows(channel=channel) == []


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ({"lines.0.rate": "0.60000"}, "lines.0.rate"),
        ({"lines.0.rate": "0.6", "lines.2.product": "card", "lines.2.fixed": "0.105"}, "lines.2.fixed"),
        (
            {
                "lines.0.rate": "0.6",
                "lines.2.product": "card",
                "lines.2.floor": "2.00",
                "lines.2.cap": "1.00",
            },
            "lines.2.floor",
        ),
        ({"lines.1.rate": "0.6", "lines.2.rate": "0.7"}, "lines.2.rate"),
        ({"lines.0.rate": "200"}, "lines.0.rate"),
        ({"lines.0.fixed": "1", "lines.0.currency": "YUAN"}, "lines.0.currency"),
        ({}, "lines.0.rate"),
    ],
)
async def test_a_fee_that_cannot_be_is_marked_in_its_row(
    shop: Platform, lines: dict[str, str], field: str
) -> None:
    channel = f"f{abs(hash(str(lines))) % 10**9}"
    ann = await seat_with(shop, channel, f"F{channel}")
    usual = {f"lines.{row}.operation": "pay" for row in range(3)}
    usual |= {f"lines.{row}.currency": "CNY" for row in range(3)}
    path = f"/partners/{channel}/do/change_fees"
    _, hidden = (await ann.look(path)).form("/change_fees")
    said = {"effective_from": "2027-01-01T00:00", "note": "annex 2"}
    seen = await ann.send(path, hidden | usual | said | lines)
    assert (seen.status, wrong(seen)) == (400, [field]), seen.text[:3000]
    assert await shop.house.partners.reads.proposals(about=channel) == []


async def test_a_file_comes_in_as_it_was_chosen_and_only_from_our_page(shop: Platform) -> None:
    ann = await seat_with(shop, "files", "Fay")
    path = "/partners/files/do/upload_document"
    _, hidden = (await ann.look(path)).form("/upload_document")

    def sent(**other: str) -> aiohttp.FormData:
        fields = hidden | {"kind": "licence", "name": "", "step": "research"} | other
        form = aiohttp.FormData(fields, quote_fields=False)
        form.add_field("content", io.BytesIO(b"%PDF-1.7\r\n\x00\xff"), filename="licence 牌照.pdf")
        return form

    assert (await ann.send(path, sent(_token="made-up"))).status == 403
    assert (await ann.send(path, sent(kind="acceptance_report"))).status == 400
    stored = await ann.send(path, sent(_once="another-name-of-it"))
    assert (stored.status, stored.location) == (303, "/console/partners/files/papers")
    [document] = await shop.house.partners.reads.documents(channel="files")
    _, content = await shop.house.partners.reads.document(document.id)
    assert (document.name, content) == ("licence 牌照.pdf", b"%PDF-1.7\r\n\x00\xff")
    large = aiohttp.FormData(hidden | {"kind": "licence", "_once": "yet-another-name-x"})
    large.add_field("content", io.BytesIO(b"x" * 4_000_001), filename="large.pdf")
    assert (await ann.send(path, large)).status == 400


async def test_duties_are_done_step_by_step_on_their_pages(shop: Platform) -> None:
    cy = await seat_with(shop, "duties", "Cyd", Role.COMPLIANCE)
    change = {"title": "Keys of 1,024 bits end", "source": "notice 7", "announced_on": "2026-01-01"}
    assert (
        await fill(cy, "duties", "record_policy_change", effective_on="2027-01-01", **change)
    ).status == 303
    [found] = await shop.house.partners.reads.policy_changes(channel="duties")
    of = f"?of={found.id}"
    early = await fill(cy, "duties", "apply_policy_change", of)
    assert early.status == 409
    assert "has not been reviewed" in early.text
    decision = {"decision": "use 2,048 bits", "something_to_do": "true"}
    assert (await fill(cy, "duties", "review_policy_change", of, **decision)).status == 303
    assert (await fill(cy, "duties", "apply_policy_change", of)).status == 303
    [applied] = await shop.house.partners.reads.policy_changes(channel="duties")
    assert (applied.state, applied.reviewed_by) == (PolicyState.APPLIED, cy.actor)

    today = shop.house.partners.today.isoformat()
    listed = {"name": "Quarterly", "owner": cy.actor, "items": "books\n\n lists \n", "every_days": "90"}
    assert (await fill(cy, "duties", "make_checklist", first_due_on=today, **listed)).status == 303
    await shop.house.partners.make_runs()
    [run] = await shop.house.partners.reads.runs(channel="duties")
    assert run.items == ("books", "lists")
    for item in ("1", "2"):
        answer = {"item": item, "result": "fine", "evidence": "looked at"}
        assert (await fill(cy, "duties", "answer_item", f"?of={run.id}", **answer)).status == 303
    [done] = await shop.house.partners.reads.runs(channel="duties")
    assert done.done_at is not None
    assert "fine" in (await cy.look("/partners/duties/duties")).text


async def test_deadlines_are_filtered_and_become_a_file_that_runs_no_formula(shop: Platform) -> None:
    ann = await seat_with(shop, "due", "Dina")
    today = shop.house.partners.today
    for title in ("=cmd|' /C calc'!A0", "interface 2 ends"):
        command = RecordPolicyChange(title=title, source="s", announced_on=today, effective_on=today)
        await shop.house.partners.do("due", command, actor=ann.actor)
    only = "days=30&kind=policy_change&channel=due"
    seen = await ann.look(f"/deadlines?{only}")
    assert ("interface 2 ends" in seen.text, "today" in seen.text) == (True, True)
    assert f"/console/deadlines?{only.replace('&', '&amp;')}&amp;lang=zh-CN" in seen.text, "filters stay"
    assert "interface 2 ends" not in (await ann.look("/deadlines?kind=drill&channel=due")).text
    assert (await ann.look("/deadlines?days=-1&kind=%00&channel=%27")).status == 200
    file = (await ann.look(f"/deadlines.csv?{only}")).text
    assert file.startswith("\ufeffLast day,Days left,Kind,Channel,What,Owner\r\n")
    assert "'=cmd" in file
    assert file.count("\r\n") == 3


async def test_what_takes_two_is_only_proposed_and_shown_as_waiting(shop: Platform) -> None:
    ann = await seat_with(shop, "pair", "Pia")
    sent = await fill(ann, "pair", "retire", reason="too dear", note="see the offer")
    assert sent.status == 303
    [proposal] = await shop.house.partners.reads.proposals(about="pair", state=ProposalState.OPEN)
    assert proposal.kind == "partners.retire"
    view = await shop.house.partners.reads.partner("pair", today=shop.house.partners.today)
    assert view.partner.state is State.RESEARCH
    shown = await ann.look("/partners/pair")
    assert f"/console/proposals/partners/{proposal.id}" in shown.text
    await partner_desk.agree(shop.house, "pair", Retire(reason="too dear"), by=ann.actor)
    after = await ann.look("/partners/pair")
    assert "/do/" not in after.text, "nothing leads on from there"


async def test_unknown_partners_and_cursors_are_not_found_or_ignored(shop: Platform) -> None:
    ann = await seat_with(shop, "known", "Kim")
    for path in ("/partners/nobody", "/partners/nobody/papers", "/scorecards/nobody", "/partners/no%00body"):
        assert (await ann.look(path)).status == 404, path
    for query in ("?before=x", "?before=99999999999999999999", "?lang=en&theme=dark"):
        assert (await ann.look(f"/partners/known/history{query}")).status == 200
    assert (await ann.look("/partners?state=nowhere&after=%27")).status == 200
    again = await ann.fill("/partners-opening", "/partners-opening", channel="known", title="K", owner="ann")
    assert again.status == 409
    odd = await ann.fill(
        "/partners-opening", "/partners-opening", channel="Not A Name", title="K", owner="ann"
    )
    assert (odd.status, wrong(odd)) == (400, ["channel"])
