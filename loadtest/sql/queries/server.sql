-- What the report says about the server; -1 where the role may not look.
select current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'),
       current_setting('full_page_writes'), current_setting('wal_level'), current_setting('shared_buffers'),
       current_setting('max_wal_size'), current_setting('wal_compression'), pg_backend_pid(), current_database()
