-- What document $1 lies in, and where there.
select p.parent_id, p.path, d.name
from penstock.parts p
join penstock.documents d on d.id = p.parent_id
where p.document_id = $1
order by p.parent_id, p.ordinal
limit 100
