-- A session of this node begins: claims with smaller tokens are void. $1 node, $2 lease in seconds, $3 text search
-- configuration, $4 version
insert into penstock.nodes as n
    (id, boot, first_token, lowest_job, lease_until, text_config, version, started_at)
values ($1, 1, nextval('penstock.job_token'), 0, now() + make_interval(secs => $2::bigint), $3, $4, now())
on conflict (id) do update
set boot = n.boot + 1, first_token = excluded.first_token, lease_until = excluded.lease_until,
    text_config = excluded.text_config, version = excluded.version, started_at = now()
returning boot, first_token
