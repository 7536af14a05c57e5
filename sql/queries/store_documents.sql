-- Inserts the contents that are new in their collection; rows come sorted by (collection, sha256). What is there already is
-- passed over by the conflict clause. A vector that no worker has made is built here, but not for that.
-- Under an external id ($12, "" for none) a new content is the next version: counted from what is there (nobody else counts
-- meanwhile, store_external.sql), and within this batch in the order of the jobs ($13).
insert into penstock.documents
    (collection, sha256, name, media_type, title, language, byte_size, metadata, body, text_config, tsv, external_id, version)
select i.collection, i.sha256, i.name, i.media_type, nullif(i.title, ''), nullif(i.language, ''), i.byte_size,
       i.metadata, i.body, i.text_config, coalesce(i.tsv, penstock.vector(i.text_config::regconfig, i.body)),
       nullif(i.external_id, ''),
       case when i.external_id = '' then 1 else
           coalesce((select max(v.version) from penstock.documents v
                     where v.collection = i.collection and v.external_id = i.external_id), 0)
           + (select count(*) from unnest($1::text[], $2::bytea[], $12::text[], $13::bigint[])
                  as o (collection, sha256, external_id, job)
              where o.external_id = i.external_id and o.collection = i.collection and o.job <= i.job
                  and not exists (select from penstock.documents d
                                  where d.collection = o.collection and d.sha256 = o.sha256))
       end
from unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::jsonb[],
            $9::text[], $10::text[], $11::tsvector[], $12::text[], $13::bigint[])
    as i (collection, sha256, name, media_type, title, language, byte_size, metadata, body, text_config, tsv, external_id, job)
where (i.tsv is not null and i.external_id = '') or not exists (
    select from penstock.documents d where d.collection = i.collection and d.sha256 = i.sha256
)
on conflict (collection, sha256) do nothing
