-- How far the records of document $1 are stored; nothing when it is not a file that is split.
select s.records, s.total, s.finished_at is not null
from penstock.splits s
where s.document_id = $1
