-- An attempt failed, another will follow: new token, so that a late result of the failed one is refused.
-- $1 job, $2 token, $3 whether the document is to blame, $4 seconds to wait, $5 reason, $6 node, $7 details
with again as (
    update penstock.jobs
    set token = nextval('penstock.job_token'), attempt = attempt + 1, strikes = strikes + $3::boolean::integer
    where id = $1 and token = $2 and state = 'claimed'
    returning id, token, attempt, strikes
),
waiting as (
    insert into penstock.job_retries (job_id, run_at, reason)
    select id, now() + make_interval(secs => $4 / 1000.0), $5 from again where $4::bigint > 0
    on conflict (job_id) do update set run_at = excluded.run_at, reason = excluded.reason
),
event as (
    insert into penstock.events (node, kind, job_id, details) select $6, 'attempt failed', id, $7::jsonb from again
)
select token, attempt, strikes from again
