-- After a connection was lost at COMMIT: which of these jobs did that transaction finish? No later claim has their token.
select i.ordinal, j.outcome, j.document_id
from unnest($1::bigint[], $2::bigint[]) with ordinality as i (job, token, ordinal)
join penstock.jobs j on j.id = i.job and j.token = i.token
where j.state = 'done'
