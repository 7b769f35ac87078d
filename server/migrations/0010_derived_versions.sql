-- Of which version an image's fingerprints and local features are: the version of the fingerprints × 256 + that of the features, so that
-- it grows with either. 0: some are lacking, or from before this was noted. Images below the program's own are made anew.
alter table image_data add column derived_version integer not null default 0;
create index image_data_by_derived_version on image_data (derived_version, image_id);
