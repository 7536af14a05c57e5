-- What is in quarantine, oldest first. $1: one job, null for all.
select j.id, j.collection, j.path, j.error, j.attempt, j.strikes, j.size, j.finished_at
from penstock.jobs j
where j.state = 'quarantined' and ($1::bigint is null or j.id = $1)
order by j.id
