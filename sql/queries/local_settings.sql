-- For this transaction only, so that a transaction-mode pooler may stand in between. $1: statement time-out in
-- milliseconds; $2: synchronous_commit; $3: seconds after which a lost client's open transaction is ended.
select set_config('statement_timeout', $1, true),
       set_config('lock_timeout', '10s', true),
       set_config('synchronous_commit', $2, true),
       set_config('idle_in_transaction_session_timeout', $3, true),
       set_config('work_mem', '64MB', true),
       set_config('client_min_messages', 'warning', true)
