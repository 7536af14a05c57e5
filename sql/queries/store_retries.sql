-- These jobs wait for no further attempt.
delete from penstock.job_retries where job_id = any ($1::bigint[])
