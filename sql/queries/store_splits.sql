-- All records of these files are stored. $1 collections, $2 hashes, in their order. A row that this transaction finishes has
-- our own xmin: that is how store_jobs.sql tells a file that was split from one that had been split before.
update penstock.splits s
set finished_at = now()
from (
    select d.id
    from unnest($1::text[], $2::bytea[]) as i (collection, sha256)
    cross join lateral (select d.id from penstock.documents d where d.collection = i.collection and d.sha256 = i.sha256 limit 1) d
) f
where s.document_id = f.id and s.finished_at is null
