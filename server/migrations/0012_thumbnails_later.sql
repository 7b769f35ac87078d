-- An image of an upload that asked for it has no thumbnail until maintenance, or whoever looks at it first, makes one.
alter table image_data
  alter column thumbnail_bytes drop not null,
  alter column thumbnail_sha256 drop not null,
  add constraint thumbnail_known_whole check ((thumbnail_bytes is null) = (thumbnail_sha256 is null));
