-- Once all inboxes have been read: claims of earlier sessions of this node ($1; tokens below $2) whose files did not
-- turn up; not those that the pool still has in hand ($3).
with ended as (
    update penstock.jobs
    set state = 'done', outcome = 'vanished', finished_at = now()
    where node = $1 and state = 'claimed' and token < $2 and token <> all ($3::bigint[])
        and id >= (select lowest_job from penstock.nodes where id = $1)
    returning id
),
unwaited as (
    delete from penstock.job_retries r using ended e where r.job_id = e.id
)
select id from ended
