-- One migration at a time, over all nodes: whoever waits here waits for as long as the other takes. Only what comes
-- behind it is limited, so that a migration that meets a long reader does not queue up everybody behind itself.
begin isolation level read committed read write;
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
set local lock_timeout = 0;
set local client_min_messages = warning;
select pg_advisory_xact_lock(8099003940926448491);
set local lock_timeout = '10s'
