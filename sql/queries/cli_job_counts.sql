-- Jobs by what became of them.
select j.state, j.outcome, count(*)
from penstock.jobs j
group by j.state, j.outcome
order by j.state, j.outcome
