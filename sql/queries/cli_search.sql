-- $1 query, $2 most results, $3 collection or null, $4 options of ts_headline
select s.id, s.uid::text, s.collection, s.name, s.title, s.media_type, s.rank, s.snippet, s.byte_size, s.ingested_at
from penstock.search($1, $2::integer, $3, null, $4) s
