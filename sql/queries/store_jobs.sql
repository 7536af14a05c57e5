-- Finishes the jobs whose claim is still ours (the fence). `first`: of the rows of this batch with the same content, this is
-- the one that brings it; a documents row with our own xmin was inserted by this transaction, a splits row with it finished.
update penstock.jobs j
set state = 'done', finished_at = now(), document_id = d.id,
    outcome = case
        when not i.first or d.xmin <> pg_current_xact_id()::xid and not exists (
            select from penstock.splits s where s.document_id = d.id and s.xmin = pg_current_xact_id()::xid
        ) then 'duplicate'
        when i.supported then 'stored'
        else 'unsupported'
    end
from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::boolean[], $6::boolean[])
    with ordinality as i (job, token, collection, sha256, first, supported, ordinal)
cross join lateral (
    select d.id, d.xmin from penstock.documents d where d.collection = i.collection and d.sha256 = i.sha256 limit 1
) d
where j.id = i.job and j.token = i.token and j.state = 'claimed'
returning i.ordinal, j.outcome, j.document_id
