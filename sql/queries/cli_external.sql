-- The latest version of the external id $1 in each collection, or in $2 if that is not null.
select distinct on (d.collection) d.id, d.collection
from penstock.documents d
where d.external_id = $1 and ($2::text is null or d.collection = $2)
order by d.collection, d.version desc
