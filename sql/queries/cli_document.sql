-- One document by id ($1) or uid ($2), the other being null. $3: most characters of its text, null for all.
select d.id, d.uid::text, d.collection, encode(d.sha256, 'hex'), d.name, d.media_type, d.title, d.language,
       d.byte_size, d.metadata, d.parent_id, d.external_id, d.version, d.ingested_at,
       case when $3::bigint is null then d.body else left(d.body, $3::integer) end,
       octet_length(d.body)::bigint, d.metadata ->> 'language_source', d.text_config
from penstock.documents d
where d.id = $1 or d.uid = $2::text::uuid
