-- Sealed columns of any table, read and written piece by piece when the keys have changed. With the caller's rights.
--
-- Names of tables and columns come from our own lists, and are quoted all the same.

create function foundation.blocks_of(place text) returns bigint
language sql stable
as $$ select pg_relation_size(place::regclass) / current_setting('block_size')::bigint $$;

create function foundation.sealed_in(
    place text, field text, named text[], index_field text, after text, before text, newest_key int, newest_index int,
    at_most int
) returns table (row_at text, sealed bytea, words jsonb)
language plpgsql stable
as $$
declare
    keys text := (select string_agg(format('%L, %I', name, name), ', ') from unnest(named) as name);
    stale_index text := case
        when index_field is null then 'false' else format('get_byte(%I, 0) <> %s', index_field, newest_index)
    end;
begin
    return query execute format(
        'select kept.ctid::text, kept.%1$I, jsonb_build_object(%2$s) from %3$s as kept
         where kept.ctid > $1::tid and kept.ctid < $2::tid
           and %1$I is not null
           and (get_byte(%1$I, 1) * 256 + get_byte(%1$I, 2) <> $3 or coalesce(%4$s, false))
         order by kept.ctid
         limit $4',
        field, keys, place::regclass, stale_index
    ) using after, before, newest_key, at_most;
end
$$;

create function foundation.reseal(
    place text, field text, index_field text, rows_at text[], old bytea[], new bytea[], indexes bytea[]
) returns void
language plpgsql
as $$
begin
    -- Only what is still as it was read: whoever wrote meanwhile has sealed it under the new key.
    execute format(
        'update %1$s as kept set %2$I = it.new %3$s
         from unnest($1::tid[], $2, $3, $4) as it (row_at, old, new, index)
         where kept.ctid = it.row_at and kept.%2$I = it.old',
        place::regclass, field,
        case when index_field is null then '' else format(', %1$I = case when kept.%1$I is null then null else it.index end', index_field) end
    ) using rows_at, old, new, indexes;
end
$$;

revoke execute on function foundation.blocks_of, foundation.sealed_in, foundation.reseal from public;
grant execute on function foundation.blocks_of, foundation.sealed_in, foundation.reseal to tael_app;
