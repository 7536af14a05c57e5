-- All versions of what document $1 is a version of; none when it has no external id.
select v.id, v.version, v.name, v.ingested_at
from penstock.documents d
join penstock.documents v on v.collection = d.collection and v.external_id = d.external_id
where d.id = $1
order by v.version
limit 1000
