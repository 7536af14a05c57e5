-- Still here. Nothing is returned when another session has taken the node's name. $1 node, $2 boot, $3 lease in seconds,
-- $4 lowest job in flight, 0: not known yet
update penstock.nodes
set lease_until = now() + make_interval(secs => $3::bigint), lowest_job = greatest(lowest_job, $4)
where id = $1 and boot = $2
returning id
