-- A job ends without a document. $1 job, $2 token, $3 state, $4 outcome, $5 error, $6 blame, $7 node, $8 event kind,
-- $9 details
with ended as (
    update penstock.jobs
    set state = $3, outcome = $4, error = $5, strikes = strikes + $6::boolean::integer, finished_at = now()
    where id = $1 and token = $2 and state = 'claimed'
    returning id
),
unwaited as (
    delete from penstock.job_retries r using ended e where r.job_id = e.id
),
event as (
    insert into penstock.events (node, kind, job_id, details) select $7, $8, id, $9::jsonb from ended
)
select id from ended
