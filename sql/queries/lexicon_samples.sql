-- The vectors that text search configurations $1 make of the text $2, as a worker would send them, in their order.
select pg_catalog.tsvectorsend(pg_catalog.to_tsvector(name::regconfig, $2::text)) from unnest($1::text[]) as names (name)
