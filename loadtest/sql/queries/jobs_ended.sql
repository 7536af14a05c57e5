-- $1 text: the folder in the inbox.
select count(*) filter (where state <> 'claimed'), count(*) filter (where state = 'quarantined')
from penstock.jobs
where starts_with(encode(path, 'escape'), $1 || '/')
