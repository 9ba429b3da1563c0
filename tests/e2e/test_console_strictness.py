"""Is the console as strict as the API? What is forged, far too long or not meant is refused, and breaks nothing."""

import io
from datetime import timedelta

import aiohttp
import pytest

from tael.channels.model import ExchangeFilter, ExchangeKind
from tael.partners.schemas import ScheduleWindow
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e import partner_desk
from tests.e2e.console_desk import FROM_US, Seat, seat_of

BOUNDARY = "of-a-form"


async def seat_with(shop: Platform, name: str, channel: str) -> Seat:
    """Somebody who may change partners, and a partner in research."""
    seat = await seat_of(shop, name, Role.OPERATIONS)
    if channel not in await shop.house.partners.terms():
        await partner_desk.open_partner(shop.house, channel, by=seat.actor)
    return seat


@pytest.mark.parametrize(
    "query", ["by=%00", "cursor=%00", "kind=channels.%00", "state=%00", "by=%E2%80%AE", "cursor=prop%0A"]
)
async def test_a_query_that_nobody_can_mean_is_refused_and_breaks_nothing(shop: Platform, query: str) -> None:
    ann = await seat_of(shop, f"Q{abs(hash(query)) % 10**9}", Role.OPERATIONS)
    for area in ("channels", "partners", "routing"):
        assert (await ann.look(f"/proposals/{area}?{query}")).status == 400, area


async def test_a_form_about_a_record_is_about_one_of_that_partner(shop: Platform) -> None:
    ann = await seat_with(shop, "Olga", "ours")
    await seat_with(shop, "Tess", "theirs")
    now = shop.house.clock.now()
    rest = ScheduleWindow(starts_at=now + timedelta(days=9), ends_at=now + timedelta(days=10), reason="r")
    window = await shop.house.partners.do("theirs", rest, actor=ann.actor)
    path = "/partners/{}/do/cancel_window?of=" + window.id
    _, hidden = (await ann.look(path.format("ours"))).form(window.id)
    assert (await ann.send(path.format("ours"), hidden)).status == 404
    assert (await shop.house.partners.reads.windows(channel="theirs"))[0].cancelled_at is None
    for other in ("", "?of=", "?of=ours", "?of=win_%00"):
        assert (await ann.look(f"/partners/ours/do/cancel_window{other}")).status == 404
    # What is about the partner stays so, whatever the address says.
    shown = await ann.look("/partners/ours/do/record_incident?of=theirs")
    address, hidden = shown.form("/do/record_incident")
    assert "theirs" not in address
    sent = await ann.send("/partners/ours/do/record_incident?of=theirs", hidden | {"what": "it broke"})
    assert sent.status == 303
    assert (await shop.house.partners.reads.history("theirs", limit=10))[0].what == "partners.schedule_window"
    assert (await shop.house.partners.reads.history("ours", limit=10))[0].what == "partners.record_incident"
    there = await ann.look(path.format("theirs"))
    assert (await ann.send(path.format("theirs"), there.form(window.id)[1])).status == 303


async def test_a_form_with_files_in_no_known_charset_or_too_long_is_refused(shop: Platform) -> None:
    ann = await seat_with(shop, "Max", "parts")
    path = "/partners/parts/do/upload_document"
    _, hidden = (await ann.look(path)).form("/upload_document")

    async def sent(name: str, value: bytes, charset: str) -> int:
        fields = {each: (text.encode(), "utf-8") for each, text in hidden.items()} | {name: (value, charset)}
        body = b"".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{each}"\r\n'
            f"Content-Type: text/plain; charset={coding}\r\n\r\n".encode()
            + given
            + b"\r\n"
            for each, (given, coding) in fields.items()
        )
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return (await ann.send(path, body + f"--{BOUNDARY}--\r\n".encode(), FROM_US | kind)).status

    assert await sent("kind", b"licence", "nonsense") == 400
    assert await sent("_token", b"\\ud800", "unicode_escape") == 400
    assert await sent("kind", b"\\ud800", "unicode_escape") == 400
    large = aiohttp.FormData(hidden, default_to_multipart=True)
    large.add_field("content", io.BytesIO(b"x" * 9_000_000), filename="large.pdf")
    assert (await ann.send(path, large)).status == 413


async def test_what_is_too_long_for_the_api_is_refused_at_its_field(shop: Platform) -> None:
    ann = await seat_with(shop, "Lou", "longish")
    for name, fields in (
        ("suspend", {"reason": "x" * 1_001, "note": "n"}),
        ("retire", {"reason": "a\u202eb", "note": "n"}),
        ("change_fees", {"effective_from": "2027-01-01T00:00:30", "note": "\x00", "lines.0.rate": "1"}),
    ):
        sent = await ann.fill(f"/partners/longish/do/{name}", f"/do/{name}", **fields)
        assert (sent.status, 'aria-invalid="true"' in sent.text) == (400, True), name
    assert await shop.house.partners.reads.proposals(about="longish") == []


async def test_fees_are_compared_with_a_bill_by_those_who_may_change_and_only_when_asked(
    shop: Platform,
) -> None:
    ann, fin = await seat_with(shop, "Fae", "alipay"), await seat_of(shop, "Fin", Role.FINANCE)
    page, today = "/scorecards/alipay/fees", shop.house.partners.today
    assert not (await fin.look(page)).has_form("/fees"), "whoever only reads downloads nothing"
    assert (await fin.look(f"{page}?day={today - timedelta(days=2)}")).status == 200
    async with shop.house.database.transaction() as tx:
        asked_for = ExchangeFilter(kind=ExchangeKind.BILL, limit=10)
        assert await shop.house.channels.exchanges(tx, asked_for) == []
    fetched = await ann.fill(page, "/fees", day=str(today - timedelta(days=2)))
    assert (fetched.status, "nothing to compare" in fetched.text) == (200, True), fetched.text[:3000]
    for day, status in (
        (today + timedelta(days=1), (400, 503)),
        ("2026-02-30", (400,)),
        ("9999-12-31", (400,)),
    ):
        assert (await ann.fill(page, "/fees", day=str(day))).status in status, day
    await seat_with(shop, "Eli", "elsewhere")
    assert (await ann.fill("/scorecards/elsewhere/fees", "/fees", day="2026-02-03")).status == 404, (
        "not set up"
    )
    _, hidden = (await ann.look(page)).form("/fees")
    refused = await fin.send(page, hidden | {"day": "2026-02-03"})
    assert refused.status == 403
