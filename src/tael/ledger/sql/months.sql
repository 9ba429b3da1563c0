-- name: make_month
select ledger.make_month(%(month)s)
