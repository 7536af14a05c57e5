-- What the database holds, as one row.
select (select count(*) from penstock.documents),
       (select coalesce(sum(d.byte_size), 0)::bigint from penstock.documents d),
       (select max(d.ingested_at) from penstock.documents d),
       (select count(*) from penstock.job_retries),
       pg_catalog.pg_database_size(current_database())
