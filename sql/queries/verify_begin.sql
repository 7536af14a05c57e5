begin;
set local statement_timeout = 0;
set local lock_timeout = '10s';
set local client_min_messages = warning;
-- With nothing on the path every name in the catalogs' texts is written with its schema.
set local search_path = pg_catalog, pg_temp;
create schema penstock_verify
