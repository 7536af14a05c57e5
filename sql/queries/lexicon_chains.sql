-- How each text search configuration $2, with the number $1, treats each type of token. Types with the same dictionaries, in the
-- same order, have the same chain. `plain`: whatever the ASCII word, its lexeme is its lower case. `total`: no word is unknown, since one of the
-- dictionaries takes all. `filters`: one hands what it makes of a word on to the next, so that a chain of it alone knows nothing.
-- `parser`: null when it is PostgreSQL's own. `dictionary`: the first that perhaps does not judge each word by itself, and its
-- template; null when all do, so that each word need be asked for but once. What a template does is told by its function.
with kinds (prosrc, probin, judges_words, filters) as (
    values ('dsimple_lexize', null, true, false),
           ('dsynonym_lexize', null, true, false),
           ('dispell_lexize', null, true, false),
           ('thesaurus_lexize', null, false, false),
           ('dsnowball_lexize', '$libdir/dict_snowball', true, false),
           ('dintdict_lexize', '$libdir/dict_int', true, false),
           ('dxsyn_lexize', '$libdir/dict_xsyn', true, false),
           ('unaccent_lexize', '$libdir/unaccent', true, true)
)
select i.number,
    m.maptokentype as type,
    dense_rank() over (order by m.dictionaries) as chain,
    m.dictionaries::text,
    m.plain,
    m.total,
    m.filters,
    case when p.prsname <> 'default' or p.prsnamespace <> 'pg_catalog'::regnamespace then p.prsname::text end as parser,
    m.strange[1][1] as dictionary,
    m.strange[1][2] as template,
    m.strange[1][3] = 'thesaurus_lexize' as is_thesaurus
from unnest($1::bigint[], $2::text[]) as i (number, name)
join pg_catalog.pg_ts_config c on c.oid = i.name::regconfig
join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
join lateral (
    select m.maptokentype,
        array_agg(m.mapdict order by m.mapseqno) as dictionaries,
        count(*) = 1 and bool_and(f.prosrc = 'dsimple_lexize' and k.judges_words and d.dictinitoption is null
            and pg_catalog.ts_lexize(d.oid::regdictionary, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')
                = array['abcdefghijklmnopqrstuvwxyz']) as plain,
        coalesce(bool_or(k.judges_words and (f.prosrc = 'dsnowball_lexize'
            or (f.prosrc = 'dsimple_lexize' and coalesce(d.dictinitoption, '') !~* 'accept'))), false) as total,
        coalesce(bool_or(k.filters), false) as filters,
        (array_agg(array[d.dictname::text, t.tmplname::text, f.prosrc::text] order by m.mapseqno)
            filter (where k.judges_words is not true)) as strange
    from pg_catalog.pg_ts_config_map m
    join pg_catalog.pg_ts_dict d on d.oid = m.mapdict
    join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate
    join pg_catalog.pg_proc f on f.oid = t.tmpllexize
    left join kinds k on k.prosrc = f.prosrc and k.probin is not distinct from f.probin
    where m.mapcfg = c.oid
    group by m.maptokentype
) m on true
order by i.number, m.maptokentype
