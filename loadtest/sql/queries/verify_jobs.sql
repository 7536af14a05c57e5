-- $1 text: collection; $2 text: the folder in the inbox, '' for every job.
select encode(path, 'escape'), state = 'done' and outcome in ('stored', 'duplicate', 'unsupported')
from penstock.jobs
where collection = $1 and ($2 = '' or starts_with(encode(path, 'escape'), $2 || '/'))
