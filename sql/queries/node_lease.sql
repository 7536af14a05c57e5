-- Still here. Nothing is returned when another session has taken the node's name. $1 node, $2 boot, $3 lease in seconds,
-- $4 lowest job in flight, 0: not known yet. Below it there may still be claims that their session lost sight of (it was told
-- that they were superseded, and then the file vanished): those hold the line for the next session, which ends them.
update penstock.nodes n
set lease_until = now() + make_interval(secs => $3::bigint),
    lowest_job = greatest(n.lowest_job, coalesce(
        (select j.id from penstock.jobs j
         where j.id >= n.lowest_job and j.id < $4 and j.node = $1 and j.state = 'claimed'
         order by j.id limit 1), $4))
where n.id = $1 and n.boot = $2
returning n.id
