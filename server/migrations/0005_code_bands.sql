-- For servers that keep no index in memory: the database itself finds near codes (docs/decisions/0016-search-in-the-database.md).

-- The 16 bands of a code, each 16 bits and its number above them: two codes at most 31 bits apart have a band that differs in at
-- most one bit. Of built-in functions only and one expression, so that it is inlined and foreign servers can be sent it. The
-- indexes on it are made by the first server that is told to search in the database: others need not pay for them.
create function code_bands(code bit(256)) returns integer[] language sql immutable parallel safe as $$
  select array[
    substring(code from   1 for 16)::integer,           substring(code from  17 for 16)::integer +  65536,
    substring(code from  33 for 16)::integer +  131072, substring(code from  49 for 16)::integer + 196608,
    substring(code from  65 for 16)::integer +  262144, substring(code from  81 for 16)::integer + 327680,
    substring(code from  97 for 16)::integer +  393216, substring(code from 113 for 16)::integer + 458752,
    substring(code from 129 for 16)::integer +  524288, substring(code from 145 for 16)::integer + 589824,
    substring(code from 161 for 16)::integer +  655360, substring(code from 177 for 16)::integer + 720896,
    substring(code from 193 for 16)::integer +  786432, substring(code from 209 for 16)::integer + 851968,
    substring(code from 225 for 16)::integer +  917504, substring(code from 241 for 16)::integer + 983040
  ]
$$;
