-- Or what follows would be written by a subtransaction, and store_jobs.sql would not know it for ours.
release savepoint probe
