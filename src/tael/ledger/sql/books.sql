-- name: count_books
select (select count(*) from ledger.entries), (select count(*) from ledger.postings),
    (select count(*) from ledger.accounts)
