-- Records of a file that is split are stored in this transaction, from ordinal $5 to $6 of $7 in all ($6 = 0: none yet); its
-- document ($3 collection, $4 hash) is there. Writes down how far it is, when the claim ($1 job, $2 token) is still ours
-- (the fence); else returns nothing. `whole`: the content was there before without being split, or split to its end.
-- Returns how many records are stored from the first on.
with file as (
    select d.id, d.xmin = pg_current_xact_id()::xid as is_new
    from penstock.jobs j
    join penstock.documents d on d.collection = $3 and d.sha256 = $4
    where j.id = $1 and j.token = $2 and j.state = 'claimed'
),
begun as (
    insert into penstock.splits (document_id, records, total)
    select f.id, case when $5::bigint = 1 then $6::bigint else 0 end, $7 from file f where f.is_new
    returning records
),
advanced as (
    update penstock.splits s set records = $6::bigint
    from file f
    where s.document_id = f.id and not f.is_new and s.finished_at is null
        and s.records >= $5::bigint - 1 and s.records < $6::bigint
    returning s.records
)
select 1::bigint as ordinal,
       case when not f.is_new and (s.document_id is null or s.finished_at is not null) then 'whole' else 'begun' end,
       f.id, coalesce(b.records, a.records, s.records, 0)
from file f
left join penstock.splits s on s.document_id = f.id
left join begun b on true
left join advanced a on true
