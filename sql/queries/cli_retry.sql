-- Takes job $1 out of quarantine, and records it; no row when it is not there.
with taken as (
    update penstock.jobs j
    set state = 'retried'
    where j.id = $1 and j.state = 'quarantined'
    returning j.id, j.node, j.collection, j.path, j.error, j.attempt
),
recorded as (
    insert into penstock.events (node, kind, job_id, details)
    select t.node, 'retried', t.id, jsonb_build_object('reason', t.error, 'attempts', t.attempt)
    from taken t
)
select t.id, t.collection, t.path
from taken t
