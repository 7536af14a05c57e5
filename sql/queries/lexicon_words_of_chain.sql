-- The same for the first of the dictionaries $1 that knows a word.
select (
    select y.lexemes
    from unnest($1::bigint[]) with ordinality as d (dictionary, k),
        lateral (select pg_catalog.ts_lexize(d.dictionary::oid::regdictionary, word) as lexemes offset 0) y
    where y.lexemes is not null
    order by d.k
    limit 1)
from unnest($2::text[]) as words (word)
