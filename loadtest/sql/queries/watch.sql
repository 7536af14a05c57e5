-- $1 bigint: the largest id seen; $2 bigint[]: smaller ones that were not there when they were passed.
select id, name from penstock.documents where id > $1
union all
select id, name from penstock.documents where id = any ($2)
