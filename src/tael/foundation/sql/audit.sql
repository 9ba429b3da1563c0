-- name: insert_audit
insert into foundation.audit (happened_at, actor, action, object_id, result, request_id, remote_address)
select * from unnest(
    %(times)s::timestamptz[], %(actors)s::text[], %(actions)s::text[], %(object_ids)s::text[], %(results)s::text[],
    %(request_ids)s::text[], %(addresses)s::text[]
)
