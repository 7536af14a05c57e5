-- Files that are stored whole, although their splitting was begun once (PENSTOCK_SPLIT was another then) and never finished:
-- their documents get the text that they lack. $1 collections, $2 hashes, $3 titles, $4 languages, $5 metadata, $6 texts,
-- $7 text search configurations, $8 vectors, in their order. A documents row with our own xmin counts as stored by us
-- (store_jobs.sql). Of nearly all files there is no such row, and nothing happens.
with file as materialized (
    select d.id, i.*
    from unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::text[], $8::tsvector[])
        as i (collection, sha256, title, language, metadata, body, text_config, tsv)
    cross join lateral (select d.id from penstock.documents d where d.collection = i.collection and d.sha256 = i.sha256 limit 1) d
),
begun as (
    delete from penstock.splits s using file f
    where s.document_id = f.id and s.finished_at is null
    returning s.document_id
)
update penstock.documents d
set title = nullif(f.title, ''), language = nullif(f.language, ''), metadata = f.metadata, body = f.body,
    text_config = f.text_config, tsv = coalesce(f.tsv, penstock.vector(f.text_config::regconfig, f.body))
from file f
join begun b on b.document_id = f.id
where d.id = f.id
