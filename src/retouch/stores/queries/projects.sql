-- name: insert_project
-- Makes the project of an edit that is accepted in the same transaction.
insert into projects (id, account_id, name, request, inputs)
values (%(id)s, %(account_id)s, %(name)s, %(request)s::jsonb, %(inputs)s::jsonb);

-- name: take_turn
-- Puts an edit in line.
select take_turn(%(id)s);

-- name: find_project
-- A project with its edit, if it belongs to that account.
select
    p.id, p.account_id, p.name, p.cancel_asked_at, p.deleted_at, p.created_at,
    e.state, e.images_asked, e.charged, e.refunded, e.outputs, e.error, e.finished_at
from projects p join edits e on e.id = p.id
where p.id = %(id)s and p.account_id = %(account_id)s;

-- name: list_projects
-- An account's projects that are not deleted, newest first, behind the one of that id.
select
    p.id, p.account_id, p.name, p.cancel_asked_at, p.deleted_at, p.created_at,
    e.state, e.images_asked, e.charged, e.refunded, e.outputs, e.error, e.finished_at
from projects p join edits e on e.id = p.id
where p.account_id = %(account_id)s and p.deleted_at is null and (%(after)s::text is null or p.id < %(after)s)
order by p.id desc limit %(limit)s;

-- name: find_order
-- What is to be done for a project: what was asked for, where its pictures lie, and what providers have of it.
select request, inputs, jobs from projects where id = %(id)s;

-- name: ask_to_cancel
-- Notes that the owner wants a project stopped.
update projects set cancel_asked_at = coalesce(cancel_asked_at, clock_timestamp())
where id = %(id)s and account_id = %(account_id)s;

-- name: cancel_asked
-- Whether the owner wants a project stopped.
select cancel_asked_at is not null from projects where id = %(id)s;

-- name: delete_project
-- Deletes a project for its owner: it is stopped, and what it has made is to be taken away.
update projects set
    deleted_at = coalesce(deleted_at, clock_timestamp()), cancel_asked_at = coalesce(cancel_asked_at, clock_timestamp()),
    tidied_at = null
where id = %(id)s and account_id = %(account_id)s;

-- name: keep_job
-- Notes what a provider's queue has taken on for an edit, unless another has started the edit meanwhile.
update projects set jobs = jobs || %(job)s::jsonb
where id = %(id)s and exists (select from edits where id = %(id)s and attempt = %(attempt)s and state = 'running');

-- name: untidy_project
-- What a settled project may still have in the store.
select
    inputs, outputs, deleted_at is not null, (edits.created_at at time zone 'UTC')::date::text,
    attempt > 1
from projects join edits using (id)
where id = %(id)s and tidied_at is null and finished_at is not null
for update of projects;

-- name: tidy_project
-- Notes that nothing is left in the store that a settled project does not need.
update projects set tidied_at = clock_timestamp(), inputs = '{"folder": null, "images": [], "mask": null}', jobs = '[]'
where id = %(id)s;

-- name: forget_outputs
-- Takes the pictures of a deleted project out of its record.
update edits set outputs = '[]' where id = %(id)s;

-- name: inputs_in_use
-- The folders of pictures that unsettled projects need.
select inputs->>'folder' from projects where tidied_at is null;

-- name: outputs_in_use
-- The pictures of these edits, whatever they were asked for by, and which of them are not settled: those may have more.
select id, finished_at is null, array(select one->>'key' from jsonb_array_elements(outputs) one) from edits
where id = any(%(ids)s);

-- name: runnable_edits
-- How many edits wait for somebody to run them: queued, or left by a process that has died.
select count(*) from edits
where resumable and state in ('queued', 'running')
    and (
        state = 'queued'
        or greatest(lease_until, pg_postmaster_start_time() + %(lease)s::interval) < clock_timestamp()
    );
