-- Which of a person's images are copies of one another (docs/decisions/0018-groups-of-copies.md).

-- The codes of the picture mirrored top to bottom, left to right, and both: with `code` they give all eight orientations. Null for
-- fingerprints from before: then codes with the odd rows or columns turned over stand for them, some 6 bits off.
alter table fingerprints add column mirrored bit(768);

-- One row for each image that was compared with its owner's others: a head stands in its own row, a copy names its head.
create table image_copies (
  image_id    uuid     primary key references images on delete cascade,
  owner_id    uuid     not null references users on delete cascade,
  -- When a head is deleted, its copies are to be compared anew.
  head_id     uuid     not null references images on delete cascade,
  -- Bits by which the nearest codes differ, and what was done to the image to get the head.
  distance    smallint not null check (distance between 0 and 256),
  orientation text     not null,
  inverted    boolean  not null
);
create index image_copies_by_head on image_copies (head_id, distance, image_id);
create index image_copies_groups on image_copies (owner_id, head_id) where image_id <> head_id;
