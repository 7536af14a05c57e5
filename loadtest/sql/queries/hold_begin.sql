-- A session that reads for a long time: rows that die now cannot be removed.
begin isolation level repeatable read;
select count(*) from penstock.nodes
