-- Before versions are counted: nobody else counts those of the same external ids until this transaction has ended. $1
-- collections, $2 external ids. Taken in one order, and before anything is inserted, so that two transactions do not wait for
-- each other in a circle. A statement of its own: what others have committed is seen by statements that begin after it.
select pg_advisory_xact_lock(k.key)
from (
    select distinct hashtextextended(i.external_id, hashtextextended(i.collection, 7305809152)) as key
    from unnest($1::text[], $2::text[]) as i (collection, external_id)
    order by key
) k
