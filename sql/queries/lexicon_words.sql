-- What the dictionaries $1 (oid[] as text), in this order, make of the words $2: one row a lexeme, and one for a word without.
-- `n`: how many lexemes the word has, 0 for a stop word, -1 when no dictionary knows it.
select w.ordinal, coalesce(cardinality(l.lexemes), -1) as n, x.lexeme
from unnest($2::text[]) with ordinality as w (word, ordinal)
left join lateral (
    select y.lexemes
    from unnest($1::text::oid[]) with ordinality as d (dictionary, k),
        lateral (select pg_catalog.ts_lexize(d.dictionary::regdictionary, w.word) as lexemes offset 0) y
    where y.lexemes is not null
    order by d.k
    limit 1
) l on true
left join lateral unnest(l.lexemes) with ordinality as x (lexeme, k) on true
order by w.ordinal, x.k
