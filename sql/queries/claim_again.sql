-- Files whose appearance has a row already. Taken over are: claims of this node ($7) that its pool does not know of ($8: the
-- tokens it knows), left by an earlier session or by a COMMIT whose answer was lost; claims of a node whose lease has run
-- out; jobs put back by `penstock retry`; and finished ones that the intake asks for again (it has found that the
-- file is not what the database has). Of the others it tells the state.
with input as materialized (
    select *
    from unnest($1::text[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[])
        with ordinality as t (collection, path, size, mtime, ctime, again, ordinal)
),
taken as (
    update penstock.jobs j
    set state = 'claimed', node = $7, token = nextval('penstock.job_token'), attempt = j.attempt + 1,
        claimed_at = now(), outcome = null, document_id = null, error = null, finished_at = null
    from input i
    where sha256(j.path) = sha256(i.path) and j.mtime = i.mtime and j.size = i.size and j.ctime = i.ctime
        and j.collection = i.collection
        and case j.state
            when 'claimed' then
                case when j.node = $7 then j.token <> all ($8::bigint[])
                else not exists (select from penstock.nodes n where n.id = j.node and n.lease_until > now()) end
            when 'retried' then true
            when 'done' then i.again
            else false
        end
    returning i.ordinal, j.id, j.token, j.attempt, j.strikes
),
unwaited as (
    delete from penstock.job_retries r using taken t where r.job_id = t.id
),
lowered as (
    update penstock.nodes n set lowest_job = t.lowest
    from (select min(id) as lowest from taken) t where n.id = $7 and n.lowest_job > t.lowest
)
select t.ordinal, t.id, t.token, t.attempt, t.strikes, 'taken' as state, null::text as outcome, null::bytea as sha256
from taken t
union all
select i.ordinal, j.id, j.token, j.attempt, j.strikes, j.state, j.outcome, d.sha256
from input i
join penstock.jobs j on sha256(j.path) = sha256(i.path) and j.mtime = i.mtime and j.size = i.size
    and j.ctime = i.ctime and j.collection = i.collection
left join penstock.documents d on d.id = j.document_id
where not exists (select from taken t where t.ordinal = i.ordinal)
