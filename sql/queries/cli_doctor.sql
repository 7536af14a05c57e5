-- One row about the server and what this role may do there.
select current_setting('server_version'),
       current_setting('server_version_num')::integer,
       current_setting('server_encoding'),
       current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer,
       (select count(*) from pg_catalog.pg_stat_activity a where a.backend_type = 'client backend'),
       pg_catalog.pg_is_in_recovery(),
       current_user::text,
       pg_catalog.has_database_privilege(current_database(), 'create'),
       (select pg_catalog.has_schema_privilege(n.oid, 'usage')
               and coalesce((select bool_and(pg_catalog.has_table_privilege(t.oid, 'select')
                                             and pg_catalog.has_table_privilege(t.oid, 'insert'))
                             from pg_catalog.pg_class t
                             where t.relnamespace = n.oid and t.relkind = 'r'
                               and t.relname in ('documents', 'parts', 'text_configs', 'jobs', 'job_retries', 'nodes', 'events')), true)
               and coalesce((select bool_and(pg_catalog.has_table_privilege(t.oid, 'update'))
                             from pg_catalog.pg_class t
                             where t.relnamespace = n.oid and t.relkind = 'r'
                               and t.relname in ('jobs', 'job_retries', 'nodes')), true)
        from pg_catalog.pg_namespace n
        where n.nspname = 'penstock'),
       pg_catalog.clock_timestamp()
