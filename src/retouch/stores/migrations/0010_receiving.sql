-- Uploads whose server died while it received them can be handed in again.

alter table uploads
    -- When whoever receives it has surely ended: from then on its address takes another writer.
    add column receiving_until timestamptz;
-- None is received for so long, by an older server that does not say.
update uploads set receiving_until = clock_timestamp() + interval '10 minutes' where state = 'receiving';
