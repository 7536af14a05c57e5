-- By the primary key, also while the table is young and the planner knows nothing of it.
select set_config('enable_seqscan', 'off', false)
