-- What is under way on the whole installation, to be listed.

-- When an edit for later was last taken up; those that are made at once begin when they are made.
alter table edits add column started_at timestamptz;
-- Every list of what is under way would else be sought in the whole history.
create index edits_under_way on edits (id) where finished_at is null;
