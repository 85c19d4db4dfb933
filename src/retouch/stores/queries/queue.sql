-- name: lock_watch
-- One process at a time counts what is missing.
select pg_advisory_xact_lock(32199698105590634);

-- name: count_tickets
-- How many jobs of a task wait to be run.
select count(*) from procrastinate_jobs where status = 'todo' and task_name = %(task)s;
