-- Documents are not changed: what a sidecar says of a content that is there already changes nothing, and an event says so.
-- $1 jobs, $2 collections, $3 hashes, $4 whether the row is the one of this batch that brings its content, $5 whether it came with
-- a sidecar, $6 external ids, "" for none, $7 node
insert into penstock.events (node, kind, job_id, document_id, details)
select $7, 'sidecar not applied', i.job, d.id,
       jsonb_strip_nulls(jsonb_build_object(
           'reason', 'the content is stored already, as document ' || d.id, 'external_id', nullif(i.external_id, '')))
from unnest($1::bigint[], $2::text[], $3::bytea[], $4::boolean[], $5::boolean[], $6::text[])
    as i (job, collection, sha256, first, has_sidecar, external_id)
cross join lateral (
    select d.id, d.xmin from penstock.documents d where d.collection = i.collection and d.sha256 = i.sha256 limit 1
) d
where i.has_sidecar and (not i.first or d.xmin <> pg_current_xact_id()::xid and not exists (
    select from penstock.splits s where s.document_id = d.id and s.xmin = pg_current_xact_id()::xid
))
