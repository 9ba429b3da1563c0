"""S3: whatever somebody with all rights does to any table of the books, does `verify` find it and name it?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.testing.databases import fresh_database
from tests.integration.sealed_books import SealedBooks, sealed_books, write_everything


def no_of(id: str) -> str:
    return f"(select no from ledger.entry_ids where id = '{id}')"


def account(code: str, currency: str = "CNY") -> str:
    return f"(select no from ledger.accounts where code = '{code}' and currency = '{currency}')"


def swapped(table: str, column: str, one: str, other: str, where: str = "no") -> tuple[str, str]:
    """Two rows exchange what a column says."""
    keep = f"create temp table kept on commit drop as select {where} as key, {column} as value from {table}"
    swap = (
        f"update {table} t set {column} = k.value from kept k"
        f" where t.{where} in ({one}, {other}) and k.key in ({one}, {other}) and k.key <> t.{where}"
    )
    return keep, swap


TAMPERINGS: dict[str, tuple[tuple[str, ...], str]] = {
    # what is done: the statements, and what the finding has to name
    "entries update": ((f"update ledger.entries set kind = 'gift' where no = {no_of('e1')}",), "entry e1 ("),
    "entries update time": (
        ("update ledger.entries set effective_at = effective_at - interval '1 second' where id = 'yesterday'",),
        "entry yesterday (",
    ),
    "entries update metadata": (
        (f"update ledger.entries set metadata = '{{\"a\": \"b\"}}' where no = {no_of('e3')}",),
        "entry e3 (",
    ),
    "entries delete": (("delete from ledger.entries where id = 'v1'",), "(v1) is gone: block"),
    "entries insert": (
        ("insert into ledger.entries (no, phase, id, kind, reference) values (7, 'single', 'x', 'sale', 'r')",),
        "entry x (no. 7) was inserted after block",
    ),
    "entries insert before all": (
        ("insert into ledger.entries (no, phase, id, kind, reference) values (-7, 'void', 'x', 'sale', 'r')",),
        "entry x (no. -7) was inserted",
    ),
    "entries swap": (swapped("ledger.entries", "kind", no_of("e1"), no_of("e3")), "entry e1 ("),
    "entries truncate": (("truncate ledger.entries",), "(e2) is gone: block"),
    "postings update": (
        (f"update ledger.postings set amount_minor = -1271 where entry_no = {no_of('e1')} and position = 1",),
        "entry e1 (",
    ),
    "postings delete": ((f"delete from ledger.postings where entry_no = {no_of('e2')}",), "entry e2 ("),
    "postings insert": (
        (f"insert into ledger.postings values ({account('shop')}, {no_of('e2')}, 5, 5, 9)",),
        "entry e2 (",
    ),
    "postings swap": (
        (
            (f"update ledger.postings set entry_no = case entry_no when {no_of('e2')} then {no_of('back')}"
            f" else {no_of('e2')} end where entry_no in ({no_of('e2')}, {no_of('back')})"),
        ),
        "entry back (",
    ),
    "postings truncate": (("truncate ledger.postings",), "entry e3 ("),
    "holds update": (
        (f"update ledger.holds set amount_minor = amount_minor * 2 where entry_no = {no_of('open')}",),
        "entry open (",
    ),
    "holds update expiry": (
        (f"update ledger.holds set expires_at = now() where entry_no = {no_of('posted')}",),
        "entry posted (",
    ),
    "holds delete": ((f"delete from ledger.holds where entry_no = {no_of('voided')}",), "entry voided ("),
    "holds insert": (
        (f"insert into ledger.holds values ({account('shop')}, {no_of('open')}, 5, null, 9)",),
        "entry open (",
    ),
    "holds swap": (
        (
            f"update ledger.holds set position = position + 10 where entry_no = {no_of('open')}",
            f"update ledger.holds set position = 11 - position where entry_no = {no_of('open')}",
        ),
        "entry open (",
    ),
    "holds truncate": (("truncate ledger.holds",), "entry open ("),
    "open_holds update": (
        ("update ledger.open_holds set expires_at = now()",),
        "the open hold of entry open does not expire when its lines say",
    ),
    "open_holds delete": (("delete from ledger.open_holds",), "the pending entry open has not ended and is not open"),
    "open_holds insert": (
        (f"insert into ledger.open_holds values ({no_of('voided')}, null)",),
        "the pending entry voided is open, and v1 has ended it",
    ),
    "open_holds swap": (
        (f"update ledger.open_holds set entry_no = {no_of('posted')}, expires_at = null",),
        "the pending entry posted is open, and p1 has ended it",
    ),
    "open_holds truncate": (("truncate ledger.open_holds",), "shop CNY holds 0 debits and 70 credits"),
    "entry_ids update": (("update ledger.entry_ids set no = no + 1 where id = 'e2'",), "entry e2 is no."),
    "entry_ids delete": (
        ("delete from ledger.entry_ids where id = 'e2'",),
        "entry e2 (no.",
    ),
    "entry_ids insert": (("insert into ledger.entry_ids values ('x', 8)",), "entry x is in the list of ids"),
    "entry_ids swap": (
        (f"update ledger.entry_ids set no = {no_of('e1')} + {no_of('e2')} - no where id in ('e1', 'e2')",),
        "entry e1 is no.",
    ),
    "entry_ids truncate": (("truncate ledger.entry_ids",), "is not in the list of ids"),
    "dated_postings update": (
        ((f"update ledger.dated_postings set effective_at = effective_at - interval '1 day'"
         f" where entry_no = {no_of('earlier')}"),),
        "the dated posting of entry earlier is not what its posting is",
    ),
    "dated_postings delete": (
        (f"delete from ledger.dated_postings where entry_no = {no_of('earlier')}",),
        "the dated posting of entry earlier",
    ),
    "dated_postings insert": (
        (f"insert into ledger.dated_postings values ({account('shop')}, now(), {no_of('e2')}, 1, 1, 0)",),
        "the dated posting of entry",
    ),
    "dated_postings swap": (
        (
            f"update ledger.dated_postings set entry_no = {no_of('yesterday')} + {no_of('earlier')} - entry_no",
        ),
        "the dated posting of entry earlier",
    ),
    "dated_postings truncate": (("truncate ledger.dated_postings",), "the dated posting of entry yesterday"),
    "dated_sums update": (("update ledger.dated_sums set amount = amount + 1",), "is written as"),
    "dated_sums delete": (("delete from ledger.dated_sums where span = 'day'",), "is written as nothing"),
    "dated_sums insert": (
        (f"insert into ledger.dated_sums values ({account('fees')}, 'day', '2020-01-01Z', 5)",),
        "its dated postings are nothing",
    ),
    "dated_sums swap": (("update ledger.dated_sums set amount = -amount",), "is written as"),
    "dated_sums truncate": (("truncate ledger.dated_sums",), "is written as nothing"),
    "balances update": (
        (f"update ledger.balances set balance_minor = 0 where account_no = {account('shop')}",),
        "shop CNY stands at 0 and replays to",
    ),
    "balances update held": (
        (f"update ledger.balances set held_credits_minor = 0 where account_no = {account('shop')}",),
        "shop CNY holds 0 debits and 0 credits",
    ),
    "balances update dated": (
        (f"update ledger.balances set dated_minor = 0 where account_no = {account('shop')}",),
        "the dated part of shop stands at 0",
    ),
    "balances delete": (
        (f"delete from ledger.balances where account_no = {account('shop')}",),
        "account shop CNY has no balance row",
    ),
    "balances insert": (("insert into ledger.balances (account_no) values (999)",), "account no. 999"),
    "balances swap": (
        swapped("ledger.balances", "balance_minor", account("shop"), account("bank"), "account_no"),
        "bank CNY stands at",
    ),
    "balances truncate": (("truncate ledger.balances",), "account fees CNY has no balance row"),
    "accounts update": (
        ("update ledger.accounts set account_class = 'asset' where code = 'shop'",),
        "account shop CNY (no.",
    ),
    "accounts delete": (("delete from ledger.accounts where code = 'credit'",), "account no. 3 is gone: block"),
    "accounts insert": (
        (
            ("insert into ledger.accounts (no, code, currency, account_class, opened_at) overriding system value"
            " values (-1, 'mine', 'CNY', 'asset', now())"),
        ),
        "account mine CNY (no. -1) was inserted after block",
    ),
    "accounts swap": (swapped("ledger.accounts", "account_class", account("shop"), account("bank")), "account bank CNY"),
    "accounts truncate": (("truncate ledger.accounts cascade",), "account no. 1 is gone: block"),
    "limits update": (
        (f"update ledger.limits set floor_minor = null where account_no = {account('shop')}",),
        "limit of shop CNY (no.",
    ),
    "limits delete": ((f"delete from ledger.limits where account_no = {account('credit')}",), "is gone: block"),
    "limits insert": (
        (
            ("insert into ledger.limits (no, account_no, begins_at, set_at) overriding system value"
            f" values (0, {account('shop')}, '2000-01-01Z', '2000-01-01Z')"),
        ),
        "limit of shop CNY (no. 0) was inserted after block",
    ),
    "limits swap": (
        swapped("ledger.limits", "floor_minor", account("shop"), account("credit"), "account_no"),
        "limit of credit CNY (no.",
    ),
    "limits truncate": (("truncate ledger.limits",), "limit no. 1 is gone: block"),
    "closings update": (("update ledger.closings set actor = 'operator:bob'",), "closing until 2020-01-01"),
    "closings delete": (("delete from ledger.closings where no = 2",), "closing no. 2 is gone: block"),
    "closings insert": (
        (
            ("insert into ledger.closings (no, closed_until, closed_at, actor) overriding system value"
            " values (0, '2030-01-01Z', now(), 'x')"),
        ),
        "closing until 2030-01-01",
    ),
    "closings swap": (swapped("ledger.closings", "closed_until", "1", "2"), "closing until 2021-01-01"),
    "closings truncate": (("truncate ledger.closings",), "closing no. 1 is gone: block"),
    "currencies update": (
        ("update ledger.currencies set exponent = 3 where code = 'CNY'",),
        "currency CNY (no.",
    ),
    "currencies delete": (("delete from ledger.currencies where code = 'USD'",), "currency no. 2 is gone: block"),
    "currencies insert": (
        ("insert into ledger.currencies (code, exponent, no) overriding system value values ('XAU', 0, 0)",),
        "currency XAU (no. 0) was inserted after block",
    ),
    "currencies swap": (
        ("update ledger.currencies set code = reverse(code)", "update ledger.currencies set code = case code when 'YNC' then 'USD' else 'CNY' end"),
        "currency USD (no. 1)",
    ),
    "currencies truncate": (("truncate ledger.currencies cascade",), "currency no. 1 is gone: block"),
    "blocks update": (("update ledger.blocks set root = sha256(root) where no = 2",), "block 2 was altered"),
    "blocks update leaves": (
        ("update ledger.blocks set leaves = sha256('x') || substr(leaves, 33) where no = 3",),
        "the hashes kept in block 3 are not those that it signed",
    ),
    "blocks update signature": (
        ("update ledger.blocks set signature = decode(repeat('00', 64), 'hex') where no = 5",),
        "block 5 is not signed",
    ),
    "blocks delete": (("delete from ledger.blocks where no = 4",), "block 5 does not follow block 3"),
    "blocks insert": (
        (
            ("insert into ledger.blocks select no + 10, 'entries', last_no + 1, last_no + 9, 1, root, head, sealed_at,"
            " key, head, signature, array[last_no + 1], leaves from ledger.blocks order by no desc limit 1"),
        ),
        "was altered: its head is not the hash of what it says",
    ),
    "blocks swap": (
        ("update ledger.blocks set no = no + 100 where no in (2, 3)", "update ledger.blocks set no = 105 - no where no > 100"),
        "block 2 was altered",
    ),
    "blocks cut off": (("delete from ledger.blocks where no = (select max(no) from ledger.blocks)",), "were cut off"),
    "blocks truncate": (("truncate ledger.blocks",), "is not in the chain, which ends with block 0"),
}  # fmt: skip


@pytest.fixture(scope="module")
async def books(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SealedBooks]:
    """Books with one entry of each sort, sealed, the newest head exported."""
    folder: Path = tmp_path_factory.mktemp("heads")
    async with fresh_database(server) as urls, sealed_books(urls, folder) as sealed:
        await write_everything(sealed)
        assert await sealed.seal(block_limit=6) > 20
        assert await sealed.export()
        yield sealed


async def test_untouched_books_have_no_findings(books: SealedBooks) -> None:
    assert await books.details() == []


@pytest.mark.parametrize("what", TAMPERINGS)
async def test_s3_what_was_done_to_a_table_is_found_and_named(books: SealedBooks, what: str) -> None:
    statements, named = TAMPERINGS[what]

    details = await books.details_after(*statements)

    assert any(named in detail for detail in details), details


def test_every_table_of_the_books_is_tampered_with_in_every_way() -> None:
    tables = (
        "entries postings holds open_holds entry_ids dated_postings dated_sums balances accounts limits closings"
        " currencies blocks"
    )
    missing = [
        f"{table} {way}"
        for table in tables.split()
        for way in ("update", "delete", "insert", "swap", "truncate")
        if f"{table} {way}" not in TAMPERINGS
    ]

    assert missing == []


async def test_s3_a_lie_that_is_consistent_in_itself_is_found(books: SealedBooks) -> None:
    """All amounts, running balances and balances agree; only the seal knows what was there."""
    details = await books.details_after(
        f"update ledger.postings set amount_minor = amount_minor * 2 where entry_no = {no_of('e3')}",
        "update ledger.postings p set balance_after_minor = r.sum from (select entry_no, account_no, position,"
        " sum(amount_minor) over (partition by account_no order by entry_no, position) from ledger.postings) r"
        " where (p.entry_no, p.account_no, p.position) = (r.entry_no, r.account_no, r.position)",
        "update ledger.balances b set balance_minor = (select coalesce(sum(amount_minor), 0) from ledger.postings p"
        " where p.account_no = b.account_no)",
    )

    assert details
    assert all("block" in detail for detail in details), "the replay found nothing"
    assert any(detail.startswith("entry e3 (") for detail in details)


async def test_s3_an_end_that_was_cut_off_with_its_blocks_is_found(books: SealedBooks) -> None:
    """Nothing contradicts itself, and the chain is only shorter. The exported head is not in it."""
    last = f"(select no from ledger.entry_ids where no >= {no_of('back')})"
    details = await books.details_after(
        "update ledger.balances b set balance_minor = balance_minor - p.minor from (select account_no,"
        f" sum(amount_minor) as minor from ledger.postings where entry_no in {last} group by account_no) p"
        " where p.account_no = b.account_no",
        f"delete from ledger.blocks where last_no >= {no_of('back')}",
        f"delete from ledger.postings where entry_no in {last}",
        f"delete from ledger.entries where no in {last}",
        f"delete from ledger.entry_ids where no in {last}",
    )

    assert len(details) == 1, details
    assert "blocks were cut off or replaced" in details[0]
