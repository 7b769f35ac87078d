-- Backups that were restored to this library, and how far that is (docs/backup.md). While one is unfinished, the objects of the part
-- that it is at stay noted in bucket_puts, under the backup's id.
create table restores (
  backup_id uuid        primary key,
  begun_at  timestamptz not null default now(),
  -- Parts whose rows are here.
  parts     integer     not null default 0 check (parts >= 0),
  ended_at  timestamptz
);
-- One at a time.
create unique index restores_unfinished on restores ((true)) where ended_at is null;
