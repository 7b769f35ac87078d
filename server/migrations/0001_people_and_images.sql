-- Ids are UUIDv7 made by the application, so that ids sort by time. Keys sort by bytes ("C"), whatever the server's locale.

create table users (
  id            uuid        primary key,
  -- The small number that stands for a person in the search index; 0 means everyone there.
  audience      bigint      generated always as identity unique check (audience between 1 and 4294967295),
  email         text        not null,
  -- The address folded to the form in which two spellings of one address are equal.
  email_key     text        collate "C" not null unique,
  password_hash text        not null,
  created_at    timestamptz not null
);

create table sessions (
  id         uuid        primary key,
  user_id    uuid        not null references users on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  ended_at   timestamptz
);
create index sessions_by_user on sessions (user_id);

create table images (
  id         uuid        primary key,
  owner_id   uuid        not null references users on delete cascade,
  visibility text        not null check (visibility in ('public', 'private')),
  -- The name the file had when it was sent.
  file       text        not null,
  sha256     bytea       not null check (length(sha256) = 32),
  created_at timestamptz not null,
  -- One owner has the same bytes once.
  unique (owner_id, sha256)
);
create index images_by_sha256 on images (sha256, id);
create index images_by_owner on images (owner_id, id);
create index images_public on images (id) where visibility = 'public';

-- One row for each image: the picture, and what the bucket answered when it took the objects.
create table image_data (
  image_id             uuid    primary key references images on delete cascade,
  format               text    not null check (format in ('jpeg', 'png', 'gif', 'webp', 'avif')),
  -- As a person sees it: after the EXIF turn.
  width                integer not null check (width > 0),
  height               integer not null check (height > 0),
  -- Size and checksum of the original are the image's own; an object belongs to one image.
  bytes                bigint  not null check (bytes > 0),
  original_key         text    collate "C" not null unique,
  original_generation  text,
  thumbnail_key        text    collate "C" not null unique,
  thumbnail_bytes      bigint  not null check (thumbnail_bytes > 0),
  thumbnail_sha256     bytea   not null check (length(thumbnail_sha256) = 32),
  thumbnail_generation text
);

-- bit(256) and not bytea: PostgreSQL 14 counts differing bits with bit_count(code # query), and # is for bit strings.
create table fingerprints (
  image_id  uuid     not null references images on delete cascade,
  algorithm text     collate "C" not null,
  code      bit(256) not null,
  quality   smallint not null check (quality between 0 and 100),
  primary key (image_id, algorithm)
);

-- Objects that a removal left to delete in the bucket.
create table bucket_deletions (
  key      text        collate "C" primary key,
  noted_at timestamptz not null default now()
);
create index bucket_deletions_by_age on bucket_deletions (noted_at, key);
