-- The text search configuration $1 as number 0: its name, with its schema unless that is pg_catalog. An error when it does not
-- exist.
select 0::bigint,
    case when n.nspname <> 'pg_catalog' then quote_ident(n.nspname) || '.' else '' end || quote_ident(c.cfgname)
from pg_catalog.pg_ts_config c
join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
where c.oid = $1::text::regconfig
