-- Text search configurations $1, sorted, that documents of this transaction have: penstock.search() looks under these.
insert into penstock.text_configs (name)
select name from unnest($1::text[]) as names (name)
on conflict (name) do nothing
