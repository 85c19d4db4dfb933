-- Retries of what was accepted for later join it too, and are told from new edits also while they are admitted.

-- The latest edit that retry number `p_attempt` of the same request continues: its answer was not delivered, it is
-- complete or goes on without its client, and no other retry of that number has joined it.
create function joinable(p_key text, p_route text, p_fingerprint text, p_attempt integer, p_window interval) returns text
language sql stable as $$
    select id from edits
    where fingerprint = p_fingerprint and fingerprint <> '' and key_id = p_key and route = p_route
        and created_at > clock_timestamp() - p_window and not delivered
        and (state = 'complete' or (state in ('queued', 'running') and (resumable or detached)))
        and not joined @> array[p_attempt]
    order by created_at desc limit 1
$$;
