-- Documents with the content $1, one a collection at most.
select d.id, d.collection, d.name
from penstock.documents d
where d.sha256 = $1
order by d.id
