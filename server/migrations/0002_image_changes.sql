-- Which images a transaction changed, for servers that keep an index of them in memory (docs/decisions/0004-change-feed.md).
-- Only that they changed: a reader looks up what they are now, so reading a change twice does no harm.

create table image_changes (
  transaction xid8        not null default pg_current_xact_id(),
  image_id    uuid        not null,
  noted_at    timestamptz not null default clock_timestamp(),
  primary key (transaction, image_id)
);

-- The last transaction whose changes were cleared away, and with it those of all before.
create table image_changes_horizon (
  one_row     boolean primary key default true check (one_row),
  transaction xid8    not null
);
insert into image_changes_horizon (transaction) values ('0');

-- Triggers, so that no statement that changes an image can forget to say so, cascades included.
create function note_image_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into image_changes (image_id) values (old.id) on conflict do nothing;
  else
    insert into image_changes (image_id) values (new.id) on conflict do nothing;
  end if;
  return null;
end
$$;

create trigger note_change after insert or delete or update of owner_id, visibility on images
  for each row execute function note_image_change();

create function note_fingerprint_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into image_changes (image_id) values (old.image_id) on conflict do nothing;
  else
    insert into image_changes (image_id) values (new.image_id) on conflict do nothing;
  end if;
  return null;
end
$$;

create trigger note_change after insert or update or delete on fingerprints
  for each row execute function note_fingerprint_change();
