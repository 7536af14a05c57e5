-- Inserts the contents that are new in their collection; rows come sorted by (collection, sha256). What is there already is
-- passed over by the conflict clause. A vector that no worker has made is built here, but not for that.
insert into penstock.documents
    (collection, sha256, name, media_type, title, language, byte_size, metadata, body, text_config, tsv)
select i.collection, i.sha256, i.name, i.media_type, nullif(i.title, ''), nullif(i.language, ''), i.byte_size,
       i.metadata, i.body, i.text_config, coalesce(i.tsv, penstock.vector(i.text_config::regconfig, i.body))
from unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::jsonb[],
            $9::text[], $10::text[], $11::tsvector[])
    as i (collection, sha256, name, media_type, title, language, byte_size, metadata, body, text_config, tsv)
where i.tsv is not null or not exists (
    select from penstock.documents d where d.collection = i.collection and d.sha256 = i.sha256
)
on conflict (collection, sha256) do nothing
