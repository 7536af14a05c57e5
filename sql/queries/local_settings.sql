-- For this transaction only, so that a transaction-mode pooler may stand in between. $1: statement time-out in
-- milliseconds; $2: milliseconds after which a lost client's open transaction is ended; $3: those after which waiting for a lock is given up,
-- well before the statement's own time is up, so that the one is not taken for the other. Commits wait for the disk, whatever
-- the server's default is: also those of claims, since a crash that undid them would give their numbers out again.
-- A statement whose client has gone ends soon, instead of holding its rows until it would answer (where the server's system
-- can tell; the setting is refused elsewhere). $4: kilobytes of new entries that a GIN index may put off, or null; memory to sort
-- them with. Compiling the statements would take longer than running them.
select set_config('statement_timeout', $1, true),
       set_config('lock_timeout', $3, true),
       set_config('synchronous_commit',
                  case current_setting('synchronous_commit') when 'off' then 'on'
                  else current_setting('synchronous_commit') end, true),
       set_config('idle_in_transaction_session_timeout', $2, true),
       set_config('client_connection_check_interval', case when version() like '%linux%' then '100ms' else '0' end, true),
       set_config('work_mem', '64MB', true),
       set_config('jit', 'off', true),
       set_config('gin_pending_list_limit', coalesce($4, current_setting('gin_pending_list_limit')), true),
       set_config('client_min_messages', 'warning', true)
