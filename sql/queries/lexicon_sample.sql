-- The vector that text search configuration $1 makes of the text $2, as a worker would send it.
select pg_catalog.tsvectorsend(pg_catalog.to_tsvector($1::text::regconfig, $2::text))
