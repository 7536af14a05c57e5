-- $1 query, $2 most results, $3 collection or null, $4 options of ts_headline. The last column: what it lies in.
select s.id, s.uid::text, s.collection, s.name, s.title, s.media_type, s.rank, s.snippet, s.byte_size, s.ingested_at, p.name
from penstock.search($1, $2::integer, $3, null, $4) s
join penstock.documents d on d.id = s.id
left join penstock.documents p on p.id = d.parent_id
order by s.rank desc, s.id desc
