-- name: blocks_of
select foundation.blocks_of(%(place)s)

-- name: sealed_in
select row_at, sealed, words
from foundation.sealed_in(
    %(place)s, %(field)s, %(named)s::text[], %(index_field)s::text, %(after)s, %(before)s, %(newest_key)s,
    %(newest_index)s, %(at_most)s)

-- name: reseal
select foundation.reseal(
    %(place)s, %(field)s, %(index_field)s::text, %(rows_at)s::text[], %(old)s::bytea[], %(new)s::bytea[],
    %(indexes)s::bytea[])
