-- Says which document lies where inside which. The same file stored again changes nothing.
insert into penstock.parts (parent_id, ordinal, path, document_id)
select p.id, i.ordinal, i.path, d.id
from unnest($1::text[], $2::bytea[], $3::bigint[], $4::text[], $5::bytea[])
    as i (collection, parent_sha256, ordinal, path, sha256)
cross join lateral (select d.id from penstock.documents d where d.collection = i.collection and d.sha256 = i.parent_sha256 limit 1) p
cross join lateral (select d.id from penstock.documents d where d.collection = i.collection and d.sha256 = i.sha256 limit 1) d
order by p.id, i.ordinal
on conflict (parent_id, ordinal) do nothing
