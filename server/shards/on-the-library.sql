-- Spreads a library's fingerprints over shards by image id, those that are there already included. Run in one transaction, after
-- on-each-shard.sql on every shard, in a session in which
--
--   create temporary table shards (number integer, host text, port text, dbname text, username text, password text);
--
-- lists the shards, numbered from 0 (docs/search-in-the-database.md).

create extension if not exists postgres_fdw;

alter table fingerprints rename to fingerprints_here;
create table fingerprints (like fingerprints_here) partition by hash (image_id);

do $$
declare
  shard record;
begin
  for shard in select *, count(*) over () as shards from pg_temp.shards order by number loop
    -- async_capable: the shards look at the same time. On a shard every question has its index; without enable_seqscan=off the planner
    -- would read the table for the bands.
    execute format(
      'create server utsuru_shard_%s foreign data wrapper postgres_fdw options (
         host %L, port %L, dbname %L, async_capable ''true'', fetch_size ''10000'', batch_size ''1000'',
         options ''-c enable_seqscan=off -c jit=off'')',
      shard.number, shard.host, shard.port, shard.dbname);
    execute format(
      'create user mapping for current_user server utsuru_shard_%s options (user %L, password %L)',
      shard.number, shard.username, shard.password);
    execute format(
      'create foreign table fingerprints_%1$s partition of fingerprints for values with (modulus %2$s, remainder %1$s)
         server utsuru_shard_%1$s options (table_name ''fingerprints'')',
      shard.number, shard.shards);
  end loop;
end
$$;

insert into fingerprints select * from fingerprints_here;
drop table fingerprints_here;

create trigger note_change after insert or update or delete on fingerprints
  for each row execute function note_fingerprint_change();

-- In place of the reference to images, which a table on other servers cannot have: fingerprints go with their image, whoever deletes it.
create function delete_fingerprints() returns trigger language plpgsql as $$
begin
  delete from fingerprints where image_id = old.id;
  return null;
end
$$;
create trigger delete_fingerprints after delete on images for each row execute function delete_fingerprints();
