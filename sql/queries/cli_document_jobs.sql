-- The files that were document $1, newest first. Jobs have no index on it (it changes), so this reads them all.
select j.id, j.path, j.state, j.outcome, j.attempt, j.strikes, j.error, j.size, j.seen_at, j.finished_at
from penstock.jobs j
where j.document_id = $1
order by j.id desc
limit 100
