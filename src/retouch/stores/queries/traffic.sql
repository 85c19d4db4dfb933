-- name: sum_attempts
-- How calls to each engine and model went, in edits from one id on; those whose client left say nothing of the provider.
select
    a->>'engine' as engine,
    a->>'model' as model,
    count(*)::integer as calls,
    count(a->>'cause')::integer as failed,
    percentile_cont(0.5) within group (order by (a->>'seconds')::float8) filter (where a->>'cause' is null) as median,
    percentile_cont(0.95) within group (order by (a->>'seconds')::float8) filter (where a->>'cause' is null) as p95,
    (array_agg(a->>'cause' order by e.id desc) filter (where a->>'cause' is not null))[1] as last_cause
from edits e cross join lateral jsonb_array_elements(e.attempts) a
where e.id >= %(first_id)s and (%(account_id)s::text is null or e.account_id = %(account_id)s)
    and a->>'cause' is distinct from 'left'
group by 1, 2;
