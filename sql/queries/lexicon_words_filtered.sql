-- The same for dictionaries $1 of which some filter: these are asked as well, but do not count. The next are asked about what
-- they make of the word, when they make something of it.
with recursive chain as materialized (
    select d.k, d.dictionary::oid::regdictionary as dictionary, f.prosrc is not distinct from 'unaccent_lexize' as filters
    from unnest($1::bigint[]) with ordinality as d (dictionary, k)
    left join pg_catalog.pg_ts_dict e on e.oid = d.dictionary::oid
    left join pg_catalog.pg_ts_template t on t.oid = e.dicttemplate
    left join pg_catalog.pg_proc f on f.oid = t.tmpllexize
),
asked (n, k, word, lexemes) as (
    select n, 0::bigint, word, null::text[] from unnest($2::text[]) with ordinality as words (word, n)
    union all
    select a.n, c.k, case when c.filters then coalesce(y.lexemes[1], a.word) else a.word end,
        case when not c.filters then y.lexemes end
    from asked a
    join chain c on c.k = a.k + 1,
        lateral (select pg_catalog.ts_lexize(c.dictionary, a.word) as lexemes offset 0) y
    where a.lexemes is null
)
select lexemes from asked a
where lexemes is not null or k = cardinality($1::bigint[])
order by n
