-- name: sum_attempts
-- How calls to each engine and model went, in edits from one id on; what ended with client or server says nothing of it.
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
    and coalesce(a->>'cause', '') <> all(%(silent)s)
group by 1, 2;

-- name: list_under_way
-- What runs and waits, oldest first, behind the one of that id; of one account or all. Neither prompts nor pictures.
select
    e.id, e.account_id, a.name as account, e.key_id, k.name as key, p.id is not null as later, e.state, e.asked_model,
    e.model, e.engine, e.engine_model, e.attempt, e.images_asked, jsonb_array_length(e.outputs) as images_made, e.charged,
    e.created_at,
    case when e.state = 'running' then case when e.resumable then e.started_at else e.created_at end end as started_at
from edits e
join accounts a on a.id = e.account_id
left join api_keys k on k.id = e.key_id
left join projects p on p.id = e.id
where e.finished_at is null
    and (%(account_id)s::text is null or e.account_id = %(account_id)s)
    and (%(after)s::text is null or e.id > %(after)s)
order by e.id limit %(limit)s;
