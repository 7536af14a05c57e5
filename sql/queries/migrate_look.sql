-- The tables of the catalog, not to_regclass(): that answers from a cache which, behind a lock that was waited for, may
-- still say what was true before.
select current_setting('server_version_num')::int4,
       current_setting('server_version'),
       current_setting('server_encoding'),
       exists (select from pg_catalog.pg_namespace where nspname = 'penstock'),
       exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               where n.nspname = 'penstock' and c.relname = 'schema_migrations')
