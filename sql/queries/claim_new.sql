-- Claims files that were never seen: one row each. Rows sorted like the unique index, so that two nodes that see the same
-- files wait for each other in one order. Returns only what was inserted.
with input as materialized (
    select *
    from unnest($1::text[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        with ordinality as t (collection, path, size, mtime, ctime, seen_usec, ordinal)
),
claimed as (
    insert into penstock.jobs (collection, path, size, mtime, ctime, node, token, state, seen_at)
    select collection, path, size, mtime, ctime, $7, nextval('penstock.job_token'), 'claimed',
           to_timestamp(seen_usec / 1000000.0)
    from input
    order by sha256(path), mtime, size, ctime, collection
    on conflict do nothing
    returning id, token, collection, path, size, mtime, ctime
)
select i.ordinal, c.id, c.token
from claimed c
join input i on i.path = c.path and i.mtime = c.mtime and i.size = c.size and i.ctime = c.ctime
    and i.collection = c.collection
