-- What dictionary $1 makes of each of the words $2, in their order: its lexemes, none for a stop word, null when it is unknown.
select pg_catalog.ts_lexize($1::bigint::oid::regdictionary, word) from unnest($2::text[]) as words (word)
