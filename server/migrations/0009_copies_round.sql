-- Counts how often heads of a person's groups were noted, so that two servers that compare the person's images at once cannot both make
-- heads of two copies: who missed a round reads the heads anew (docs/decisions/0018-groups-of-copies.md).
alter table users add column copies_round bigint not null default 0;
