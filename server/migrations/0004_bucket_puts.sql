-- Objects that are being put into the bucket, noted before the first of them is put. The transaction that makes them an image's takes the
-- note away; a note that grew old was left by a crash, and its objects go (docs/durability.md).
create table bucket_puts (
  id       uuid        primary key,
  -- The image that they are put for; it may not exist yet.
  image_id uuid        not null,
  keys     text[]      not null,
  noted_at timestamptz not null default now()
);
create index bucket_puts_by_age on bucket_puts (noted_at);

-- A put whose answer was lost may reach the store after the deletion: until final_at a deletion is repeated, once, at due_at.
alter table bucket_deletions
  add column due_at   timestamptz not null default now(),
  add column final_at timestamptz not null default now();
drop index bucket_deletions_by_age;
create index bucket_deletions_by_due on bucket_deletions (due_at, key);
