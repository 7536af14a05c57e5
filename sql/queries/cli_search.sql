-- $1 query, $2 most results, $3 collection or null, $4 options of ts_headline, $5 tags or null, $6 whether all versions. The
-- last columns: what it lies in; its tags.
select s.id, s.uid::text, s.collection, s.name, s.title, s.media_type, s.rank, s.snippet, s.byte_size, s.ingested_at, p.name,
       case when jsonb_typeof(d.metadata -> 'tags') = 'array' then d.metadata -> 'tags' end, d.external_id, d.version
from penstock.search($1, $2::integer, $3, null, $4, $5::text[], $6::boolean) s
join penstock.documents d on d.id = s.id
left join penstock.documents p on p.id = d.parent_id
order by s.rank desc, s.id desc
