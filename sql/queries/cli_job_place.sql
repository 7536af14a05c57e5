-- Which file job $1 was about.
select j.collection, j.path
from penstock.jobs j
where j.id = $1
