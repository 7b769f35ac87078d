-- Work that someone asked for without waiting for it: what was asked, and what came of it. What waits to be done stands in the
-- queue's own schema, pgboss, under `task_id` (docs/decisions/0014-queue.md).

create table jobs (
  id           uuid        primary key,
  owner_id     uuid        not null references users on delete cascade,
  kind         text        not null check (kind = 'upload'),
  visibility   text        not null check (visibility in ('public', 'private')),
  created_at   timestamptz not null,
  cancelled_at timestamptz
);
create index jobs_by_owner on jobs (owner_id, id);
create index jobs_by_age on jobs (created_at);

create table job_files (
  job_id     uuid        not null references jobs on delete cascade,
  -- In the order sent, from 0.
  position   smallint    not null check (position >= 0),
  -- The task that was made for it, whose name it keeps through every try, aside and back.
  task_id    uuid        not null unique,
  -- The name the file had when it was sent.
  file       text        not null,
  bytes      bigint      not null check (bytes >= 0),
  sha256     bytea       not null check (length(sha256) = 32),
  begun_at   timestamptz,
  -- What came of it; null while nothing has.
  status     text        check (status in ('created', 'duplicate', 'rejected', 'cancelled')),
  -- Not a reference: a result stands when its image is deleted later.
  image_id   uuid        check ((image_id is not null) = (status is not null and status in ('created', 'duplicate'))),
  problem    json        check ((problem is not null) = (status is not null and status = 'rejected')),
  settled_at timestamptz check ((status is null) = (settled_at is null)),
  primary key (job_id, position)
);
