-- Run on each shard, a database in which Utsuru has made its schema and the indexes of UTSURU_INDEX=database
-- (docs/search-in-the-database.md).

-- Images stay in the library's database, and with them who may see what: fingerprints refer to nothing here, and the library notes
-- their changes.
alter table fingerprints drop constraint fingerprints_image_id_fkey;
drop trigger note_change on fingerprints;

-- The key, as an index that only questions for an image can use. The planner thinks that hundreds of bands are in three rows of four,
-- and would rather go through the key for an algorithm's (46 ms of 66,000 rows, where the bands take 2).
alter table fingerprints drop constraint fingerprints_pkey;
create unique index fingerprints_by_image on fingerprints (image_id, (algorithm || ''));
