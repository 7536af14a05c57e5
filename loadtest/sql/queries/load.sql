-- Connections that are not the load test's own, and how much was written ahead so far.
select (select count(*) from pg_stat_activity
        where datname = current_database() and application_name like 'penstock/%'),
       (select n_dead_tup from pg_stat_user_tables where schemaname = 'penstock' and relname = 'jobs'),
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')
