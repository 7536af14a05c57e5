-- Every appearance of the file $2 in collection $1, newest first, with what became of each.
select j.id, j.state, j.outcome, j.attempt, j.strikes, j.error, j.document_id, j.size, j.mtime, j.ctime, j.node, j.token,
       j.seen_at, j.claimed_at, j.finished_at, r.run_at, r.reason, d.name, encode(d.sha256, 'hex')
from penstock.jobs j
left join penstock.job_retries r on r.job_id = j.id
left join penstock.documents d on d.id = j.document_id
where j.collection = $1 and sha256(j.path) = sha256($2) and j.path = $2
order by j.id desc
limit 20
