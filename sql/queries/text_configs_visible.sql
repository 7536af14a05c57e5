-- Which of the names $2, with the numbers $1, are text search configurations, and their names as in text_config_named.sql.
select i.number,
    case when n.nspname <> 'pg_catalog' then quote_ident(n.nspname) || '.' else '' end || quote_ident(c.cfgname)
from unnest($1::bigint[], $2::text[]) as i (number, name)
join pg_catalog.pg_ts_config c on c.cfgname = i.name and pg_catalog.pg_ts_config_is_visible(c.oid)
join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
