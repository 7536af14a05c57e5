-- Counters of the database and of the jobs table since they were made.
select d.deadlocks, d.xact_commit, pg_database_size(current_database()),
       coalesce(t.n_tup_upd, 0), coalesce(t.n_tup_hot_upd, 0), coalesce(t.n_dead_tup, 0),
       coalesce(u.n_dead_tup, 0)
from pg_stat_database d
left join pg_stat_user_tables t on t.schemaname = 'penstock' and t.relname = 'jobs'
left join pg_stat_user_tables u on u.schemaname = 'penstock' and u.relname = 'documents'
where d.datname = current_database()
