-- A restore can be given up: what it brought in is kept, or taken out again (docs/backup.md). Since when; nothing of it goes on from then.
alter table restores add column given_up_at timestamptz;

-- People and images that the unfinished restore has brought in.
create table restored (id uuid primary key);
