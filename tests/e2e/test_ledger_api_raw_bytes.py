"""S2 on the ledger's listener: thousands of requests of raw bytes find no bug, and the books stay right."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.testing.books import faults_in_books
from tests.e2e.ledger_desk import ACCOUNTS, Desk, payout, running_ledger, sale
from tests.e2e.raw_wire import Case
from tests.e2e.test_s2_raw_bytes import ask_all

SEED = 20_260_303


def good_requests(desk: Desk) -> list[Case]:
    """A request for each way in."""
    headers = [
        b"Host: tael.test",
        b"Authorization: Bearer " + str(desk.secret).encode(),
        b"Content-Type: application/json",
    ]
    account = b"code=shop&currency=CNY"
    bodies: list[tuple[bytes, bytes, object]] = [
        (b"POST", b"/v1/entries", sale("raw", 5, metadata={"a": "b"}, effective_at="2026-01-01T00:00:00Z")),
        (b"POST", b"/v1/entries", payout("held", 5, phase="pending", expires_in_seconds=60)),
        (b"POST", b"/v1/entries", sale("back", postings=[], reverses="first")),
        (b"POST", b"/v1/entries/bulk", [sale("b1", linked=True), sale("b2")]),
        (b"POST", b"/v1/entries/bulk?atomic=true", [sale("b3"), payout("b4", 10**12)]),
        (b"POST", b"/v1/accounts", {"accounts": [ACCOUNTS[1], {**ACCOUNTS[0], "metadata": {"x": "y"}}]}),
        (b"PATCH", b"/v1/account?" + account, {"frozen": "no", "limit": {"floor_minor": -5}, "metadata": {"k": "v"}}),
    ]  # fmt: skip
    reads = [
        b"/v1/entries?reference=order-1&kind=sale&limit=2",
        b"/v1/entries?metadata[a]=b&booked_from=2026-01-01T00:00:00Z",
        b"/v1/entry?id=first",
        b"/v1/accounts?prefix=sh&metadata[k]=v&account_class=asset",
        b"/v1/account?" + account,
        b"/v1/account/postings?cursor=848674174065843.1&" + account,
        b"/v1/account/holds?" + account,
        b"/v1/account/balance?at=2026-01-01T00:00:00Z&" + account,
        b"/v1/account/statement?from=2026-01-01T00:00:00Z&" + account,
        b"/v1/sums?prefix=s",
        b"/v1/tree?depth=2",
        b"/v1/trial-balance",
        b"/v1/closings",
        b"/docs",
    ]
    made = [Case(method, path, headers, msgspec.json.encode(body)) for method, path, body in bodies]
    return made * 5 + [Case(b"GET", path, headers, b"") for path in reads]


@pytest.mark.parametrize("cases", [1_200, pytest.param(3_000, marks=pytest.mark.drill)])
async def test_s2_raw_requests_find_no_bug_in_the_ledger_and_leave_its_books_right(
    urls: DatabaseUrls, tmp_path: Path, cases: int
) -> None:
    async with running_ledger(urls, tmp_path) as desk:
        await desk.open(*ACCOUNTS)
        await desk.booked(sale("first", 1_000_000))
        answered = await ask_all(desk.url, good_requests(desk), cases=cases, seed=SEED)
        assert len(answered) == cases
        for case, answer in answered:
            shown = (case.wire()[:2_000], answer)
            assert 200 <= answer.status < 500, shown
            assert b"Traceback" not in answer.body, shown
            assert b'"code":"internal"' not in answer.body, shown
        statuses = Counter(answer.status for _, answer in answered)
        assert statuses[400] > cases // 5, statuses
        assert len(statuses) >= 6, statuses
        assert await faults_in_books(desk.house) == []
