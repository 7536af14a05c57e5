-- Inserts documents that lie inside others, of one level: what they lie in is there. Rows come sorted like those of
-- store_documents.sql. A content that is there already, wherever it came from, is passed over.
insert into penstock.documents
    (collection, sha256, name, media_type, title, language, byte_size, metadata, body, text_config, tsv, parent_id)
select i.collection, i.sha256, i.name, i.media_type, nullif(i.title, ''), nullif(i.language, ''), i.byte_size,
       i.metadata, i.body, i.text_config, coalesce(i.tsv, penstock.vector(i.text_config::regconfig, i.body)), p.id
from unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::jsonb[],
            $9::text[], $10::text[], $11::tsvector[], $12::bytea[])
    as i (collection, sha256, name, media_type, title, language, byte_size, metadata, body, text_config, tsv, parent_sha256)
cross join lateral (select d.id from penstock.documents d where d.collection = i.collection and d.sha256 = i.parent_sha256 limit 1) p
where i.tsv is not null or not exists (
    select from penstock.documents d where d.collection = i.collection and d.sha256 = i.sha256
)
order by i.collection, i.sha256
on conflict (collection, sha256) do nothing
