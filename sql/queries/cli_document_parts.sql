-- The documents inside document $1, in their order.
select p.ordinal, p.path, d.id, d.uid::text, d.media_type, d.title, d.byte_size
from penstock.parts p
join penstock.documents d on d.id = p.document_id
where p.parent_id = $1
order by p.ordinal
limit 1000
