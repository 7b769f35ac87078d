-- Keypoints of parts of each picture (docs/local-features.md), one row an image. Rows of another version than the program's count as none.

create table local_features (
  image_id uuid     primary key references images on delete cascade,
  version  smallint not null,
  packed   bytea    not null check (length(packed) between 1 and 8192)
);
-- Descriptors do not compress: 2,000 single inserts took 3.2 s like this and 4.5 s with the attempt. In the row itself ("plain")
-- reading all was no faster, and a row would have to fit a page.
alter table local_features alter column packed set storage external;

create trigger note_change after insert or update or delete on local_features
  for each row execute function note_fingerprint_change();
